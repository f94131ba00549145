/**
 * Performs a plan over one connection, change by change in its order. From RouterOS 7.18 it works in
 * safe mode: the router undoes a batch by itself when our connection ends before we have proved, on a
 * new connection, that the router can still be reached. Safe mode remembers about 100 actions, so a
 * batch has at most 80.
 */

import { errorCode } from '../lib/errors.ts';
import { atLeast } from './desired/menu.ts';
import type { Change, RowRef } from './plan.ts';
import type { RouterOsConnection } from './routeros/client.ts';
import { RouterOsError, RouterTrap } from './routeros/errors.ts';
import type { Attributes } from './routeros/reply.ts';

export const MAX_BATCH = 80;
/** The longest text that one API write carries to a file; there is no way to append. */
export const MAX_FILE_BYTES = 30_000;

export interface ApplyOptions {
  readonly connection: RouterOsConnection;
  readonly version: string;
  /** Reaches the router anew and throws when it cannot. Called before a batch is made final. */
  readonly prove: () => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Throws the router's trap with the change that it refused; what safe mode covers is then undone. */
export async function applyChanges(
  changes: readonly Change[],
  options: ApplyOptions,
): Promise<void> {
  // Ids of added rows, for changes that stand next to them.
  const added = new Map<string, string>();
  const writeAll = async (batch: readonly Change[]): Promise<void> => {
    for (const change of batch) await write(change, added, options);
  };
  // Files are outside of what safe mode can undo.
  await writeAll(changes.filter((change) => change.kind === 'file'));
  const rest = changes.filter((change) => change.kind !== 'file');
  for (let at = 0; at < rest.length; at += MAX_BATCH) {
    const batch = rest.slice(at, at + MAX_BATCH);
    if (atLeast(options.version, 7, 18)) await inSafeMode(options, () => writeAll(batch));
    else await writeAll(batch);
  }
  if (rest.length > 0 && !atLeast(options.version, 7, 18)) await options.prove();
}

async function inSafeMode(options: ApplyOptions, work: () => Promise<void>): Promise<void> {
  const { connection } = options;
  await connection.run('/safe-mode/take');
  try {
    await work();
    await options.prove();
    await connection.run('/safe-mode/release');
  } catch (error) {
    // Ending the connection undoes the batch as well; asking for it is only quicker.
    await connection.run('/safe-mode/unroll').catch((cause: unknown) => {
      if (errorCode(cause).startsWith('ROUTER_')) return [];
      throw cause;
    });
    await connection.close();
    throw error;
  }
}

async function write(
  change: Change,
  added: Map<string, string>,
  { connection, signal }: ApplyOptions,
): Promise<void> {
  const { command, attributes } = commandOf(change, added);
  try {
    const { ret } = await connection.runFor(command, attributes, signal ? { signal } : {});
    if (change.kind === 'add' && ret !== null) added.set(refKey(change.path, change.key), ret);
  } catch (error) {
    if (!(error instanceof RouterTrap)) throw error;
    const at = `${change.kind} ${change.path} ${change.key}`.trim();
    throw new RouterTrap([`${at}: ${error.messages.join('; ')}`], error.category);
  }
}

/** The API command of a change; `added` holds the ids of rows that this plan has made. */
export function commandOf(
  change: Change,
  added: ReadonlyMap<string, string>,
): { command: string; attributes: Attributes } {
  const idOf = (ref: RowRef): string => {
    const id = ref.id ?? added.get(refKey(change.path, ref.key));
    if (id === undefined) throw new RouterOsError('ROUTER_PROTOCOL', `no id for ${ref.key}`);
    return id;
  };
  switch (change.kind) {
    case 'file':
      return fileCommand(change);
    case 'add': {
      const place: Attributes =
        change.before === null ? {} : { 'place-before': idOf(change.before) };
      const attributes = { ...change.values, ...change.secrets, ...place };
      return { command: `${change.path}/add`, attributes };
    }
    case 'set': {
      const target: Attributes = change.id === null ? {} : { '.id': change.id };
      const attributes = { ...target, ...change.values, ...change.secrets };
      return { command: `${change.path}/set`, attributes };
    }
    case 'move': {
      const before: Attributes = change.before === null ? {} : { destination: idOf(change.before) };
      const attributes = { numbers: idOf(change.row), ...before };
      return { command: `${change.path}/move`, attributes };
    }
    case 'remove':
      return { command: `${change.path}/remove`, attributes: { '.id': change.id } };
  }
}

function fileCommand(change: Extract<Change, { kind: 'file' }>): {
  command: string;
  attributes: Attributes;
} {
  const { contents, key, id } = change;
  if (contents === null) {
    return { command: '/file/add', attributes: { name: key, type: 'directory' } };
  }
  if (Buffer.byteLength(contents) > MAX_FILE_BYTES) {
    throw new RouterOsError('ROUTER_PROTOCOL', `${key} is longer than ${MAX_FILE_BYTES} bytes`);
  }
  return id === null
    ? { command: '/file/add', attributes: { name: key, contents } }
    : { command: '/file/set', attributes: { '.id': id, contents } };
}

function refKey(path: string, key: string): string {
  return `${path} ${key}`;
}
