import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { MIGRATIONS, type Migration, migrate } from './migrate.ts';
import { sqliteDialect, sqlOf } from './sqlite/database.ts';

const run = (db: Database.Database, migrations?: readonly Migration[]): Promise<string[]> =>
  migrate(sqlOf(db), sqliteDialect, migrations);

it('applies each migration once', async () => {
  const db = new Database(':memory:');

  expect(await run(db)).toEqual(MIGRATIONS.map((m) => m.name));
  expect(await run(db)).toEqual([]);
});

it('makes every table STRICT', async () => {
  const db = new Database(':memory:');
  await run(db);
  const tables = db
    .prepare<[], { name: string; strict: number }>(
      `SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'`,
    )
    .all();

  expect(tables.length).toBeGreaterThan(10);
  expect(tables.filter((table) => table.strict !== 1)).toEqual([]);
});

it('refuses a migration that was changed after it had been applied', async () => {
  const db = new Database(':memory:');
  await run(db, [{ id: 1, name: 'a', sql: 'CREATE TABLE a (x TEXT)' }]);

  await expect(
    run(db, [{ id: 1, name: 'a', sql: 'CREATE TABLE a (y TEXT)' }]),
  ).rejects.toMatchObject({
    code: 'STORE_MIGRATION',
  });
});

it('refuses a store that a newer version wrote', async () => {
  const db = new Database(':memory:');
  const first = { id: 1, name: 'a', sql: 'CREATE TABLE a (x TEXT)' };
  await run(db, [first, { id: 2, name: 'b', sql: 'CREATE TABLE b (x TEXT)' }]);

  await expect(run(db, [first])).rejects.toMatchObject({ code: 'STORE_MIGRATION' });
});

it('ends the intervals of routers that serve nobody, as of when they went', async () => {
  const db = new Database(':memory:');
  await run(
    db,
    MIGRATIONS.filter(({ id }) => id < 7),
  );
  db.pragma('foreign_keys = OFF');
  const interval = db.prepare(
    "INSERT INTO state_intervals (router_id, state, started_at) VALUES (?, 'down', ?)",
  );
  const enrolment = db.prepare(
    'INSERT INTO enrolments (router_id, life, life_at) VALUES (?, ?, ?)',
  );
  for (const [id, life, at] of [
    ['lost', 'lost', 500],
    ['odd', 'released', 50],
    ['serves', 'active', 500],
  ] as const) {
    interval.run(id, 100);
    enrolment.run(id, life, at);
  }
  interval.run('by-hand', 100);

  await run(
    db,
    MIGRATIONS.filter(({ id }) => id <= 7),
  );

  const ends = db.prepare('SELECT router_id AS id, ended_at AS at FROM state_intervals').all();
  expect(ends).toEqual([
    { id: 'lost', at: 500 },
    { id: 'odd', at: 101 },
    { id: 'serves', at: null },
    { id: 'by-hand', at: null },
  ]);
});

it('keeps visits that are under way when they get an address', async () => {
  const db = new Database(':memory:');
  await run(
    db,
    MIGRATIONS.filter(({ id }) => id < 15),
  );
  db.exec(
    `INSERT INTO tickets (id, k, kind, router_id, mac, document, version, created_at, expires_at)
     VALUES ('t1', 'k1', 'consent', 'r1', 'AA:BB:CC:00:00:01', x'01', 3, 1, 2)`,
  );
  await run(db);

  expect(db.prepare('SELECT id, k, address, version FROM tickets').all()).toEqual([
    { id: 't1', k: 'k1', address: '', version: 3 },
  ]);
  const names = db.prepare("SELECT name FROM sqlite_master WHERE tbl_name = 'tickets'").all();
  expect(names).toContainEqual({ name: 'tickets_expiry' });
});
