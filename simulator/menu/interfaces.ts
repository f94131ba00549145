/** `/interface` is a view: the rows of every kind of interface under one set of names and ids. */
import type { Row } from './contract.ts';
import { INTERFACE_PATHS, MENUS } from './schema.ts';
import { rowsOf, type StoredRow, type TreeState } from './tree-state.ts';

export interface Owned {
  readonly path: string;
  readonly row: StoredRow;
}

/** Interfaces of all kinds with the menu that holds them, in the order of their ids. */
export function allInterfaces(state: TreeState): Owned[] {
  const found = ['/interface', ...INTERFACE_PATHS].flatMap((path) =>
    rowsOf(state, path).map((row) => ({ path, row })),
  );
  return found.toSorted(
    (a, b) => parseInt(a.row.id.slice(1), 16) - parseInt(b.row.id.slice(1), 16),
  );
}

export function findInterface(state: TreeState, token: string): Owned | undefined {
  for (const path of ['/interface', ...INTERFACE_PATHS]) {
    const row = rowsOf(state, path).find(({ id, values }) => id === token || values.name === token);
    if (row !== undefined) return { path, row };
  }
  return undefined;
}

/** A port of a bridge: addresses and servers belong on the bridge instead. */
export function isSlave(state: TreeState, name: string): boolean {
  return rowsOf(state, '/interface/bridge/port').some(
    ({ values }) => values.interface === name && values.disabled !== 'true',
  );
}

export function interfaceRows(state: TreeState): Row[] {
  return allInterfaces(state).map(({ path, row }) => viewOf(state, path, row));
}

export function viewOf(state: TreeState, path: string, row: StoredRow): Row {
  const { values } = row;
  const name = values.name ?? '';
  const mtu = values.mtu ?? '1500';
  const view: Record<string, string> = {
    name,
    type: MENUS.get(path)?.interfaceType ?? 'loopback',
    mtu,
    'actual-mtu': values['actual-mtu'] ?? (mtu === 'auto' ? '1500' : mtu),
    'mac-address': values['mac-address'] ?? '',
    'link-downs': '0',
    running: values.disabled === 'true' ? 'false' : (values.running ?? 'false'),
    slave: String(isSlave(state, name)),
    disabled: values.disabled ?? 'false',
  };
  for (const counter of COUNTERS) view[counter] = '0';
  for (const optional of ['default-name', 'l2mtu', 'comment'] as const) {
    const value = values[optional];
    if (value !== undefined) view[optional] = value;
  }
  return { id: row.id, dynamic: row.dynamic, values: view };
}

const COUNTERS = [
  'rx-byte',
  'tx-byte',
  'rx-packet',
  'tx-packet',
  'rx-drop',
  'tx-drop',
  'tx-queue-drop',
  'rx-error',
  'tx-error',
  'fp-rx-byte',
  'fp-tx-byte',
  'fp-rx-packet',
  'fp-tx-packet',
];
