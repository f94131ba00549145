/**
 * A copy of the whole store while it is served, and the way back into an empty place. What is sealed stays
 * sealed: a copy is worth nothing without the store key, which never goes with it.
 */
import { execFile } from 'node:child_process';
import { createHash, hkdfSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { errorMessage } from '../lib/errors.ts';
import { StoreError } from './errors.ts';
import { loadKeyFile } from './keys.ts';

export interface BackupKey {
  /** For the file that holds the copy; not the store key itself. */
  readonly key: Uint8Array;
  /** Which store key it is: 16 hex digits that give nothing away. */
  readonly fingerprint: string;
}

const run = promisify(execFile);
/** Nothing of our own environment is handed to PostgreSQL's programs. */
const PATH = '/usr/local/bin:/usr/bin:/bin';
const TABLES = `SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = 'public'`;

/** `STORE_KEY` when there is no key file: one that is made now would open nothing. */
export async function backupKey(keyFile: string): Promise<BackupKey> {
  if (!existsSync(keyFile)) {
    throw new StoreError(
      'STORE_KEY',
      `there is no store key at ${keyFile}: put the key file there`,
    );
  }
  const master = await loadKeyFile(keyFile);
  const key = new Uint8Array(hkdfSync('sha256', master, 'smartwifi', 'backup', 32));
  const fingerprint = createHash('sha256').update('fingerprint').update(key).digest('hex');
  return { key, fingerprint: fingerprint.slice(0, 16) };
}

/** SQLite's own online copy, checked afterwards. */
export async function copySqlite(file: string, into: string): Promise<void> {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    await db.backup(into);
  } finally {
    db.close();
  }
  const copy = new Database(into, { readonly: true });
  try {
    const found = copy.pragma('integrity_check', { simple: true });
    if (found !== 'ok')
      throw new StoreError('STORE_FAILED', `the database is damaged: ${String(found)}`);
  } finally {
    copy.close();
  }
}

/** Nothing that is there is replaced. */
export async function placeSqlite(from: string, file: string): Promise<void> {
  for (const there of [file, `${file}-wal`, `${file}-shm`]) {
    if (!existsSync(there)) continue;
    throw new StoreError(
      'STORE_CONFLICT',
      `${there} exists: stop the service and move it away first`,
    );
  }
  await mkdir(dirname(file), { recursive: true });
  await rename(from, file);
  const directory = await open(dirname(file));
  await directory.sync();
  await directory.close();
}

export async function copyPostgres(url: string, into: string): Promise<void> {
  await tool(
    'pg_dump',
    ['--format=custom', '--no-owner', '--no-privileges', `--file=${into}`],
    url,
  );
}

/** Only into a database without tables. */
export async function placePostgres(from: string, url: string): Promise<void> {
  const tables = await tool('psql', ['--no-psqlrc', '--tuples-only', `--command=${TABLES}`], url);
  if (Number(tables) > 0) {
    throw new StoreError(
      'STORE_CONFLICT',
      'the database has tables already: restore into a new one',
    );
  }
  const options = ['--no-owner', '--no-privileges', '--exit-on-error', '--single-transaction'];
  await tool('pg_restore', [...options, from], url);
}

/** The password goes by the environment, since everybody may read a command line. */
async function tool(name: string, args: readonly string[], url: string): Promise<string> {
  const place = new URL(url);
  const password = decodeURIComponent(place.password);
  place.password = '';
  const env = { PATH, ...(password === '' ? {} : { PGPASSWORD: password }) };
  try {
    return (await run(name, [...args, `--dbname=${place.href}`], { env })).stdout;
  } catch (cause) {
    const missing = (cause as { code?: unknown }).code === 'ENOENT';
    const why = missing ? 'it is not installed: apt-get install postgresql-client' : said(cause);
    throw new StoreError('STORE_FAILED', `${name}: ${why}`, { cause });
  }
}

function said(cause: unknown): string {
  const { stderr } = cause as { stderr?: unknown };
  const text = typeof stderr === 'string' ? stderr.trim() : '';
  return text === '' ? errorMessage(cause) : text.split('\n').at(-1)!;
}
