/**
 * Performs a plan over one connection. What does not build on each other travels together: see
 * `apply-batches.ts` and `apply-order.ts`. From RouterOS 7.18 it works in safe mode: the router undoes a batch by
 * itself when our connection ends before we have proved, on a new connection, that the router can still
 * be reached. Safe mode remembers about 100 actions, so a batch has at most 80. Where one batch is not
 * enough, and before 7.18, a dead-man is armed before the first write and taken away after the proof.
 */

import { errorCode } from '../lib/errors.ts';
import { type Batch, batchesOf } from './apply-batches.ts';
import { armDeadMan, DEAD_MAN_MINUTES, type DeadMan } from './dead-man.ts';
import { atLeast } from './desired/menu.ts';
import { createGate } from './gate.ts';
import type { Change, RowRef } from './plan.ts';
import type { RouterOsConnection } from './routeros/client.ts';
import { RouterOsError, RouterTrap } from './routeros/errors.ts';
import { IN_FLIGHT } from './routeros/pipeline.ts';
import type { Attributes } from './routeros/reply.ts';

export const MAX_BATCH = 80;
/** The longest text that one API write carries to a file; there is no way to append. */
export const MAX_FILE_BYTES = 30_000;
const NOTHING: Batch = { changes: [], waits: [] };
/** We stop well before the dead-man acts: a healthy apply is not to be undone halfway. */
const LONGEST_APPLY_MS = (DEAD_MAN_MINUTES - 2) * 60_000;

export interface ApplyOptions {
  readonly connection: RouterOsConnection;
  readonly version: string;
  /** An earlier attempt has left its dead-man, which would undo this one. */
  readonly armed?: boolean;
  /** Reaches the router anew and throws when it cannot. Called before a batch is made final. */
  readonly prove: () => Promise<void>;
  /** Instead of `prove` when nothing is left to be written: may ask for more. */
  readonly proveLast?: () => Promise<void>;
  /** Changes that travel together; default 8. */
  readonly inFlight?: number;
  readonly signal?: AbortSignal;
}

/** Where one apply stands. */
interface Work extends ApplyOptions {
  /** Ids of added rows, for changes that stand next to them. */
  readonly added: Map<string, string>;
  /** Whether something stands that safe mode does not take back. */
  committed: boolean;
}

/**
 * Throws the router's trap with the change that it refused; what was written is then undone: by safe
 * mode, or by loading the backup, for which the router restarts. When the router is lost, it goes back
 * by itself.
 */
export async function applyChanges(
  changes: readonly Change[],
  options: ApplyOptions,
): Promise<void> {
  const { inFlight = IN_FLIGHT, prove, proveLast = prove } = options;
  const [files = NOTHING] = batchesOf(changes.filter(isFile), { size: Infinity, inFlight });
  const rest = changes.filter((change) => !isFile(change));
  const batches = batchesOf(rest, { size: MAX_BATCH, inFlight });
  const hasSafeMode = atLeast(options.version, 7, 18);
  const needsDeadMan = options.armed === true || rest.length > (hasSafeMode ? MAX_BATCH : 0);
  const deadMan = needsDeadMan ? await armDeadMan(options.connection, options.signal) : null;
  const limits = [
    options.signal ?? [],
    deadMan ? AbortSignal.timeout(LONGEST_APPLY_MS) : [],
  ].flat();
  const work: Work = {
    ...options,
    ...(limits.length === 0 ? {} : { signal: AbortSignal.any(limits) }),
    added: new Map(),
    committed: false,
  };
  try {
    // Files are outside of what safe mode and backups can undo.
    await writeAll(files, work);
    for (const [index, batch] of batches.entries()) {
      const proof = index === batches.length - 1 ? proveLast : prove;
      if (hasSafeMode) await inSafeMode(work, batch, proof);
      else await writeUnsafely(work, batch);
    }
    if (rest.length > 0 && !hasSafeMode) await proveLast();
  } catch (error) {
    await goBack(work, deadMan);
    throw error;
  }
  await deadMan?.disarm();
}

function isFile({ kind }: Change): boolean {
  return kind === 'file';
}

async function inSafeMode(work: Work, batch: Batch, prove: () => Promise<void>): Promise<void> {
  const { connection } = work;
  await connection.run('/safe-mode/take');
  try {
    await writeAll(batch, work);
    await prove();
    await connection.run('/safe-mode/release');
    work.committed = true;
  } catch (error) {
    // Ending the connection undoes the batch as well; asking for it is only quicker.
    await quietly(connection.run('/safe-mode/unroll'));
    throw error;
  }
}

async function writeUnsafely(work: Work, batch: Batch): Promise<void> {
  work.committed = true;
  await writeAll(batch, work);
}

/** Back to where we began, as far as the connection still carries it. */
async function goBack({ connection, committed }: Work, deadMan: DeadMan | null): Promise<void> {
  if (connection.open && deadMan !== null) {
    await quietly(committed ? deadMan.fire() : deadMan.disarm());
  }
  await connection.close();
}

/** For ways back that have another one behind them. */
async function quietly(step: Promise<unknown>): Promise<void> {
  try {
    await step;
  } catch (error) {
    if (!errorCode(error).startsWith('ROUTER_')) throw error;
  }
}

/** After the first failure nothing more is sent; what is under way is waited for. */
async function writeAll({ changes, waits }: Batch, work: Work): Promise<void> {
  const gate = createGate(work.inFlight ?? IN_FLIGHT);
  const stop = new AbortController();
  const written: Promise<void>[] = [];
  for (const [index, change] of changes.entries()) {
    const before = waits[index]!.map((at) => written[at]!);
    const send = (): Promise<void> => write(change, work);
    const one = Promise.all(before).then(() => gate.enter(send, stop.signal));
    written.push(one);
    one.catch((error: unknown) => stop.abort(error));
  }
  await Promise.allSettled(written);
  if (stop.signal.aborted) throw stop.signal.reason;
}

async function write(change: Change, { added, connection, signal }: Work): Promise<void> {
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
