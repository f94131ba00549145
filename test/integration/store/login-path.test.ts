/** What a login writes on both engines: every index that its session enters is paid for at each login. */
import Database from 'better-sqlite3';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { GRACE_SESSION } from '../../../store/intents/otp-budgets.ts';
import { openStore } from '../../../store/open.ts';
import { AT, DAY, logIn, seedStore } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

/** Of the sessions, by name, as the database has them. */
async function indexesOf(url: string): Promise<Map<string, string>> {
  const file = /^sqlite:(.+)$/.exec(url)?.[1];
  if (file !== undefined) {
    using database = disposable(new Database(file, { readonly: true }));
    const rows = database.value
      .prepare(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'sessions' AND sql <> ''",
      )
      .all() as { name: string; sql: string }[];
    return new Map(rows.map(({ name, sql }) => [name, sql]));
  }
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string; sql: string }>(
    `SELECT indexname AS name, indexdef AS sql FROM pg_indexes
     WHERE tablename = 'sessions' AND indexname <> 'sessions_pkey'`,
  );
  await client.end();
  return new Map(rows.map(({ name, sql }) => [name, sql]));
}

function disposable(value: Database.Database): Disposable & { readonly value: Database.Database } {
  return { value, [Symbol.dispose]: () => void value.close() };
}

describe.each(ENGINES)('a session that begins on $name', (engine) => {
  it('enters the indexes that open sessions are found by, and none that only looks back', async () => {
    await using place = await engine.place();
    const { store } = await openStore(place.options);
    await store[Symbol.asyncDispose]();
    const indexes = await indexesOf(place.options.store);
    const named = (has: (sql: string) => boolean): string[] =>
      [...indexes].flatMap(([name, sql]) => (has(sql) ? [name] : [])).toSorted();
    const whole = (sql: string): boolean => !sql.includes(' WHERE ');
    const ended = (sql: string): boolean => /state = 'closed'/.test(sql);

    // Its own key besides. `enforce` and `grace` only take the sessions that their names say.
    expect(named(whole)).toEqual(['sessions_phone']);
    expect(named((sql) => !whole(sql) && !ended(sql))).toEqual([
      'sessions_account',
      'sessions_address',
      'sessions_enforce',
      'sessions_grace',
      'sessions_open',
    ]);
  });
});

it.each(ENGINES)('the phone that came first goes for one too many on $name', async (engine) => {
  await using opened = await engine.open();
  const { store } = opened;
  const seed = await seedStore(store);
  const come = async (minute: number): Promise<string> => {
    const at = AT + minute * 60_000;
    const mac = `02:00:00:00:01:0${minute}`;
    const { sessionId } = await logIn(store, seed, { at, mac, devices: 3, whenFull: 'replace' });
    return sessionId;
  };
  // Not in the order of their beginnings, as when a clock was put right.
  const sessions = new Map<number, string>();
  for (const minute of [2, 1, 3, 4]) sessions.set(minute, await come(minute));
  const { open } = await store.usage('voucher', seed.voucher.id, DAY);
  const stay = open.map(({ id }) => id).toSorted();

  expect(stay).toEqual([2, 3, 4].map((minute) => sessions.get(minute)!).toSorted());
});

it('a phone that waits for its code is found by the index of grace passes', async () => {
  await using place = await ENGINES[0]!.place();
  const { store } = await openStore(place.options);
  await store[Symbol.asyncDispose]();
  using database = disposable(new Database(place.options.store.slice('sqlite:'.length)));
  const plan = database.value.prepare(`EXPLAIN QUERY PLAN ${GRACE_SESSION}`).all('r', 'm');

  expect(JSON.stringify(plan)).toContain('USING INDEX sessions_grace (router_id=? AND mac=?)');
});
