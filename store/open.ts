/** Opening the store: which engine, and for whom. `sqlite:FILE` or `postgres://user@host/database`. */
import type { MessagePort } from 'node:worker_threads';
import { copyPostgres, copySqlite, placePostgres, placeSqlite } from './backup.ts';
import type { Store } from './contract.ts';
import { StoreError } from './errors.ts';
import { loadKeyFile } from './keys.ts';
import { connectPostgres, openPostgres, type PostgresTicket } from './postgres/open.ts';
import { connectSqlite, openSqlite, type SqliteTicket, serveSqlite } from './sqlite/open.ts';

export interface StoreOptions {
  /** `sqlite:./var/smartwifi.db` or `postgres://user@host/database` */
  readonly store: string;
  readonly keyFile: string;
}

export { type BackupKey, backupKey } from './backup.ts';

/** What another thread needs to open its own view of the store; {@link ticketPorts} are to be transferred. */
export type StoreTicket = SqliteTicket | PostgresTicket;

export interface ServedStore extends AsyncDisposable {
  readonly store: Store;
  readonly migrated: readonly string[];
  ticket(): StoreTicket;
}

type Place =
  | { readonly engine: 'sqlite'; readonly file: string }
  | { readonly engine: 'postgres'; readonly url: string };

/** For `serve`: migrates. On SQLite also takes the lock (`STORE_IN_USE`) and starts the writer thread. */
export async function serveStore(options: StoreOptions): Promise<ServedStore> {
  const place = placeOf(options.store);
  if (place.engine === 'sqlite') return serveSqlite(place.file, options.keyFile);
  const key = await loadKeyFile(options.keyFile);
  const { store, migrated } = await openPostgres(place.url, key);
  return {
    store,
    migrated,
    ticket: () => ({ engine: 'postgres', url: place.url, key }),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** The store of one thread of a serving process. */
export function connectStore(ticket: StoreTicket): Store {
  return ticket.engine === 'sqlite' ? connectSqlite(ticket) : connectPostgres(ticket);
}

/** What goes with a ticket into the transfer list of a message. */
export function ticketPorts(ticket: StoreTicket): MessagePort[] {
  return ticket.engine === 'sqlite' ? [ticket.port] : [];
}

/** For a command beside a server, and for tests: reads and writes in this thread. */
export async function openStore(
  options: StoreOptions,
): Promise<{ store: Store; migrated: readonly string[] }> {
  const place = placeOf(options.store);
  return place.engine === 'sqlite'
    ? openSqlite(place.file, options.keyFile)
    : openPostgres(place.url, await loadKeyFile(options.keyFile));
}

/** The whole store as one file, also while it is served; `into` must not exist. */
export async function copyStore(store: string, into: string): Promise<Place['engine']> {
  const place = placeOf(store);
  if (place.engine === 'sqlite') await copySqlite(place.file, into);
  else await copyPostgres(place.url, into);
  return place.engine;
}

/**
 * Puts a copy where there is no store yet, and opens it: brings it to this version's schema and makes sure of
 * the key. `STORE_CONFLICT` when something is there; a copy goes back to the engine that it came from.
 */
export async function placeCopy(
  from: string,
  engine: Place['engine'],
  options: StoreOptions,
): Promise<readonly string[]> {
  const place = placeOf(options.store);
  if (place.engine !== engine) {
    throw new StoreError(
      'STORE_CONFLICT',
      `the copy is of ${engine}: set store to ${engine === 'sqlite' ? 'sqlite:FILE' : 'postgres://…'}`,
    );
  }
  if (place.engine === 'sqlite') await placeSqlite(from, place.file);
  else await placePostgres(from, place.url);
  const { store, migrated } = await openStore(options);
  await store[Symbol.asyncDispose]();
  return migrated;
}

function placeOf(store: string): Place {
  if (store.startsWith('sqlite:')) {
    return { engine: 'sqlite', file: store.slice('sqlite:'.length) };
  }
  if (/^postgres(?:ql)?:/.test(store)) return { engine: 'postgres', url: store };
  throw new StoreError(
    'STORE_FAILED',
    `${store.split(':')[0]} is no store: use sqlite: or postgres:`,
  );
}
