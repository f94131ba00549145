/**
 * The store in a SQLite file. A serving process has one writer thread; every other thread reads on a
 * connection of its own and sends its writes there. The CLI writes directly, beside a server.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type AssembledStore, assembleStore } from '../assemble.ts';
import type { Store } from '../contract.ts';
import { StoreError, type StoreErrorCode } from '../errors.ts';
import { createKeys, loadKeyFile } from '../keys.ts';
import { lockForServing, openReading, sqlOf } from './database.ts';
import { openEngine } from './engine.ts';
import { outbox } from './outbox.ts';
import type { FromWriter, ToWriter, WriterData, WriterStart } from './protocol.ts';

/** An intent leaves little behind; V8's own limit is far more, and all of it becomes resident. */
const WRITER_YOUNG_MB = 16;

/** What another thread needs to open its own view of the store; structured-clone safe, `port` to transfer. */
export interface SqliteTicket {
  readonly engine: 'sqlite';
  readonly file: string;
  readonly key: Uint8Array;
  readonly port: MessagePort;
}

export interface ServedSqlite extends AsyncDisposable {
  readonly store: Store;
  readonly migrated: readonly string[];
  ticket(): SqliteTicket;
}

/** For `serve`: takes the lock (`STORE_IN_USE`), starts the writer thread, migrates. */
export async function serveSqlite(file: string, keyFile: string): Promise<ServedSqlite> {
  const lock = lockForServing(file);
  try {
    const key = await loadKeyFile(keyFile);
    const data: WriterData = { file, key };
    const writer = new Worker(new URL('./writer.ts', import.meta.url), {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: WRITER_YOUNG_MB },
    });
    const migrated = await whenReady(writer);
    const ticket = (): SqliteTicket => {
      const { port1, port2 } = new MessageChannel();
      writer.postMessage({ port: port2 }, [port2]);
      return { engine: 'sqlite', file, key, port: port1 };
    };
    const store = connectSqlite(ticket());
    return {
      store,
      migrated,
      ticket,
      [Symbol.asyncDispose]: async () => {
        await store[Symbol.asyncDispose]();
        const ended = new Promise((resolve) => writer.once('exit', resolve));
        writer.postMessage({ close: true });
        await ended;
        lock[Symbol.dispose]();
      },
    };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** The store of one thread of a serving process. */
export function connectSqlite(ticket: SqliteTicket): Store {
  const db = openReading(ticket.file);
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let nextId = 0;
  let assembled: AssembledStore | undefined;
  const hear = (message: FromWriter): void => {
    switch (message.kind) {
      case 'result':
        take(waiting, message.id)?.resolve(message.value);
        break;
      case 'error':
        take(waiting, message.id)?.reject(
          new StoreError(message.code as StoreErrorCode, message.message),
        );
        break;
      case 'invalidate':
        assembled?.invalidated(message.what);
        break;
    }
  };
  ticket.port.on('message', (messages: readonly FromWriter[]) => messages.forEach(hear));
  ticket.port.on('close', () => {
    for (const { reject } of waiting.values()) {
      reject(new StoreError('STORE_FAILED', 'the writer of the store has ended'));
    }
    waiting.clear();
  });
  const send = outbox<ToWriter>(ticket.port);
  assembled = assembleStore({
    sql: sqlOf(db),
    usageTold: true,
    keys: createKeys(ticket.key),
    submit: (name, args) => {
      const pending = Promise.withResolvers<unknown>();
      nextId += 1;
      waiting.set(nextId, pending);
      send({ kind: 'write', id: nextId, name, args });
      return pending.promise;
    },
    close: async () => {
      db.close();
      send({ kind: 'close' });
      await new Promise((resolve) => ticket.port.once('close', resolve));
    },
  });
  return assembled.store;
}

/** For a command beside a server, and for tests: reads and writes in this thread. */
export async function openSqlite(
  file: string,
  keyFile: string,
): Promise<{ store: Store; migrated: readonly string[] }> {
  const keys = createKeys(await loadKeyFile(keyFile));
  let assembled: AssembledStore | undefined;
  const engine = await openEngine(file, keys, (what) => assembled?.invalidated(what));
  const db = openReading(file);
  assembled = assembleStore({
    sql: sqlOf(db),
    usageTold: true,
    keys,
    submit: engine.submit,
    close: async () => {
      db.close();
      engine[Symbol.dispose]();
    },
  });
  return { store: assembled.store, migrated: engine.migrated };
}

async function whenReady(writer: Worker): Promise<readonly string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
  writer.once('message', (message: WriterStart) => {
    if (message.kind === 'ready') resolve(message.migrated);
    else reject(new StoreError(message.code as StoreErrorCode, message.message));
  });
  writer.once('error', reject);
  return promise;
}

function take<V>(map: Map<number, V>, id: number): V | undefined {
  const value = map.get(id);
  map.delete(id);
  return value;
}
