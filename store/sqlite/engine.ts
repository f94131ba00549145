/**
 * The only writing connection of a process. Intents that wait together share one COMMIT (group
 * commit), each in a SAVEPOINT of its own, so that one that fails takes no other with it. Answers go
 * out after COMMIT.
 */
import { errorMessage, SmartWifiError } from '../../lib/errors.ts';
import { StoreError } from '../errors.ts';
import { type WriteName, writes } from '../intents/registry.ts';
import { checkKey } from '../key-check.ts';
import type { Keys } from '../keys.ts';
import { migrate } from '../migrate.ts';
import type { Invalidation, WriteContext } from '../sql.ts';
import { type Connection, openWriting, sqliteDialect, sqlOf } from './database.ts';

export interface Engine extends Disposable {
  submit(name: WriteName, args: unknown): Promise<unknown>;
  /** Migrations that opening applied. */
  readonly migrated: readonly string[];
}

interface Waiting {
  readonly name: WriteName;
  readonly args: unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

const BATCH = 256;
/** How often another process's writes are looked for. */
const FOREIGN_POLL_MS = 200;

/** `onCommit` hears what a commit made stale, before any answer of that commit; `null` = everything. */
export async function openEngine(
  file: string,
  keys: Keys,
  onCommit: (invalidations: readonly Invalidation[] | null) => void,
): Promise<Engine> {
  const db = openWriting(file);
  const migrated = await migrateFile(db, keys);
  const queue: Waiting[] = [];
  let running = false;
  let closed = false;

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      await commitBatch(db, keys, queue.splice(0, BATCH), onCommit);
      await new Promise(setImmediate);
    }
    running = false;
  };
  const poll = watchForeignWrites(db, () => onCommit(null));
  return {
    migrated,
    submit: (name, args) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new StoreError('STORE_FAILED', 'the store is closed'));
          return;
        }
        queue.push({ name, args, resolve, reject });
        if (running) return;
        running = true;
        setImmediate(() => void drain());
      }),
    [Symbol.dispose]: () => {
      closed = true;
      clearInterval(poll);
      db.close();
    },
  };
}

async function commitBatch(
  db: Connection,
  keys: Keys,
  batch: readonly Waiting[],
  onCommit: (invalidations: readonly Invalidation[]) => void,
): Promise<void> {
  const invalidations: Invalidation[] = [];
  const context: WriteContext = {
    sql: sqlOfCached(db),
    keys,
    lock: async () => {},
    invalidate: (kind, id) => invalidations.push([kind, id]),
  };
  let outcomes: Outcome[];
  try {
    db.exec('BEGIN IMMEDIATE');
    outcomes = [];
    for (const waiting of batch) outcomes.push(await runIntent(db, context, waiting));
    db.exec('COMMIT');
  } catch (cause) {
    if (db.inTransaction) db.exec('ROLLBACK');
    const error = new StoreError('STORE_FAILED', `nothing was written: ${errorMessage(cause)}`, {
      cause,
    });
    for (const waiting of batch) waiting.reject(error);
    return;
  }
  if (invalidations.length > 0) onCommit(invalidations);
  outcomes.forEach((outcome, i) => {
    if (outcome.ok) batch[i]!.resolve(outcome.value);
    else batch[i]!.reject(outcome.error);
  });
}

async function runIntent(
  db: Connection,
  context: WriteContext,
  waiting: Waiting,
): Promise<Outcome> {
  const intent = writes[waiting.name] as (ctx: WriteContext, args: unknown) => Promise<unknown>;
  db.exec('SAVEPOINT intent');
  try {
    const value = await intent(context, waiting.args);
    db.exec('RELEASE intent');
    return { ok: true, value };
  } catch (cause) {
    if (!db.inTransaction) throw cause;
    db.exec('ROLLBACK TO intent');
    db.exec('RELEASE intent');
    const error =
      cause instanceof SmartWifiError
        ? cause
        : new StoreError('STORE_FAILED', `${waiting.name}: ${errorMessage(cause)}`, { cause });
    return { ok: false, error };
  }
}

async function migrateFile(db: Connection, keys: Keys): Promise<string[]> {
  db.exec('BEGIN IMMEDIATE');
  try {
    const applied = await migrate(sqlOfCached(db), sqliteDialect);
    await checkKey(sqlOfCached(db), keys);
    db.exec('COMMIT');
    return applied;
  } catch (error) {
    db.exec('ROLLBACK');
    db.close();
    throw error;
  }
}

const connectionSql = new WeakMap<Connection, ReturnType<typeof sqlOf>>();

function sqlOfCached(db: Connection): ReturnType<typeof sqlOf> {
  let sql = connectionSql.get(db);
  if (sql === undefined) {
    sql = sqlOf(db);
    connectionSql.set(db, sql);
  }
  return sql;
}

/** `data_version` changes only when a connection other than this one has written. */
function watchForeignWrites(db: Connection, changed: () => void): NodeJS.Timeout {
  let version = db.pragma('data_version', { simple: true });
  const timer = setInterval(() => {
    if (db.inTransaction) return;
    const now = db.pragma('data_version', { simple: true });
    if (now !== version) changed();
    version = now;
  }, FOREIGN_POLL_MS);
  timer.unref();
  return timer;
}
