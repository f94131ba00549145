/** Writing rows: typed values, required and unique properties, references that follow their target. */
import { DEPENDENTS, derive } from './derive.ts';
import { prepareFile, removeFileTree } from './files.ts';
import { keepOneAdministrator, refuseRemoval } from './guards.ts';
import { findInterface, viewOf } from './interfaces.ts';
import { MENUS, referencesTo } from './schema.ts';
import { existsIn, type Menu, type Property } from './schema-parse.ts';
import { failure, missing, noSuchItem, unknownParameter } from './trap.ts';
import {
  type AddOptions,
  type Attributes,
  emitChange,
  emitRow,
  nextId,
  replaceRow,
  rowsOf,
  type StoredRow,
  type TreeState,
  type Writer,
} from './tree-state.ts';
import { normalizeValue } from './values.ts';

type Values = Record<string, string>;

/** The values that a row of `menu` starts with in this version. */
export function defaultsOf(state: TreeState, menu: Menu): Values {
  const values: Values = {};
  for (const property of menu.properties.values()) {
    if (property.default !== undefined && existsIn(property, state.versionNumber)) {
      values[property.name] = property.default;
    }
  }
  return values;
}

export function findRow(state: TreeState, path: string, token: string): StoredRow | undefined {
  if (path === '/interface') return findInterface(state, token)?.row;
  const rows = rowsOf(state, path);
  return token.startsWith('*')
    ? rows.find(({ id }) => id === token)
    : rows.find(({ values }) => values.name === token);
}

export function addRow(
  state: TreeState,
  menu: Menu,
  attributes: Attributes,
  options: AddOptions,
): string {
  const { path } = menu;
  const source =
    options.copyFrom === undefined ? undefined : findRow(state, path, options.copyFrom);
  if (options.copyFrom !== undefined && source === undefined) throw noSuchItem();
  const before = source?.values ?? defaultsOf(state, menu);
  const change = applyAttributes(state, menu, before, attributes);
  const { values } = change;
  if (menu.autoName !== null && !values.name) values.name = freeName(state, path, menu.autoName);
  for (const property of menu.properties.values()) {
    if (property.required && !values[property.name]) throw missing(property.name);
  }
  const file = path === '/file' ? prepareFile(state, values) : {};
  derive(path, values, state, options.writer);
  refuseDuplicate(state, menu, values, null);
  const position = placeOf(state, path, options.placeBefore);
  const row: StoredRow = {
    id: nextId(state, menu),
    dynamic: false,
    values,
    ...(change.password === undefined ? {} : { password: change.password }),
    ...file,
  };
  state.rows.set(path, rowsOf(state, path).toSpliced(position, 0, row));
  announce(state, path, row);
  return row.id;
}

export function setRows(
  state: TreeState,
  menu: Menu,
  rows: readonly StoredRow[],
  attributes: Attributes,
  writer?: Writer,
): void {
  for (const row of rows) {
    if (row.dynamic) throw failure('can not change dynamic item');
  }
  for (const row of rows) {
    const change = applyAttributes(state, menu, row.values, attributes);
    const file = menu.path === '/file' ? prepareFile(state, change.values, row) : {};
    derive(menu.path, change.values, state, writer);
    refuseDuplicate(state, menu, change.values, row.id);
    if (menu.path === '/user' && change.values.disabled === 'true')
      keepOneAdministrator(state, row);
    const password = change.password ?? row.password;
    const changed: StoredRow = {
      ...row,
      ...file,
      values: change.values,
      ...(password === undefined ? {} : { password }),
    };
    replaceRow(state, menu.path, changed);
    const { name } = row.values;
    if (name !== undefined && name !== change.values.name) {
      renameReferences(state, menu, name, change.values.name ?? row.id);
    }
    announce(state, menu.path, changed);
  }
}

export function removeRows(state: TreeState, menu: Menu, rows: readonly StoredRow[]): void {
  for (const row of rows) {
    if (row.dynamic && !menu.evictable) throw failure('can not remove dynamic item');
    const { values } = row;
    const physical = menu.interfaceType !== null && values['default-name'] !== undefined;
    const disk = menu.path === '/file' && values.type === 'disk';
    if (
      physical ||
      disk ||
      row.own === true ||
      values.default === 'true' ||
      values.builtin === 'true'
    ) {
      throw failure('not allowed to remove');
    }
    refuseRemoval(state, menu.path, row);
  }
  for (const row of rows) {
    if (row.dynamic) state.evictors.get(menu.path)?.(row);
    const gone = menu.path === '/file' ? removeFileTree(state, row) : [row];
    const ids = new Set(gone.map(({ id }) => id));
    state.rows.set(
      menu.path,
      rowsOf(state, menu.path).filter(({ id }) => !ids.has(id)),
    );
    if (row.values.name !== undefined) renameReferences(state, menu, row.values.name, row.id);
    for (const dead of gone) announce(state, menu.path, dead, true);
  }
}

/** Puts rows before `destination`, which must be a row that clients may order. */
export function moveRows(
  state: TreeState,
  path: string,
  moving: readonly StoredRow[],
  destination: string | undefined,
): void {
  for (const row of moving) {
    if (row.dynamic) throw failure('can not move dynamic item');
  }
  const rest = rowsOf(state, path).filter((row) => !moving.includes(row));
  const target = moving.some(({ id }) => id === destination);
  if (target) return;
  const position = placeOf(state, path, destination, rest);
  state.rows.set(path, rest.toSpliced(position, 0, ...moving));
  for (const row of moving) emitRow(state, path, row);
  emitChange(state, path);
}

/** Tells listeners of a row, also those of `/interface`. */
export function announce(state: TreeState, path: string, row: StoredRow, dead = false): void {
  emitRow(state, path, row, dead);
  if (MENUS.get(path)?.interfaceType != null) {
    emitRow(state, '/interface', viewOf(state, path, row), dead);
  }
  emitChange(state, path);
}

/** Works out again what other menus' rows make of a change in `path`. */
export function refreshDependents(state: TreeState, path: string): void {
  for (const dependent of DEPENDENTS.get(path) ?? []) {
    for (const row of rowsOf(state, dependent)) {
      if (row.dynamic) continue;
      const values = { ...row.values };
      derive(dependent, values, state);
      const same = Object.keys({ ...values, ...row.values }).every(
        (name) => values[name] === row.values[name],
      );
      if (same) continue;
      const changed = { ...row, values };
      replaceRow(state, dependent, changed);
      announce(state, dependent, changed);
    }
  }
}

function placeOf(
  state: TreeState,
  path: string,
  before: string | undefined,
  rows = rowsOf(state, path),
): number {
  if (before === undefined || before === '') return rows.length;
  const index = rows.findIndex(({ id, values }) => id === before || values.name === before);
  if (index === -1) throw noSuchItem();
  if (rows[index]!.dynamic) throw failure('can not move before dynamic item');
  return index;
}

/** The row's values after a command; refuses names and values that the menu does not have. */
export function applyAttributes(
  state: TreeState,
  menu: Menu,
  before: Readonly<Values>,
  attributes: Attributes,
): { values: Values; password?: string } {
  const values = { ...before };
  let password: string | undefined;
  for (const [word, raw] of attributes) {
    const unset = word.startsWith('!');
    const property = writable(state, menu, unset ? word.slice(1) : word);
    if (property.writeOnly) {
      password = unset ? '' : raw;
      continue;
    }
    if (unset && !property.unsettable) throw unknownParameter(word);
    const value = unset
      ? ''
      : normalizeValue(property, raw, (to, token) => nameOf(state, to, token));
    if (value === '' && property.unsettable) delete values[property.name];
    else values[property.name] = value;
  }
  return password === undefined ? { values } : { values, password };
}

function writable(state: TreeState, menu: Menu, name: string): Property {
  const property = menu.properties.get(name);
  if (property === undefined || property.readOnly || !existsIn(property, state.versionNumber)) {
    throw unknownParameter(name);
  }
  return property;
}

function nameOf(state: TreeState, menu: string, token: string): string | null {
  return findRow(state, menu, token)?.values.name ?? null;
}

function refuseDuplicate(state: TreeState, menu: Menu, values: Values, self: string | null): void {
  for (const { names, text } of menu.unique) {
    if (names.every((name) => !values[name])) continue;
    const taken =
      menu.interfaceType === null
        ? rowsOf(state, menu.path).some(
            (row) => row.id !== self && names.every((name) => row.values[name] === values[name]),
          )
        : (findInterface(state, values.name ?? '')?.row.id ?? self) !== self;
    if (taken) throw failure(text);
  }
}

function freeName(state: TreeState, path: string, stem: string): string {
  for (let number = 1; ; number += 1) {
    const name = `${stem}${number}`;
    if (findRow(state, path, name) === undefined && findInterface(state, name) === undefined) {
      return name;
    }
  }
}

/** References are by row, not by text: they follow a new name, and show the id of what was removed. */
function renameReferences(state: TreeState, menu: Menu, from: string, to: string): void {
  const targets = menu.interfaceType === null ? [menu.path] : [menu.path, '/interface'];
  for (const { path, property } of targets.flatMap(referencesTo)) {
    for (const row of rowsOf(state, path)) {
      const parts = row.values[property]?.split(',');
      if (parts === undefined || !parts.some((part) => part.replace(/^!/, '') === from)) continue;
      const renamed = parts.map((part) =>
        part.replace(/^!/, '') === from ? part.replace(from, to) : part,
      );
      const values = { ...row.values, [property]: renamed.join(',') };
      if (!row.dynamic) derive(path, values, state);
      replaceRow(state, path, { ...row, values });
      emitChange(state, path);
    }
  }
}
