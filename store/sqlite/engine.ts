/**
 * The only writing connection of a process. Intents that wait together share one COMMIT (group commit).
 * Answers go out after it. Should one of them fail, all of it is rolled back and run once more, each in a
 * SAVEPOINT of its own, so that it takes no other with it.
 *
 * Accounting that waits together is one batch, and comes before the rest: none of it was answered yet, so
 * any order is as good, and a Stop makes room for the login that came with it. A batch that fails is taken
 * apart.
 */
import { type BigIntStats, statSync } from 'node:fs';
import { errorMessage, SmartWifiError } from '../../lib/errors.ts';
import { StoreError } from '../errors.ts';
import { type WriteName, writes } from '../intents/registry.ts';
import { checkKey } from '../key-check.ts';
import type { Keys } from '../keys.ts';
import { migrate } from '../migrate.ts';
import type { Invalidation, WriteContext } from '../sql.ts';
import type { AccountingEvent } from '../types.ts';
import { recordBatch } from './accounting.ts';
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
  const checkFile = watchPlace(file);
  const queue: Waiting[] = [];
  let running = false;
  let closed = false;

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      await commitBatch({ db, keys, checkFile }, queue.splice(0, BATCH), onCommit);
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

interface Commit {
  readonly db: Connection;
  readonly keys: Keys;
  readonly checkFile: () => void;
}

async function commitBatch(
  commit: Commit,
  batch: readonly Waiting[],
  onCommit: (invalidations: readonly Invalidation[]) => void,
): Promise<void> {
  const { db } = commit;
  let done: Done;
  try {
    commit.checkFile();
    done = (await runTogether(commit, batch)) ?? (await runApart(commit, batch));
    db.exec('COMMIT');
  } catch (cause) {
    if (db.inTransaction) db.exec('ROLLBACK');
    const error = new StoreError('STORE_FAILED', `nothing was written: ${errorMessage(cause)}`, {
      cause,
    });
    for (const waiting of batch) waiting.reject(error);
    return;
  }
  if (done.invalidations.length > 0) onCommit(done.invalidations);
  for (const [waiting, outcome] of done.outcomes) {
    if (outcome.ok) waiting.resolve(outcome.value);
    else waiting.reject(outcome.error);
  }
}

/** What a transaction has done that waits for its COMMIT. */
interface Done {
  readonly outcomes: Map<Waiting, Outcome>;
  readonly invalidations: Invalidation[];
}

function begin({ db, keys }: Commit): { context: WriteContext; done: Done } {
  const done: Done = { outcomes: new Map(), invalidations: [] };
  const context: WriteContext = {
    sql: sqlOfCached(db),
    keys,
    skipLocked: '',
    lock: async () => {},
    invalidate: (kind, id) => done.invalidations.push([kind, id]),
  };
  db.exec('BEGIN IMMEDIATE');
  return { context, done };
}

/** The way nearly always taken; null when one of them failed, and then nothing is done. */
async function runTogether(commit: Commit, batch: readonly Waiting[]): Promise<Done | null> {
  const { context, done } = begin(commit);
  try {
    const accounting = batch.filter(({ name }) => name === 'recordAccounting');
    if (accounting.length > 1) {
      const events = accounting.map(({ args }) => args as AccountingEvent);
      const values = await recordBatch(context, events);
      accounting.forEach((waiting, i) => {
        done.outcomes.set(waiting, { ok: true, value: values[i] });
      });
    }
    for (const waiting of batch) {
      if (done.outcomes.has(waiting)) continue;
      done.outcomes.set(waiting, {
        ok: true,
        value: await intentOf(waiting)(context, waiting.args),
      });
    }
    return done;
  } catch (error) {
    // Said again, with its culprit, when it is run apart.
    if (!commit.db.inTransaction) throw error;
    commit.db.exec('ROLLBACK');
    return null;
  }
}

async function runApart(commit: Commit, batch: readonly Waiting[]): Promise<Done> {
  const { context, done } = begin(commit);
  for (const waiting of batch) {
    done.outcomes.set(waiting, await inSavepoint(commit.db, context, waiting));
  }
  return done;
}

function intentOf(waiting: Waiting): (ctx: WriteContext, args: unknown) => Promise<unknown> {
  return writes[waiting.name] as (ctx: WriteContext, args: unknown) => Promise<unknown>;
}

async function inSavepoint(
  db: Connection,
  context: WriteContext,
  waiting: Waiting,
): Promise<Outcome> {
  db.exec('SAVEPOINT intent');
  try {
    const value = await intentOf(waiting)(context, waiting.args);
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

/**
 * SQLite goes on writing to a file that was deleted or moved, and all of it is lost in the end. Returns a
 * check that throws while something else, or nothing, is where the file was.
 */
function watchPlace(file: string): () => void {
  const place = (): BigIntStats | undefined =>
    statSync(file, { bigint: true, throwIfNoEntry: false });
  const opened = place();
  return () => {
    const now = place();
    if (now?.ino === opened?.ino && now?.dev === opened?.dev) return;
    throw new StoreError(
      'STORE_FAILED',
      `${file} is not the file that was opened: put that back, or restart`,
    );
  };
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
  const read = (): unknown => {
    try {
      return db.pragma('data_version', { simple: true });
    } catch {
      // Locked or unreadable: nobody knows, so nothing is kept. The next write says what is wrong.
      return Symbol('unknown');
    }
  };
  const timer = setInterval(() => {
    if (db.inTransaction) return;
    const now = read();
    if (now !== version) changed();
    version = now;
  }, FOREIGN_POLL_MS);
  timer.unref();
  return timer;
}
