/**
 * What must change on a router, from what it should be and what it is. Pure: no clock, no network;
 * `apply.ts` performs a plan. Order: files, create and move, set, then remove (removing first would open
 * a window in the firewall); removals run backwards, dependants before what they depend on.
 *
 * Ours are rows tagged `comment=sw:<key>`, or named `sw-…` where a menu has no comments. Rows of
 * MikroTik's default configuration are adopted or removed by the rules that `desired` lists. Every
 * other row is left as it is, whatever it says.
 */
import { NAME_PREFIX, TAG } from './desired/menu.ts';
import type { DesiredConfiguration, DesiredMenu, DesiredRow, Values } from './desired/types.ts';
import { normalise } from './normalise.ts';
import { asWatched } from './outage-state.ts';
import { orderMenu } from './plan-order.ts';

/** A row as printed; `.id` is absent in singleton menus. */
export type ObservedRow = Values;

export interface Observed {
  readonly menus: ReadonlyMap<string, readonly ObservedRow[]>;
  /** Files by name; `contents` undefined when the router does not show them. */
  readonly files: ReadonlyMap<string, ObservedFile>;
}

export interface ObservedFile {
  readonly id: string;
  readonly type: string;
  readonly size: number | null;
  readonly contents: string | undefined;
}

/** A row that a change stands before: `id` is null for one that this plan adds. */
export interface RowRef {
  readonly key: string;
  readonly id: string | null;
}

export type Change =
  | {
      readonly kind: 'file';
      readonly path: '/file';
      readonly key: string;
      /** Null: a file to be made. */
      readonly id: string | null;
      /** Null: a folder. */
      readonly contents: string | null;
    }
  | {
      readonly kind: 'add';
      readonly path: string;
      readonly key: string;
      readonly values: Values;
      readonly secrets: Values;
      readonly before: RowRef | null;
    }
  | {
      readonly kind: 'set';
      readonly path: string;
      readonly key: string;
      /** Null in a singleton menu. */
      readonly id: string | null;
      readonly values: Values;
      readonly secrets: Values;
      /** What the changed properties were. */
      readonly was: Values;
    }
  | {
      readonly kind: 'move';
      readonly path: string;
      readonly key: string;
      readonly row: RowRef;
      /** Null: to the end. */
      readonly before: RowRef | null;
    }
  | {
      readonly kind: 'remove';
      readonly path: string;
      readonly key: string;
      readonly id: string;
      readonly was: Values;
      /** `orphan`: ours and no longer wanted. */
      readonly reason: 'orphan' | 'factory';
    };

export interface PlanOptions {
  /**
   * Secrets cannot be read back. `write` sets them again (the digest says that something changed),
   * `keep` trusts what was written. New rows always get theirs.
   */
  readonly secrets: 'write' | 'keep';
}

export function plan(
  desired: DesiredConfiguration,
  observed: Observed,
  options: PlanOptions = { secrets: 'keep' },
): Change[] {
  const files = planFiles(desired, observed);
  const menus = desired.menus.map((menu) => {
    const rows = observed.menus.get(menu.path) ?? [];
    return planMenu(asWatched(menu, rows, observed), desired, rows, options);
  });
  const all = menus.flat();
  return [
    ...files,
    // Rules are placed from the top, new and old in turn: see `plan-order.ts`.
    ...all.filter((change) => change.kind === 'add' || change.kind === 'move'),
    ...all.filter((change) => change.kind === 'set'),
    ...all.filter((change) => change.kind === 'remove').toReversed(),
  ];
}

/** Each desired row with the row that it is now, if any. */
export interface Match {
  readonly want: DesiredRow;
  readonly have: ObservedRow | null;
}

function planMenu(
  menu: DesiredMenu,
  desired: DesiredConfiguration,
  all: readonly ObservedRow[],
  options: PlanOptions,
): Change[] {
  const rows = all.filter((row) => normalise('dynamic', row.dynamic) !== 'true');
  const matches = matchRows(menu, rows);
  const taken = new Set(matches.map((match) => match.have));
  const changes: Change[] = [];
  for (const { want, have } of matches) {
    if (have !== null) changes.push(...planSet(menu, want, have, options));
    else if (menu.kind === 'single') changes.push(...planSet(menu, want, {}, options));
  }
  if (menu.kind !== 'rows') return changes;
  const leaving = new Set<ObservedRow>();
  for (const row of rows) {
    if (taken.has(row)) continue;
    const reason = removalReason(menu, desired, row);
    if (reason === null) continue;
    leaving.add(row);
    changes.push(removal(menu, row, reason));
  }
  return [...changes, ...orderMenu(menu, matches, { rows, leaving })];
}

function matchRows(menu: DesiredMenu, rows: readonly ObservedRow[]): Match[] {
  const free = new Set(rows);
  const take = (row: ObservedRow | undefined): ObservedRow | null => {
    if (row === undefined) return null;
    free.delete(row);
    return row;
  };
  if (menu.kind === 'single') {
    return menu.rows.map((want) => ({ want, have: take(rows[0]) }));
  }
  const byOwner = new Map<string, ObservedRow>();
  const owner = menu.kind === 'fixed' ? 'name' : menu.ownedBy;
  for (const row of rows) {
    const tag = row[owner] ?? '';
    // The first of two with one tag is ours, the second an orphan.
    if (!byOwner.has(tag)) byOwner.set(tag, row);
  }
  const tagged = menu.rows.map((want) => {
    const have = byOwner.get(owner === 'comment' ? TAG + want.key : want.key);
    // Another rule by now: an orphan, to be removed once its successor stands.
    return { want, have: have !== undefined && isOtherRule(menu, want, have) ? null : take(have) };
  });
  return tagged.map(({ want, have }) => ({
    want,
    have: have ?? (menu.kind === 'rows' ? take(findOther(menu, want, free)) : null),
  }));
}

/** A rule that is changed where it stands could let through, for a moment, what it dropped: it is made anew. */
function isOtherRule(menu: DesiredMenu, want: DesiredRow, have: ObservedRow): boolean {
  if (menu.matchers === undefined) return false;
  const narrowed = menu.matchers.some(
    (property) => want.values[property] === undefined && (have[property] ?? '') !== '',
  );
  const changed = Object.entries(want.values).some(
    ([property, value]) => property !== 'comment' && !isSame(property, value, have[property]),
  );
  return narrowed || changed || isSwitchedOff(want, have);
}

function isSame(property: string, value: string, old: string | undefined): boolean {
  return old === value || normalise(property, value) === normalise(property, old);
}

/**
 * A row of ours whose comment got lost but whose name says so, a factory row that becomes ours, or one of
 * ours under a key of the past: where rows must differ, a second one would be refused.
 */
function findOther(
  menu: DesiredMenu,
  want: DesiredRow,
  free: ReadonlySet<ObservedRow>,
): ObservedRow | undefined {
  const name = want.values.name ?? '';
  for (const row of free) {
    if (name.startsWith(NAME_PREFIX) && row.name === name) return row;
    if (want.adopt !== undefined && isMatch(row, want.adopt) && isFactory(row)) return row;
    if (menu.matchers === undefined && isOurs(menu, row) && isAlike(want, row)) return row;
  }
  return undefined;
}

function isAlike(want: DesiredRow, row: ObservedRow): boolean {
  return Object.entries(want.values).every(
    ([property, value]) => property === 'comment' || isSame(property, value, row[property]),
  );
}

/** Never a row that somebody has written a comment of his own on. */
function isFactory(row: ObservedRow): boolean {
  return (row.comment ?? '') === '' || (row.comment ?? '').startsWith('defconf');
}

function planSet(
  menu: DesiredMenu,
  want: DesiredRow,
  have: ObservedRow,
  options: PlanOptions,
): Change[] {
  const values: Record<string, string> = {};
  const was: Record<string, string> = {};
  for (const [property, value] of Object.entries(want.values)) {
    const old = have[property];
    if (isSame(property, value, old)) continue;
    values[property] = value;
    was[property] = old ?? '';
  }
  // Dropping `disabled` from a desired row does not mean that somebody may switch it off.
  if (menu.kind === 'rows' && isSwitchedOff(want, have)) {
    values.disabled = 'no';
    was.disabled = 'true';
  }
  const secrets = options.secrets === 'write' ? (want.secrets ?? {}) : {};
  if (Object.keys(values).length === 0 && Object.keys(secrets).length === 0) return [];
  const id = menu.kind === 'single' ? null : (have['.id'] ?? null);
  return [{ kind: 'set', path: menu.path, key: want.key, id, values, secrets, was }];
}

function isSwitchedOff(want: DesiredRow, have: ObservedRow): boolean {
  return want.values.disabled === undefined && normalise('disabled', have.disabled) === 'true';
}

function removalReason(
  menu: DesiredMenu,
  desired: DesiredConfiguration,
  row: ObservedRow,
): 'orphan' | 'factory' | null {
  if (isOurs(menu, row)) return 'orphan';
  const rule = desired.factory.some(
    (factory) => factory.path === menu.path && isMatch(row, factory.match),
  );
  return rule ? 'factory' : null;
}

function isOurs(menu: DesiredMenu, row: ObservedRow): boolean {
  return menu.ownedBy === 'comment'
    ? (row.comment ?? '').startsWith(TAG)
    : (row.name ?? '').startsWith(NAME_PREFIX);
}

function isMatch(row: ObservedRow, match: Values): boolean {
  return Object.entries(match).every(([property, value]) =>
    value.endsWith('*')
      ? (row[property] ?? '').startsWith(value.slice(0, -1))
      : row[property] === value,
  );
}

function removal(menu: DesiredMenu, row: ObservedRow, reason: 'orphan' | 'factory'): Change {
  const { '.id': id = '', ...was } = row;
  const tag = row.comment ?? row.name ?? row.address ?? id;
  const key = tag.startsWith(TAG) ? tag.slice(TAG.length) : tag;
  return { kind: 'remove', path: menu.path, key, id, was, reason };
}

function planFiles(desired: DesiredConfiguration, observed: Observed): Change[] {
  const changes: Change[] = [];
  for (const key of desired.folders) {
    if (observed.files.get(key) === undefined) {
      changes.push({ kind: 'file', path: '/file', key, id: null, contents: null });
    }
  }
  for (const { name, contents } of desired.files) {
    const have = observed.files.get(name);
    const same =
      have !== undefined &&
      (have.contents === undefined
        ? have.size === Buffer.byteLength(contents)
        : have.contents === contents);
    if (!same) {
      changes.push({ kind: 'file', path: '/file', key: name, id: have?.id ?? null, contents });
    }
  }
  return changes;
}
