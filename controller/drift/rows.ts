/**
 * A plan seen as drift: which of our rows are not as they should be, row by row, and what it takes to
 * keep one as it is (adopt) or to make it ours again (revert). Pure.
 */
import type { DesiredConfiguration } from '../desired/types.ts';
import { normalise } from '../normalise.ts';
import type { Change, Observed, ObservedRow } from '../plan.ts';
import { CONTENTS, type Override, rowId, WHOLE_ROW } from './overrides.ts';

export interface DriftValue {
  readonly name: string;
  /** Null: not ours to say. */
  readonly ours: string | null;
  /** Null: not there. */
  readonly theirs: string | null;
}

export interface DriftRow {
  /** `/ip/pool:pool`, `/ip/dns`; an extra row has the router's own id behind: `/ip/pool:pool@1F`. */
  readonly id: string;
  readonly path: string;
  readonly key: string;
  /** `missing`: ours is not there. `extra`: tagged as ours, or of the default configuration, and not wanted. */
  readonly kind: 'changed' | 'missing' | 'extra' | 'moved' | 'file';
  readonly values: readonly DriftValue[];
  /** What makes it as it should be, in order. */
  readonly changes: readonly Change[];
}

export type Adoption =
  | { readonly kind: 'overrides'; readonly overrides: readonly Override[] }
  | { readonly kind: 'refused'; readonly reason: string };

type Of<K extends Change['kind']> = Extract<Change, { kind: K }>;

/** In the order of the plan. Secrets cannot be read back, so they are no drift. */
export function driftRows(
  changes: readonly Change[],
  desired: DesiredConfiguration,
  observed: Observed,
): readonly DriftRow[] {
  const groups = new Map<string, Change[]>();
  const added = new Set(
    changes.filter((one) => one.kind === 'add').map((one) => rowId(one.path, one.key)),
  );
  for (const change of changes) {
    if (change.kind === 'set' && Object.keys(change.values).length === 0) continue;
    let id = rowId(change.path, change.key);
    // The old form of a row that is made anew belongs to it; any other removal stands for itself.
    const replaced = change.kind === 'remove' && change.reason === 'orphan' && added.delete(id);
    if (change.kind === 'remove' && !replaced) id = `${id}@${change.id.replace('*', '')}`;
    groups.set(id, [...(groups.get(id) ?? []), change]);
  }
  return [...groups].map(([id, group]) => driftRow(id, group, { desired, observed }));
}

/** Without what is only written, never read: secrets. */
export function visible(changes: readonly Change[]): Change[] {
  return changes.filter((change) => change.kind !== 'set' || Object.keys(change.values).length > 0);
}

/** The row that an operator means by its id, or by its key or path alone when that is enough. */
export function findDriftRows(rows: readonly DriftRow[], name: string): readonly DriftRow[] {
  const exact = rows.filter((row) => row.id === name);
  if (exact.length > 0) return exact;
  return rows.filter((row) => row.key === name || row.path === name);
}

/** What to store so that the row is as wanted, just as it is now. */
export function adoptionOf(row: DriftRow, desired: DesiredConfiguration): Adoption {
  const { path, key } = row;
  const menu = desired.menus.find((one) => one.path === path);
  switch (row.kind) {
    case 'missing':
      return kept([{ path, key, property: WHOLE_ROW, value: null }]);
    case 'extra':
      return refused('it is marked as ours and nothing wants it: give it a comment of your own');
    case 'file': {
      const theirs = row.values[0]?.theirs ?? null;
      if (theirs !== null) return kept([{ path, key, property: CONTENTS, value: theirs }]);
      const isThere = row.changes.some((one) => one.kind === 'file' && one.id !== null);
      if (isThere) return refused('the router does not show what is in it');
      return kept([{ path, key, property: WHOLE_ROW, value: null }]);
    }
    case 'moved':
      return refused('the order of our rows is not kept by hand: what stands first decides');
    case 'changed': {
      if (row.changes.some((one) => one.kind === 'move')) {
        return refused('it has been moved as well: revert it, then change it');
      }
      const owner = menu?.kind === 'rows' ? menu.ownedBy : null;
      if (row.values.some(({ name }) => name === owner)) {
        return refused(`its ${owner ?? ''} is how we know that it is ours`);
      }
      return kept(
        row.values.map(({ name, theirs }) => ({ path, key, property: name, value: theirs })),
      );
    }
  }
}

/** The changes that make one row ours again; rows that it must stand before come along. */
export function revertChanges(row: DriftRow, all: readonly Change[]): readonly Change[] {
  const wanted = new Set<Change>(row.changes);
  for (const change of wanted) {
    if (change.kind !== 'move' || change.before === null || change.before.id !== null) continue;
    const { path, before } = change;
    for (const one of all) if (one.path === path && one.key === before.key) wanted.add(one);
  }
  return all.filter((change) => wanted.has(change));
}

function driftRow(
  id: string,
  changes: readonly Change[],
  { desired, observed }: { desired: DesiredConfiguration; observed: Observed },
): DriftRow {
  const { path, key } = changes[0]!;
  const has = <K extends Change['kind']>(kind: K): Of<K> | undefined =>
    changes.find((one): one is Of<K> => one.kind === kind);
  const [add, set, remove, file] = [has('add'), has('set'), has('remove'), has('file')];
  const base = { id, path, key, changes };
  if (file !== undefined) return { ...base, kind: 'file', values: fileValues(file, observed) };
  if (add !== undefined && remove !== undefined) {
    return { ...base, kind: 'changed', values: replacedValues(add, remove.was, desired) };
  }
  if (set !== undefined) return { ...base, kind: 'changed', values: setValues(set) };
  if (add !== undefined) return { ...base, kind: 'missing', values: [] };
  return { ...base, kind: remove === undefined ? 'moved' : 'extra', values: [] };
}

function setValues({ values, was }: Of<'set'>): DriftValue[] {
  return Object.entries(values).map(([name, ours]) => ({
    name,
    ours,
    theirs: orNull(was[name]),
  }));
}

/** Of a row that means something else since a matcher was added to it. */
function replacedValues(
  add: Of<'add'>,
  was: ObservedRow,
  desired: DesiredConfiguration,
): DriftValue[] {
  const menu = desired.menus.find((one) => one.path === add.path);
  const names = new Set([...Object.keys(add.values), ...(menu?.matchers ?? []), 'disabled']);
  return [...names].flatMap((name) => {
    const ours = add.values[name];
    const theirs = was[name];
    return normalise(name, ours) === normalise(name, theirs)
      ? []
      : [{ name, ours: ours ?? null, theirs: orNull(theirs) }];
  });
}

function fileValues({ key, contents }: Of<'file'>, { files }: Observed): DriftValue[] {
  return [{ name: CONTENTS, ours: contents, theirs: files.get(key)?.contents ?? null }];
}

function orNull(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}

function kept(overrides: readonly Override[]): Adoption {
  return { kind: 'overrides', overrides };
}

function refused(reason: string): Adoption {
  return { kind: 'refused', reason };
}
