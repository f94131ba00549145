/**
 * Where new rows go, and which rows move, so that ours stand in the desired order among themselves.
 * Foreign rows keep their places.
 *
 * A chain of rules is walked from the top and the first match decides, so every state in between decides
 * too. The rows are therefore put in place from the first to the last, each before the first of ours that
 * is not in its place yet: above stands what will stand, below what stood, in its old order. A packet is
 * then decided as before or as afterwards, never otherwise. Rows only ever go up, and removals run from
 * the bottom, which keeps that true until the end. Where nothing is missing and it is as safe, only the rows
 * that somebody has moved go back: see `plan-strays.ts`.
 */
import type { DesiredMenu, DesiredRow } from './desired/types.ts';
import type { Change, Match, ObservedRow, RowRef } from './plan.ts';
import { directMoves } from './plan-strays.ts';

/** The `add` and `move` changes of a menu in their order; `leaving` are those that the plan removes. */
export function orderMenu(
  menu: DesiredMenu,
  matches: readonly Match[],
  {
    rows,
    leaving,
  }: { readonly rows: readonly ObservedRow[]; readonly leaving: ReadonlySet<ObservedRow> },
): Change[] {
  if (!menu.ordered) {
    return matches.flatMap(({ want, have }) => (have === null ? [add(menu, want, null)] : []));
  }
  const place = new Map(rows.map((row, index) => [row, index]));
  // Chains know nothing of each other's order.
  const chains = Map.groupBy(matches, ({ want }) => want.values.chain ?? '');
  return [...chains].flatMap(([chain, own]) => {
    const all = rows.filter((row) => (row.chain ?? '') === chain);
    const isWhole = !all.some((row) => leaving.has(row));
    return (isWhole ? strays(menu, own, all) : null) ?? orderChain(menu, own, place);
  });
}

/** Null when that does not do: one of ours is missing, or a state in between would not be safe. */
function strays(
  menu: DesiredMenu,
  matches: readonly Match[],
  all: readonly ObservedRow[],
): Change[] | null {
  if (matches.some(({ have }) => have === null)) return null;
  const number = new Map(matches.map(({ have }, index) => [have, index]));
  const standing = all.map((row, place) => number.get(row) ?? -1 - place);
  const ref = (index: number): RowRef => {
    const { want, have } = matches[index]!;
    return { key: want.key, id: have?.['.id'] ?? null };
  };
  const moves = directMoves(standing);
  if (moves === null) return null;
  return moves.map(({ row, before }) =>
    move(menu.path, ref(row), before === null ? null : ref(before)),
  );
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
