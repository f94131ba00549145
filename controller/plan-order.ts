/**
 * Where new rows go, and which rows move, so that ours stand in the desired order among themselves.
 * Foreign rows keep their places.
 *
 * A chain of rules is walked from the top and the first match decides, so every state in between decides
 * too. The rows are therefore put in place from the first to the last, each before the first of ours that
 * is not in its place yet: above stands what will stand, below what stood, in its old order. A packet is
 * then decided as before or as afterwards, never otherwise. Rows only ever go up, and removals run from
 * the bottom, which keeps that true until the end. One row alone may take the shortest way, for there is
 * no state in between.
 */
import type { DesiredMenu, DesiredRow } from './desired/types.ts';
import type { Change, Match, ObservedRow, RowRef } from './plan.ts';

/** The `add` and `move` changes of a menu in their order. */
export function orderMenu(
  menu: DesiredMenu,
  matches: readonly Match[],
  rows: readonly ObservedRow[],
): Change[] {
  if (!menu.ordered) {
    return matches.flatMap(({ want, have }) => (have === null ? [add(menu, want, null)] : []));
  }
  const place = new Map(rows.map((row, index) => [row, index]));
  // Chains know nothing of each other's order.
  const chains = Map.groupBy(matches, ({ want }) => want.values.chain ?? '');
  return [...chains.values()].flatMap((chain) => orderChain(menu, chain, place));
}

function orderChain(
  menu: DesiredMenu,
  matches: readonly Match[],
  place: ReadonlyMap<ObservedRow, number>,
): Change[] {
  const refs: RowRef[] = matches.map(({ want, have }) => ({
    key: want.key,
    id: have?.['.id'] ?? null,
  }));
  /** Indices into `matches` of rows that are not in their place yet, as they stand. */
  const standing = matches.flatMap(({ have }, index) => (have === null ? [] : [index]));
  standing.sort((a, b) => place.get(matches[a]!.have!)! - place.get(matches[b]!.have!)!);
  const only = standing.length === matches.length ? onlyStray(standing) : null;
  if (only !== null) {
    return [move(menu.path, refs[only]!, refs[only + 1] ?? null)];
  }
  return matches.flatMap(({ want, have }, index): Change[] => {
    const first = standing[0];
    if (have === null) return [add(menu, want, first === undefined ? null : refs[first]!)];
    standing.splice(standing.indexOf(index), 1);
    if (first === index) return [];
    return [move(menu.path, refs[index]!, refs[first!]!)];
  });
}

function add({ path }: DesiredMenu, want: DesiredRow, before: RowRef | null): Change {
  const { key, values, secrets = {} } = want;
  return { kind: 'add', path, key, values, secrets, before };
}

function move(path: string, row: RowRef, before: RowRef | null): Change {
  return { kind: 'move', path, key: row.key, row, before };
}

/** The one row outside of the longest run in order; null when there is none, or more than one. */
function onlyStray(standing: readonly number[]): number | null {
  const fixed = longestIncreasing(standing);
  if (fixed.size !== standing.length - 1) return null;
  return standing.find((index) => !fixed.has(index)) ?? null;
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
