/**
 * Where new rows go, and which rows move, so that ours stand in the desired order among themselves.
 * Foreign rows keep their places. The longest run of ours that is in order already stays; only the
 * rest moves (Fredman 1975), so that one misplaced row costs one move.
 */
import type { DesiredMenu } from './desired/types.ts';
import type { Change, Match, ObservedRow, RowRef } from './plan.ts';

/** The `add` changes of a menu, in desired order, and its `move` changes. */
export function orderMenu(
  menu: DesiredMenu,
  matches: readonly Match[],
  rows: readonly ObservedRow[],
): Change[] {
  const refs: RowRef[] = matches.map(({ want, have }) => ({
    key: want.key,
    id: have?.['.id'] ?? null,
  }));
  // How ours will stand once the new ones are in: indices into `matches`.
  const place = new Map(rows.map((row, index) => [row, index]));
  const standing = matches.flatMap(({ have }, index) => (have === null ? [] : [index]));
  standing.sort((a, b) => place.get(matches[a]!.have!)! - place.get(matches[b]!.have!)!);
  const changes: Change[] = [];
  matches.forEach(({ want, have }, index) => {
    if (have !== null) return;
    const next = menu.ordered ? nextStanding(matches, index) : null;
    if (next === null) standing.push(index);
    else standing.splice(standing.indexOf(next), 0, index);
    changes.push({
      kind: 'add',
      path: menu.path,
      key: want.key,
      values: want.values,
      secrets: want.secrets ?? {},
      before: next === null ? null : refs[next]!,
    });
  });
  return menu.ordered ? [...changes, ...moves(menu.path, refs, standing)] : changes;
}

/** The nearest later row that the router has already. */
function nextStanding(matches: readonly Match[], index: number): number | null {
  for (let i = index + 1; i < matches.length; i++) {
    if (matches[i]!.have !== null) return i;
  }
  return null;
}

function moves(path: string, refs: readonly RowRef[], standing: readonly number[]): Change[] {
  const fixed = longestIncreasing(standing);
  const changes: Change[] = [];
  // From the last to the first, so that each is put before one that is in its place.
  for (let index = refs.length - 1; index >= 0; index--) {
    if (fixed.has(index)) continue;
    const row = refs[index]!;
    const before = refs[index + 1] ?? null;
    changes.push({ kind: 'move', path, key: row.key, row, before });
  }
  return changes;
}

/** The members of one longest increasing subsequence. */
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
