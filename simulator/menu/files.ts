/**
 * Files are rows of `/file` whose octets lie beside the values. Folders come into being with the files in them,
 * and go with all that they hold.
 */
import { formatDateTime } from './clock-text.ts';
import { MENUS } from './schema.ts';
import { isKept, refuseFull } from './storage.ts';
import { failure } from './trap.ts';
import {
  emitChange,
  emitRow,
  nextId,
  rowsOf,
  type StoredRow,
  type TreeState,
} from './tree-state.ts';

type Values = Record<string, string>;

/** Completes the values of a file that is being written and returns its octets. */
export function prepareFile(
  state: TreeState,
  values: Values,
  old?: StoredRow,
): { content?: Buffer } {
  const name = (values.name ?? '').replace(/^\/+|\/+$/g, '');
  if (name === '' || name.split('/').some((part) => part === '' || part === '..')) {
    throw failure('bad file name');
  }
  values.name = name;
  const given = values.contents;
  delete values.contents;
  refuseFull(state.storage, rowsOf(state, '/file'), name, Buffer.byteLength(given ?? ''));
  makeParents(state, name);
  values['last-modified'] = formatDateTime(state.now());
  if (isFolder(values)) {
    if (given !== undefined) throw failure('can not write to a directory');
    return {};
  }
  const content = given === undefined ? (old?.content ?? Buffer.alloc(0)) : Buffer.from(given);
  values.type = typeOf(name);
  values.size = String(content.length);
  return { content };
}

export function writeFile(state: TreeState, name: string, content: Buffer): void {
  const old = fileRow(state, name);
  const values: Values = { ...old?.values, name };
  refuseFull(state.storage, rowsOf(state, '/file'), name, content.length);
  prepareFile(state, values, old);
  values.size = String(content.length);
  const row: StoredRow = {
    id: old?.id ?? nextId(state, MENUS.get('/file')!),
    dynamic: false,
    values,
    content,
  };
  const others = rowsOf(state, '/file').filter(({ id }) => id !== row.id);
  state.rows.set('/file', [...others, row]);
  emitRow(state, '/file', row);
  emitChange(state, '/file');
}

export function fileRow(state: TreeState, name: string): StoredRow | undefined {
  return rowsOf(state, '/file').find(({ values }) => values.name === name);
}

/** The row and, for a folder, everything in it. */
export function removeFileTree(state: TreeState, row: StoredRow): StoredRow[] {
  if (!isFolder(row.values)) return [row];
  const inside = `${row.values.name}/`;
  return rowsOf(state, '/file').filter(
    ({ id, values }) => id === row.id || values.name?.startsWith(inside),
  );
}

/** Files that lie in memory only. */
export function forgetFiles(state: TreeState): void {
  const files = rowsOf(state, '/file');
  const kept = files.filter(({ values }) => isKept(state.storage.space, values.name ?? ''));
  if (kept.length === files.length) return;
  state.rows.set('/file', kept);
  for (const row of files) if (!kept.includes(row)) emitRow(state, '/file', row, true);
  emitChange(state, '/file');
}

function makeParents(state: TreeState, name: string): void {
  const parts = name.split('/').slice(0, -1);
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const folder = parts.slice(0, depth).join('/');
    const existing = fileRow(state, folder);
    if (existing !== undefined && !isFolder(existing.values)) {
      throw failure('not a directory');
    }
    if (existing === undefined) {
      const values = {
        name: folder,
        type: 'directory',
        'last-modified': formatDateTime(state.now()),
      };
      const row = { id: nextId(state, MENUS.get('/file')!), dynamic: false, values };
      state.rows.set('/file', [...rowsOf(state, '/file'), row]);
      emitRow(state, '/file', row);
    }
  }
}

/** `flash` itself is of type disk. */
function isFolder({ type }: Values): boolean {
  return type === 'directory' || type === 'disk';
}

function typeOf(name: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1];
  if (extension === undefined) return 'file';
  return { rsc: 'script', backup: 'backup', npk: 'package' }[extension] ?? `.${extension} file`;
}
