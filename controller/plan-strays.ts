/**
 * Rows that somebody has moved, put back where they belong, and no others: what a plan then lists is what was done.
 * Only where that is safe. In each state in between, whatever rows a packet matches, the first of them must be the
 * first before the moves or the first after them. Rows that stand too high go down, the lowest first; then those that
 * stand too low go up, the topmost first. Alone, either is always safe; both together are tried, and checked. Pure.
 */

/** `before`: null for the end. */
export interface DirectMove {
  readonly row: number;
  readonly before: number | null;
}

/**
 * `standing`: rows by their number in the order that is wanted, as they stand; below zero, each its own, those of
 * others, which stay. Null when strays cannot be put back directly.
 */
export function directMoves(standing: readonly number[]): readonly DirectMove[] | null {
  const ours = standing.filter((row) => row >= 0);
  const fixed = longestIncreasing(ours);
  const placed = new Set(fixed);
  const moves: DirectMove[] = [];
  const states = [[...standing]];
  for (const row of inTurn(ours, fixed)) {
    const below = [...placed].filter((other) => other > row);
    const before = below.length === 0 ? null : Math.min(...below);
    const next = states.at(-1)!.filter((other) => other !== row);
    next.splice(before === null ? next.length : next.indexOf(before), 0, row);
    placed.add(row);
    moves.push({ row, before });
    states.push(next);
  }
  const after = states.at(-1)!;
  const isSafe = states.slice(1, -1).every((state) => isBetween(state, standing, after));
  return isSafe ? moves : null;
}

/** Those that go down, the lowest first; then those that go up, from the top. */
function inTurn(ours: readonly number[], fixed: ReadonlySet<number>): number[] {
  const strays = ours.filter((row) => !fixed.has(row));
  const goesUp = (row: number): boolean => {
    const above = ours.slice(0, ours.indexOf(row));
    return above.some((other) => fixed.has(other) && other > row);
  };
  const down = strays.filter((row) => !goesUp(row)).toReversed();
  const up = strays.filter(goesUp).toSorted((a, b) => a - b);
  return [...down, ...up];
}

/** Whether the first of any rows is in `state` what it is in `before` or in `after`; three rows show it if not. */
function isBetween(
  state: readonly number[],
  before: readonly number[],
  after: readonly number[],
): boolean {
  const [was, will, is] = [before, after, state].map(
    (rows) => new Map(rows.map((row, place) => [row, place])),
  ) as [Map<number, number>, Map<number, number>, Map<number, number>];
  return state.every((first) => {
    const below = state.filter((row) => is.get(row)! > is.get(first)!);
    const wereAbove = below.filter((row) => was.get(row)! < was.get(first)!);
    const willBeAbove = below.filter((row) => will.get(row)! < will.get(first)!);
    return !wereAbove.some((b) =>
      willBeAbove.some((a) => was.get(b)! <= was.get(a)! && will.get(a)! <= will.get(b)!),
    );
  });
}

/** The members of one longest increasing subsequence (Fredman 1975). */
export function longestIncreasing(numbers: readonly number[]): Set<number> {
  const tails: number[] = [];
  const previous = new Map<number, number | undefined>();
  for (const n of numbers) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (tails[middle]! < n) low = middle + 1;
      else high = middle;
    }
    previous.set(n, tails[low - 1]);
    tails[low] = n;
  }
  const members = new Set<number>();
  for (let n = tails.at(-1); n !== undefined; n = previous.get(n)) members.add(n);
  return members;
}
