/** Rows that no client wrote: sessions and leases, the row that counts fasttracked packets, and safe mode's way back. */

import { SmartWifiError } from '../../lib/errors.ts';
import { MENUS } from './schema.ts';
import type { Menu } from './schema-parse.ts';
import {
  emitChange,
  emitRow,
  nextId,
  rowsOf,
  type Snapshot,
  type StoredRow,
  type TreeState,
} from './tree-state.ts';

type Values = Readonly<Record<string, string>>;

/** A row that is the same session as before keeps its id, so that a client may still name it. */
export function replaceDynamic(state: TreeState, menu: Menu, wanted: readonly Values[]): void {
  const { path } = menu;
  const kept = rowsOf(state, path).filter(isConfigured);
  const old = new Map(
    rowsOf(state, path)
      .filter((row) => !isConfigured(row))
      .map((row) => [keyOf(menu, row.values), row]),
  );
  const changed: StoredRow[] = [];
  const rows = wanted.map((values) => {
    const key = keyOf(menu, values);
    const before = old.get(key);
    old.delete(key);
    if (before !== undefined && sameValues(before.values, values)) return before;
    refuseUnknown(menu, values);
    const row = { id: before?.id ?? nextId(state, menu), dynamic: true, values };
    changed.push(row);
    return row;
  });
  if (changed.length === 0 && old.size === 0) return;
  state.rows.set(path, menu.ordered ? [...rows, ...kept] : [...kept, ...rows]);
  for (const row of changed) emitRow(state, path, row);
  for (const row of old.values()) emitRow(state, path, row, true);
  emitChange(state, path);
}

/** While a fasttrack rule is in force, the first row of the table shows its counters. */
export function syncFasttrackRow(state: TreeState, path: string): void {
  if (path !== '/ip/firewall/filter') return;
  const rows = rowsOf(state, path);
  const wanted = rows.some(
    ({ values }) => values.action === 'fasttrack-connection' && values.disabled !== 'true',
  );
  const own = rows.find((row) => row.own === true);
  if (wanted === (own !== undefined)) return;
  if (own !== undefined) {
    state.rows.set(
      path,
      rows.filter((row) => row !== own),
    );
    emitRow(state, path, own, true);
    return;
  }
  const row: StoredRow = {
    id: nextId(state, MENUS.get(path)!),
    dynamic: true,
    own: true,
    values: {
      chain: 'forward',
      action: 'passthrough',
      log: 'false',
      'log-prefix': '',
      bytes: '0',
      packets: '0',
      invalid: 'false',
      disabled: 'false',
      comment: 'special dummy rule to show fasttrack counters',
    },
  };
  state.rows.set(path, [row, ...rows]);
  emitRow(state, path, row);
}

/** Not configuration, so no rollback touches it. */
const KEPT: ReadonlySet<string> = new Set(['/file', '/log']);

export function restoreRows(state: TreeState, snapshot: Snapshot): void {
  for (const path of new Set([...state.rows.keys(), ...snapshot.keys()])) {
    const menu = MENUS.get(path);
    if (menu === undefined || menu.kind === 'view' || KEPT.has(path)) continue;
    const now = rowsOf(state, path);
    const before = now.filter(isConfigured);
    const after = (snapshot.get(path) ?? []).filter(isConfigured);
    if (before.length === after.length && before.every((row, index) => row === after[index])) {
      continue;
    }
    const dynamic = now.filter((row) => !isConfigured(row));
    state.rows.set(path, menu.ordered ? [...dynamic, ...after] : [...after, ...dynamic]);
    for (const row of before) {
      if (!after.some(({ id }) => id === row.id)) emitRow(state, path, row, true);
    }
    for (const row of after) {
      if (!before.includes(row)) emitRow(state, path, row);
    }
    emitChange(state, path);
  }
}

function isConfigured(row: StoredRow): boolean {
  return !row.dynamic || row.own === true;
}

function keyOf(menu: Menu, values: Values): string {
  const names = menu.key.length > 0 ? menu.key : Object.keys(values).toSorted();
  return names.map((name) => values[name] ?? '').join('\u0000');
}

function sameValues(a: Values, b: Values): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** A part of the twin that invents a property is a mistake in the twin, not a client's. */
function refuseUnknown(menu: Menu, values: Values): void {
  for (const name of Object.keys(values)) {
    if (!menu.properties.has(name)) {
      throw new SmartWifiError('SIMULATOR_PROPERTY', `${menu.path} has no property ${name}`);
    }
  }
}
