/** better-sqlite3 behind {@link Sql}. One connection belongs to one thread. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { StoreError } from '../errors.ts';
import type { Sql, SqlValue } from '../sql.ts';

export type Connection = Database.Database;

const BUSY_TIMEOUT_MS = 5_000;

/** The writing connection: WAL, and an fsync at each COMMIT, so that what is acknowledged is durable. */
export function openWriting(file: string): Connection {
  mkdirSync(dirname(file), { recursive: true });
  const db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('wal_autocheckpoint = 400');
  db.pragma('cache_size = -16384');
  return db;
}

/** A reading connection; the file must exist. */
export function openReading(file: string): Connection {
  const db = new Database(file, { timeout: BUSY_TIMEOUT_MS, readonly: true, fileMustExist: true });
  db.pragma('cache_size = -4096');
  return db;
}

/** Statements are prepared once and kept. */
export function sqlOf(db: Connection): Sql {
  const prepared = new Map<string, Database.Statement<SqlValue[]>>();
  const statement = (sql: string): Database.Statement<SqlValue[]> => {
    let found = prepared.get(sql);
    if (found === undefined) {
      found = db.prepare<SqlValue[]>(sql);
      prepared.set(sql, found);
    }
    return found;
  };
  return {
    get: async <T>(sql: string, ...values: SqlValue[]) =>
      statement(sql).get(...values) as T | undefined,
    all: async <T>(sql: string, ...values: SqlValue[]) => statement(sql).all(...values) as T[],
    run: async (sql, ...values) => statement(sql).run(...values).changes,
  };
}

/** Portable types to SQLite's, and every table STRICT. */
export function sqliteDialect(statement: string): string {
  const typed = statement
    .replaceAll(/\bBIGINT\b/g, 'INTEGER')
    .replaceAll(/\bDOUBLE PRECISION\b/g, 'REAL')
    .replaceAll(/\bBYTEA\b/g, 'BLOB');
  return /^CREATE TABLE\b/.test(typed) ? `${typed} STRICT` : typed;
}

/**
 * Holds the right to serve from `file`. The lock is the operating system's, so it ends with the
 * process however that ends. Throws `STORE_IN_USE`.
 */
export function lockForServing(file: string): Disposable {
  mkdirSync(dirname(file), { recursive: true });
  const lock = new Database(`${file}.lock`, { timeout: 0 });
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new StoreError(
      'STORE_IN_USE',
      `another smartwifi serve runs on ${file}: stop it first, or use a store of its own`,
      { cause },
    );
  }
  return { [Symbol.dispose]: () => lock.close() };
}
