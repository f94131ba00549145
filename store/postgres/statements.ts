/**
 * Portable SQL as PostgreSQL wants it: numbered placeholders, named prepared statements, numbers for int8.
 *
 * Every statement is prepared once a connection, under a name made from its text.
 */
import { hash } from 'node:crypto';
import { type CustomTypesConfig, type QueryConfig, types } from 'pg';
import { StoreError } from '../errors.ts';
import type { SqlList, SqlValue } from '../sql.ts';

/** A statement with its values, ready for a connection. */
export type Statements = (sql: string, values: readonly SqlValue[]) => QueryConfig;

const INT8 = 20;
/** Also what SUM of bigint is. */
const NUMERIC = 1700;
/** Literals and quoted names are passed over. */
const PLACEHOLDER = /'(?:[^']|'')*'|"[^"]*"|\?/g;
const REPLACEMENT = '\uFFFD';

/** Remembers what it has translated: the texts of intents are few. */
export function createStatements(): Statements {
  const known = new Map<string, { readonly name: string; readonly text: string }>();
  return (sql, values) => {
    let found = known.get(sql);
    if (found === undefined) {
      const text = numberPlaceholders(sql);
      found = { name: `sw${hash('sha256', text).slice(0, 24)}`, text };
      known.set(sql, found);
    }
    return { ...found, values: values.map(parameter) };
  };
}

/** `a = ? AND b = ?` → `a = $1 AND b = $2`. */
export function numberPlaceholders(sql: string): string {
  return replacePlaceholders(sql, (number) => `$${number}`);
}

/** Counted from 1; a `?` in a literal or a quoted name is none. */
export function replacePlaceholders(sql: string, by: (number: number) => string): string {
  let count = 0;
  return sql.replaceAll(PLACEHOLDER, (found) => (found === '?' ? by(++count) : found));
}

/** int8 and numeric as numbers, bytea as bytes. `STORE_FAILED` for what a number cannot hold exactly. */
export const typeParsers: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === INT8 || oid === NUMERIC ? exactNumber : types.getTypeParser(oid, format),
};

function exactNumber(text: string): number {
  const value = Number(text);
  if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) {
    throw new StoreError('STORE_FAILED', `${text} in the database is no number below 2^53`);
  }
  return value;
}

/**
 * PostgreSQL's TEXT holds no NUL, which anybody can send in a User-Name: it is kept as U+FFFD, so that such a
 * name is one that nobody has, and no error.
 */
function parameter(value: SqlValue): SqlValue {
  if (typeof value === 'string') return withoutNul(value);
  return isList(value) ? value.map((v) => (typeof v === 'string' ? withoutNul(v) : v)) : value;
}

export function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', REPLACEMENT) : text;
}

function isList(value: SqlValue): value is SqlList {
  return Array.isArray(value);
}
