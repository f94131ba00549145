/** The database before anything uses it: whether it is fit, its schema, and whose key it was made with. */
import { Client, type ClientBase } from 'pg';
import { StoreError } from '../errors.ts';
import { checkKey } from '../key-check.ts';
import type { Keys } from '../keys.ts';
import { migrate } from '../migrate.ts';
import { ask, clientConfig, sqlOver } from './connection.ts';
import { toStoreError } from './failure.ts';
import { createStatements } from './statements.ts';
import { STORE_LOCK } from './transaction.ts';

interface Facts {
  readonly version: number;
  readonly name: string;
  readonly encoding: string;
  readonly collation: string;
}

/** Locks of running nodes are waited for, and large tables are rewritten, in this time. */
const MIGRATION_MS = 600_000;
const OLDEST = 140_000;
/** Sorted by bytes, as SQLite sorts and as indexes on text prefixes need it. */
const BYTE_ORDER = ['C', 'POSIX', 'C.UTF-8', 'C.utf8'];
/**
 * Rows that each report changes. With room beside it a row's next version stays on its page, and no index
 * learns of it (heap-only tuples).
 */
const ROOM_FOR_UPDATES = ['sessions', 'usage_days', 'usage_rollups', 'routers'].map(
  (table) => `ALTER TABLE ${table} SET (fillfactor = 70)`,
);
const FACTS = `SELECT current_setting('server_version_num')::int AS version, datname AS name,
    pg_encoding_to_char(encoding) AS encoding, datcollate AS collation
  FROM pg_database WHERE datname = current_database()`;

/**
 * Checks and migrates; several nodes may start at once. Returns the migrations applied now. `STORE_DATABASE`,
 * `STORE_KEY`, `STORE_MIGRATION`, or `STORE_FAILED` when there is no server.
 */
export async function prepareDatabase(url: string, keys: Keys): Promise<string[]> {
  const client = new Client(clientConfig(url, MIGRATION_MS));
  client.on('error', () => {});
  try {
    await client.connect();
    checkFacts((await ask(client, FACTS)).rows[0] as Facts);
    return await migrateAlone(client, keys);
  } catch (cause) {
    throw toStoreError(cause, 'PostgreSQL');
  } finally {
    await client.end();
  }
}

async function migrateAlone(client: ClientBase, keys: Keys): Promise<string[]> {
  const sql = sqlOver(createStatements(), (query) => ask(client, query));
  await ask(client, `BEGIN; SELECT pg_advisory_xact_lock(${STORE_LOCK})`);
  // A migration is written in the types of PostgreSQL.
  const applied = await migrate(sql, (statement) => statement);
  for (const statement of applied.length > 0 ? ROOM_FOR_UPDATES : []) await ask(client, statement);
  await checkKey(sql, keys);
  await ask(client, 'COMMIT');
  return applied;
}

/** `STORE_DATABASE`, with the command that makes one that is fit. */
export function checkFacts({ version, name, encoding, collation }: Facts): void {
  const make = `createdb --encoding=UTF8 --locale=C --template=template0 ${name}`;
  if (version < OLDEST) {
    throw new StoreError(
      'STORE_DATABASE',
      `PostgreSQL ${Math.floor(version / 10_000)} is too old: 14 or newer is needed`,
    );
  }
  if (encoding !== 'UTF8') {
    throw new StoreError(
      'STORE_DATABASE',
      `database ${name} is encoded in ${encoding}, not UTF8: make it anew with ${make}`,
    );
  }
  if (!BYTE_ORDER.includes(collation)) {
    throw new StoreError(
      'STORE_DATABASE',
      `database ${name} sorts by ${collation}, not by bytes (C): make it anew with ${make}`,
    );
  }
}
