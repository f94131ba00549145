/** The menu tree of one twin: rows under the shared schema, written by the API and read by its other parts. */

import { formatDateTime, formatOffset } from './clock-text.ts';
import type { MenuTree, Row } from './contract.ts';
import { fileRow, forgetFiles, writeFile } from './files.ts';
import { findInterface, interfaceRows } from './interfaces.ts';
import { appendLog } from './log.ts';
import { INTERFACE_PATHS, MENUS } from './schema.ts';
import { existsIn, type Menu, versionNumber } from './schema-parse.ts';
import { freeSpace, type Space } from './storage.ts';
import { noSuchCommand, noSuchItem } from './trap.ts';
import { replaceDynamic, restoreRows, syncFasttrackRow } from './tree-dynamic.ts';
import {
  type Attributes,
  emitChange,
  emitRow,
  replaceRow,
  rowsOf,
  type StoredRow,
  type TreeState,
  type WritableTree,
  type Writer,
} from './tree-state.ts';
import { changeVersion } from './tree-version.ts';
import {
  addRow,
  announce,
  applyAttributes,
  defaultsOf,
  findRow,
  moveRows,
  refreshDependents,
  removeRows,
  setRows,
} from './tree-write.ts';

/** Longest file whose contents `/file/print` shows. */
const PRINTED_CONTENTS = 60_000;

export interface TreeOptions {
  readonly version: string;
  /** Beside `routeros`: `wifi-qcom`, `wifi-qcom-ac` or `wireless`. */
  readonly packages: readonly string[];
  /** Flash and memory; without limit when absent. */
  readonly space?: Space;
  /** Epoch ms; the machine's clock by default. */
  readonly now?: () => number;
}

const UNLIMITED: Space = {
  diskOctets: Number.MAX_SAFE_INTEGER,
  diskUsedOctets: 0,
  memoryOctets: Number.MAX_SAFE_INTEGER,
  memoryUsedOctets: 0,
  flashFolder: false,
};

/** A tree without rows but for its singletons at their defaults. */
export function createTree(options: TreeOptions): WritableTree {
  const state = createState(options);
  return {
    ...reading(state),
    ...writing(state),
    ...observing(state),
    ...storing(state),
    get version() {
      return state.version;
    },
    changeVersion: (version) => changeVersion(state, version),
    now: () => state.now(),
    useClock: (now) => {
      state.now = now;
    },
    snapshot: () => new Map(state.rows),
    resets: new Map(),
    restore: (snapshot) => restoreRows(state, snapshot),
  };
}

function createState(options: TreeOptions): TreeState {
  const state: TreeState = {
    version: options.version,
    versionNumber: versionNumber(options.version),
    packages: new Set(options.packages.map((name) => name.replace(/^wifi-.*/, 'wifi'))),
    storage: { space: options.space ?? UNLIMITED, claims: new Map() },
    rows: new Map(),
    lastIds: new Map(),
    live: new Map(),
    evictors: new Map(),
    actions: new Map(),
    refreshers: new Map(),
    changeListeners: new Set(),
    rowListeners: new Set(),
    now: options.now ?? Date.now,
  };
  for (const menu of MENUS.values()) {
    if (menu.kind !== 'single' || menuIn(state, menu.path) === undefined) continue;
    state.rows.set(menu.path, [{ id: '', dynamic: false, values: defaultsOf(state, menu) }]);
  }
  state.live.set('/system/clock', (row) => clockValues(state, row));
  return state;
}

function menuIn(state: TreeState, path: string): Menu | undefined {
  const menu = MENUS.get(path);
  if (menu === undefined || !existsIn(menu, state.versionNumber)) return undefined;
  return menu.package === null || state.packages.has(menu.package) ? menu : undefined;
}

function reading(
  state: TreeState,
): Pick<
  WritableTree,
  | 'version'
  | 'menu'
  | 'lacksPackage'
  | 'rows'
  | 'active'
  | 'single'
  | 'find'
  | 'printed'
  | 'file'
  | 'fileBytes'
  | 'password'
> {
  const rows: MenuTree['rows'] = (path) => {
    state.refreshers.get(path)?.();
    return path === '/interface' ? interfaceRows(state) : rowsOf(state, path);
  };
  return {
    version: state.version,
    menu: (path) => menuIn(state, path),
    lacksPackage: (path) => {
      const needed = MENUS.get(path)?.package ?? null;
      return needed !== null && !state.packages.has(needed);
    },
    rows,
    active: (path) =>
      rows(path).filter(({ values }) => values.disabled !== 'true' && values.invalid !== 'true'),
    single: (path) => rowsOf(state, path)[0]?.values ?? {},
    find: (path, token) =>
      path === '/interface'
        ? interfaceRows(state).find(({ id, values }) => id === token || values.name === token)
        : findRow(state, path, token),
    printed: (path, row, contents = false) => printedRow(state, path, row, contents),
    file: (name) => fileRow(state, name)?.content?.toString(),
    fileBytes: (name) => fileRow(state, name)?.content,
    password: (path, id) => rowsOf(state, path).find((row) => row.id === id)?.password,
  };
}

function printedRow(
  state: TreeState,
  path: string,
  row: Row,
  contents: boolean,
): Record<string, string> {
  const values: Record<string, string> = { ...row.values };
  if (MENUS.get(path)?.dynamicFlag === true) values.dynamic = String(row.dynamic);
  if (contents) {
    const content = fileRow(state, row.values.name ?? '')?.content;
    if (content !== undefined && content.length <= PRINTED_CONTENTS) {
      values.contents = content.toString();
    }
  }
  if (path === '/system/resource') {
    const free = freeSpace(state.storage, rowsOf(state, '/file'));
    values['free-hdd-space'] = String(free.disk);
    values['free-memory'] = String(free.memory);
  }
  const live = state.live.get(path);
  return live === undefined ? values : Object.assign(values, live(row));
}

function writing(
  state: TreeState,
): Pick<
  WritableTree,
  'add' | 'set' | 'setSingle' | 'remove' | 'move' | 'writeFile' | 'assign' | 'log' | 'setDynamic'
> {
  return {
    add(path, attributes, options = {}) {
      const id = addRow(state, known(state, path), attributes, options);
      settle(state, path);
      return id;
    },
    set(path, ids, attributes, writer) {
      setByPath(state, path, ids, attributes, writer);
      settle(state, path);
    },
    setSingle(path, attributes) {
      const row = rowsOf(state, path)[0]!;
      const { values } = applyAttributes(state, known(state, path), row.values, attributes);
      const changed = { ...row, values };
      state.rows.set(path, [changed]);
      emitRow(state, path, changed);
      emitChange(state, path);
    },
    remove(path, ids) {
      removeRows(state, known(state, path), existing(state, path, ids));
      settle(state, path);
    },
    move: (path, ids, destination) =>
      moveRows(state, path, existing(state, path, ids), destination),
    writeFile: (name, content) => writeFile(state, name, content),
    assign(path, id, values) {
      const row = rowsOf(state, path).find((candidate) => candidate.id === id);
      if (row === undefined) throw noSuchItem();
      replaceRow(state, path, { ...row, values: { ...row.values, ...values } });
      emitChange(state, path);
      settle(state, path);
    },
    log: (topics, message) => appendLog(state, topics, message),
    setDynamic: (path, rows) => replaceDynamic(state, known(state, path), rows),
  };
}

function observing(
  state: TreeState,
): Pick<
  WritableTree,
  'setLive' | 'onRemoveDynamic' | 'onAction' | 'act' | 'onRead' | 'onChange' | 'onRow'
> {
  return {
    setLive: (path, read) => void state.live.set(path, read),
    onRemoveDynamic: (path, handler) => void state.evictors.set(path, handler),
    onAction: (word, handler) => void state.actions.set(word, handler),
    act: (word, ms = 0) => state.actions.get(word)?.(ms),
    onRead: (path, refresh) => void state.refreshers.set(path, refresh),
    onChange(listener) {
      state.changeListeners.add(listener);
      return () => void state.changeListeners.delete(listener);
    },
    onRow(listener) {
      state.rowListeners.add(listener);
      return () => void state.rowListeners.delete(listener);
    },
  };
}

function storing(state: TreeState): Pick<WritableTree, 'free' | 'claim' | 'forget'> {
  return {
    free: () => freeSpace(state.storage, rowsOf(state, '/file')),
    claim: (name, octets) => void state.storage.claims.set(name, octets),
    forget() {
      forgetFiles(state);
      state.rows.set('/log', []);
    },
  };
}

/** What a change of `path` means for rows that follow from it. */
function settle(state: TreeState, path: string): void {
  syncFasttrackRow(state, path);
  refreshDependents(state, path);
}

/** `/interface` writes through to the menu that owns each row. */
function setByPath(
  state: TreeState,
  path: string,
  ids: readonly string[],
  attributes: Attributes,
  writer?: Writer,
): void {
  if (path !== '/interface') {
    setRows(state, known(state, path), existing(state, path, ids), attributes, writer);
    return;
  }
  applyAttributes(state, known(state, path), {}, attributes);
  for (const id of ids) {
    const owned = findInterface(state, id);
    if (owned === undefined) throw noSuchItem();
    if (INTERFACE_PATHS.includes(owned.path)) {
      setRows(state, known(state, owned.path), [owned.row], attributes, writer);
    } else {
      const { values } = applyAttributes(state, known(state, path), owned.row.values, attributes);
      const changed = { ...owned.row, values };
      replaceRow(state, path, changed);
      announce(state, path, changed);
    }
  }
}

function known(state: TreeState, path: string): Menu {
  const menu = menuIn(state, path);
  if (menu === undefined) throw noSuchCommand();
  return menu;
}

function existing(state: TreeState, path: string, ids: readonly string[]): StoredRow[] {
  return ids.map((id) => {
    const row = findRow(state, path, id);
    if (row === undefined) throw noSuchItem();
    return row;
  });
}

function clockValues(state: TreeState, row: Row): Record<string, string> {
  const zone = row.values['time-zone-name'] ?? 'manual';
  const timeZone = zone === 'manual' ? 'UTC' : zone;
  const [date = '', time = ''] = formatDateTime(state.now(), timeZone).split(' ');
  return { time, date, 'gmt-offset': formatOffset(state.now(), timeZone) };
}
