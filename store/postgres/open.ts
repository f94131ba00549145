/**
 * The store on PostgreSQL. Every thread has connections of its own and writes on them; any number of
 * processes on any number of hosts may do so at once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type AssembledStore, assembleStore } from '../assemble.ts';
import type { Store } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { type WriteName, writes } from '../intents/registry.ts';
import { createKeys, type Keys } from '../keys.ts';
import type { WriteContext } from '../sql.ts';
import type { AccountingEvent } from '../types.ts';
import { recordBatch } from './accounting.ts';
import { type Announcements, listenForChanges } from './announce.ts';
import { type Batcher, createBatcher } from './batcher.ts';
import { type ConnectionPool, openPool, type PoolLimits, readingSql } from './connection.ts';
import { prepareDatabase } from './database.ts';
import { isPoisoned } from './failure.ts';
import { gathering } from './gather.ts';
import { createStatements, type Statements } from './statements.ts';
import { createTransaction, type Transaction } from './transaction.ts';

/** What another thread needs to open its own view of the store. */
export interface PostgresTicket {
  readonly engine: 'postgres';
  readonly url: string;
  readonly key: Uint8Array;
}

interface Recorded {
  readonly sessionId: string;
}

const READING: PoolLimits = { connections: 4, statementMs: 10_000, waiting: 2_048 };
/** An intent may wait for an import of 5,000 rows. */
const WRITING: PoolLimits = { connections: 4, statementMs: 30_000, waiting: 1_024 };
/** Events that share a COMMIT, and events that may wait for theirs. */
const BATCH = 512;
const WAITING_EVENTS = 16_384;
/** A server that does not answer must not keep a process from ending. */
const CLOSE_MS = 5_000;
/**
 * Intents on the path of a login: they lock the token and the account that they are about. The claim of jobs,
 * which every controller makes often and mostly in vain; and the chain of consents, which locks the ledger.
 */
const SHARED: readonly WriteName[] = ['issueToken', 'openLogin', 'claimJobs', 'chainConsents'];

/** Migrates, then opens. */
export async function openPostgres(
  url: string,
  key: Uint8Array,
): Promise<{ store: Store; migrated: readonly string[] }> {
  const migrated = await prepareDatabase(url, createKeys(key));
  const { store, changes } = connect({ engine: 'postgres', url, key });
  await changes.started;
  return { store, migrated };
}

/** Connects when first asked; until it hears of changes, every read goes to the database. */
export function connectPostgres(ticket: PostgresTicket): Store {
  return connect(ticket).store;
}

function connect({ url, key }: PostgresTicket): { store: Store; changes: Announcements } {
  const keys = createKeys(key);
  const statements = createStatements();
  const reading = openPool(url, READING);
  const writing = openPool(url, WRITING);
  let assembled: AssembledStore | undefined;
  const changes = listenForChanges(url, (what) => assembled?.invalidated(what));
  const writer = createWriter(writing, keys, statements, changes);
  assembled = assembleStore({
    sql: gathering(readingSql(reading, statements)),
    keys,
    submit: writer.submit,
    usageTold: false,
    bypassed: () => !changes.fresh(),
    close: async () => {
      const closing = writer
        .close()
        .then(() =>
          Promise.all([reading, writing, changes].map((part) => part[Symbol.asyncDispose]())),
        );
      await Promise.race([closing, delay(CLOSE_MS, undefined, { ref: false })]);
    },
  });
  return { store: assembled.store, changes };
}

interface Writer {
  submit(name: WriteName, args: unknown): Promise<unknown>;
  close(): Promise<void>;
}

function createWriter(
  pool: ConnectionPool,
  keys: Keys,
  statements: Statements,
  changes: Announcements,
): Writer {
  const transaction = createTransaction({ pool, keys, statements, announce: changes.announce });
  const accounting = accountingBatcher(transaction);
  let closed = false;
  return {
    submit: async (name, args) => {
      if (closed) throw new StoreError('STORE_FAILED', 'the store is closed');
      if (name === 'recordAccounting') return accounting.add(args as AccountingEvent);
      const intent = writes[name] as (ctx: WriteContext, args: unknown) => Promise<unknown>;
      return transaction(name, !SHARED.includes(name), (ctx) => intent(ctx, args));
    },
    close: async () => {
      closed = true;
      await accounting[Symbol.asyncDispose]();
    },
  };
}

function accountingBatcher(transaction: Transaction): Batcher<AccountingEvent, Recorded> {
  return createBatcher({
    size: BATCH,
    waiting: WAITING_EVENTS,
    full: () =>
      new StoreError('STORE_BUSY', `${WAITING_EVENTS} accounting packets wait for PostgreSQL`),
    write: (events) => transaction('recordAccounting', false, (ctx) => recordBatch(ctx, events)),
    poisoned: isPoisoned,
  });
}
