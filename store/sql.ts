/**
 * What an intent may touch. SQL is portable: `?` placeholders, 0/1 for booleans, CASE for greatest,
 * TEXT, BIGINT, DOUBLE PRECISION and BYTEA in migrations. Intents await nothing but `sql`, so that an
 * engine can run many of them in one transaction.
 */
import type { Keys } from './keys.ts';
import type { InvalidationKind } from './types.ts';

export type SqlValue = string | number | null | Uint8Array | SqlList;

/** A whole column of values, for `unnest(?::bigint[])`: in PostgreSQL's own statements only. */
export type SqlList = readonly (string | number | null)[];

export interface Sql {
  get<T>(sql: string, ...values: SqlValue[]): Promise<T | undefined>;
  all<T>(sql: string, ...values: SqlValue[]): Promise<T[]>;
  /** Number of rows changed. */
  run(sql: string, ...values: SqlValue[]): Promise<number>;
}

/** What a commit made stale; `*` as id means all of that kind. */
export type Invalidation = readonly [kind: InvalidationKind, id: string];

export interface ReadContext {
  readonly sql: Sql;
  readonly keys: Keys;
}

export interface WriteContext extends ReadContext {
  /** Ends a SELECT of rows to be claimed: those that another transaction claims just now are left out. */
  readonly skipLocked: '' | ' FOR UPDATE SKIP LOCKED';
  /**
   * What is read and written after this, until COMMIT, no other intent that locks the same text comes
   * between. An engine with one writer has nothing to do here.
   */
  lock(what: string): Promise<void>;
  /** Told to every thread after COMMIT. */
  invalidate(kind: InvalidationKind, id: string): void;
}
