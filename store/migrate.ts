/**
 * Forward-only, checksummed migrations. A migration that was applied must still be the text that is
 * shipped, else the program refuses to start: a schema that nobody can name is worse than none.
 */
import { hash } from 'node:crypto';
import { StoreError } from './errors.ts';
import { sql as initial } from './migrations/0001-initial.ts';
import { sql as limits } from './migrations/0002-limits.ts';
import { sql as settings } from './migrations/0003-settings.ts';
import { sql as jobs } from './migrations/0004-jobs.ts';
import { sql as enrolment } from './migrations/0005-enrolment.ts';
import { sql as backups } from './migrations/0006-backups.ts';
import { sql as fleetLife } from './migrations/0007-fleet-life.ts';
import { sql as tickets } from './migrations/0008-tickets.ts';
import { sql as otp } from './migrations/0009-otp.ts';
import { sql as citizens } from './migrations/0010-citizens.ts';
import { sql as ways } from './migrations/0011-ways.ts';
import { sql as pages } from './migrations/0012-pages.ts';
import { sql as counter } from './migrations/0013-counter.ts';
import { sql as guesses } from './migrations/0014-guesses.ts';
import { sql as visitsByAddress } from './migrations/0015-visits-by-address.ts';
import { sql as loginPath } from './migrations/0016-login-path.ts';
import { sql as provedConsents } from './migrations/0017-proved-consents.ts';
import { sql as firstPasswords } from './migrations/0018-first-passwords.ts';
import { sql as answers } from './migrations/0019-answers.ts';
import { sql as reserved } from './migrations/0021-reserved.ts';
import { sql as proofs } from './migrations/0022-proofs.ts';
import type { Sql } from './sql.ts';

export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly sql: string;
}

export const MIGRATIONS: readonly Migration[] = [
  { id: 1, name: 'initial', sql: initial },
  { id: 2, name: 'limits', sql: limits },
  { id: 3, name: 'settings', sql: settings },
  { id: 4, name: 'jobs', sql: jobs },
  { id: 5, name: 'enrolment', sql: enrolment },
  { id: 6, name: 'backups', sql: backups },
  { id: 7, name: 'fleet-life', sql: fleetLife },
  { id: 8, name: 'tickets', sql: tickets },
  { id: 9, name: 'otp', sql: otp },
  { id: 10, name: 'citizens', sql: citizens },
  { id: 11, name: 'ways', sql: ways },
  { id: 12, name: 'pages', sql: pages },
  { id: 13, name: 'counter', sql: counter },
  { id: 14, name: 'guesses', sql: guesses },
  { id: 15, name: 'visits-by-address', sql: visitsByAddress },
  { id: 16, name: 'login-path', sql: loginPath },
  { id: 17, name: 'proved-consents', sql: provedConsents },
  { id: 18, name: 'first-passwords', sql: firstPasswords },
  { id: 19, name: 'answers', sql: answers },
  { id: 21, name: 'reserved', sql: reserved },
  { id: 22, name: 'proofs', sql: proofs },
];

/** Brings the schema up to date within the caller's transaction; returns the names applied now. */
export async function migrate(
  sql: Sql,
  dialect: (statement: string) => string,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<string[]> {
  await sql.run(
    dialect(
      'CREATE TABLE IF NOT EXISTS migrations (id BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)',
    ),
  );
  const rows = await sql.all<{ id: number; name: string; checksum: string }>(
    'SELECT id, name, checksum FROM migrations ORDER BY id',
  );
  const done = new Map(rows.map((row) => [row.id, row]));
  const newest = rows.at(-1);
  if (newest !== undefined && newest.id > (migrations.at(-1)?.id ?? 0)) {
    throw new StoreError(
      'STORE_MIGRATION',
      `the store was written by a newer version (migration ${newest.id} ${newest.name}): install that version or restore a backup`,
    );
  }
  const applied: string[] = [];
  for (const migration of migrations) {
    const checksum = hash('sha256', migration.sql);
    const before = done.get(migration.id);
    if (before === undefined) {
      for (const statement of statements(migration.sql)) await sql.run(dialect(statement));
      await sql.run(
        'INSERT INTO migrations (id, name, checksum) VALUES (?, ?, ?)',
        migration.id,
        migration.name,
        checksum,
      );
      applied.push(migration.name);
    } else if (before.checksum !== checksum) {
      throw new StoreError(
        'STORE_MIGRATION',
        `migration ${migration.id} ${migration.name} was changed after it had been applied: install the version that wrote this store`,
      );
    }
  }
  return applied;
}

function statements(text: string): string[] {
  return text
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
