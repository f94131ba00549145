/** A PostgreSQL that is gone, full, read-only or unfit: a clear error, and recovery without our restart. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorMessage } from '../../../lib/errors.ts';
import type { Store } from '../../../store/contract.ts';
import { createKeys } from '../../../store/keys.ts';
import { openStore, type StoreOptions } from '../../../store/open.ts';
import { ask, type ConnectionPool, openPool } from '../../../store/postgres/connection.ts';
import { ConnectionLost } from '../../../store/postgres/failure.ts';
import { createStatements } from '../../../store/postgres/statements.ts';
import { createTransaction, STORE_LOCK } from '../../../store/postgres/transaction.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { type Cluster, postgresInstalled, startCluster } from '../../fixtures/postgres.ts';
import { AT, accounting, newTariff, seedStore, village } from '../../fixtures/rows.ts';

const MINUTE = 60_000;
const KEY = new Uint8Array(32).fill(7);
/** The session that inserts a mark is ended while it commits. */
const ENDS_AT_COMMIT = `
  CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(60); RETURN NULL; END';
  CREATE CONSTRAINT TRIGGER end_session AFTER INSERT ON marks DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION end_session()`;

describe.skipIf(!(await postgresInstalled()))('PostgreSQL', () => {
  let cluster: Cluster;
  let directory: string;
  let options: StoreOptions;
  let store: Store;

  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'ok',
      (error: { code: string }) => error.code,
    );

  beforeAll(async () => {
    cluster = await startCluster();
    directory = await mkdtemp(join(tmpdir(), 'smartwifi-faults-'));
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });
  beforeEach(async () => {
    options = { store: await cluster.database(), keyFile: join(directory, 'store.key') };
    ({ store } = await openStore(options));
  });
  afterEach(() => store[Symbol.asyncDispose]());

  it('may go and come back under a node', async () => {
    const { voucher } = await seedStore(store);
    await cluster.stop();
    const gone = [
      await codeOf(store.listTariffs()),
      await codeOf(store.createTariff({ ...newTariff, name: 'b' })),
      await codeOf(store.recordAccounting(accounting('r', null))),
      await codeOf(store.voucherByCode(voucher.code)),
      await codeOf(openStore(options)),
    ];
    const heard: string[] = [];
    store.onInvalidate((kind) => heard.push(kind));
    await cluster.start();

    expect(gone).toEqual(Array.from({ length: 5 }, () => 'STORE_FAILED'));
    expect((await store.voucherByCode(voucher.code))?.id).toBe(voucher.id);
    await store.createTariff({ ...newTariff, name: 'b' });
    expect((await store.listTariffs()).map(({ name }) => name)).toEqual(['b', 'harian']);
    expect(
      await eventually(
        async () => heard,
        (all) => all.includes('list'),
        MINUTE,
      ),
    ).toContain('list');
  });

  it('that is read-only refuses writes, answers reads, and takes writes once it may', async () => {
    const { router } = await seedStore(store);
    const event = accounting(router.id, null);
    const set = async (value: string): Promise<void> => {
      await cluster.run(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
      await cluster.run('SELECT pg_reload_conf()');
    };
    const record = (): Promise<string> =>
      store.recordAccounting(event).then(() => 'ok', errorMessage);
    await set('on');
    const refused = await eventually(record, (said) => said !== 'ok', MINUTE);
    const read = await codeOf(store.listTariffs());
    await set('off');

    expect(refused).toMatch(/read-only/);
    expect(read).toBe('ok');
    expect(await eventually(record, (said) => said === 'ok', MINUTE)).toBe('ok');
  });

  it('takes more waiting callers than it can serve for busy', async () => {
    await store.createTariff(newTariff);
    const held = openPool(options.store, { connections: 1, statementMs: MINUTE, waiting: 1 });
    const outcomes = await held.use(async (client) => {
      await ask(client, `SELECT pg_advisory_lock(${STORE_LOCK})`);
      const waiting = Array.from({ length: 1_100 }, () => codeOf(store.heartbeat({ at: AT })));
      const first = await Promise.race(waiting);
      await ask(client, `SELECT pg_advisory_unlock(${STORE_LOCK})`);
      return { first, all: await Promise.all(waiting) };
    });
    await held[Symbol.asyncDispose]();

    expect(outcomes.first).toBe('STORE_BUSY');
    expect(Object.keys(Object.groupBy(outcomes.all, (code) => code)).toSorted()).toEqual([
      'STORE_BUSY',
      'ok',
    ]);
  });

  it('takes accounting without the one packet that it refuses', async () => {
    const { router } = await seedStore(store);
    const events = Array.from({ length: 20 }, (_, n) =>
      accounting(router.id, null, {
        acctSessionId: `s${n}`,
        mac: `02:00:00:00:01:${10 + n}`,
        inputOctets: n === 7 ? 2 ** 64 : 100,
      }),
    );
    const outcomes = await Promise.all(
      events.map((event) => codeOf(store.recordAccounting(event))),
    );

    expect(outcomes.filter((code) => code === 'ok')).toHaveLength(19);
    expect(outcomes[7]).toBe('STORE_FAILED');
    expect((await store.routerTotals())[0]).toMatchObject({ inputOctets: 1900, openSessions: 19 });
  });

  it('is never read as a number that it does not hold', async () => {
    const { router } = await seedStore(store);
    await cluster.run(
      `UPDATE routers SET input_octets = 9007199254740993 WHERE id = '${router.id}'`,
      options.store,
    );

    expect(await codeOf(store.routerTotals())).toBe('STORE_FAILED');
  });

  it('has nobody of a name that its text cannot hold', async () => {
    await store.importVillages({ villages: [village], at: AT });

    expect(await store.subscriberByUsername('siti\0')).toBeNull();
    expect(await store.tokenFacts('sw-\0')).toBeNull();
  });

  it('goes on when a statement was prepared for an older schema', async () => {
    await seedStore(store);
    await store.listRouters();
    await cluster.run('ALTER TABLE routers ADD COLUMN later TEXT', options.store);

    expect(await codeOf(store.listRouters())).toBe('ok');
  });

  it('belongs to one key', async () => {
    const other = join(directory, 'other.key');
    await writeFile(other, KEY, { mode: 0o600 });

    expect(await codeOf(openStore({ ...options, keyFile: other }))).toBe('STORE_KEY');
  });

  it('must be encoded in UTF-8', async () => {
    const url = await cluster.database(`ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`);

    expect(await codeOf(openStore({ ...options, store: url }))).toBe('STORE_DATABASE');
  });

  it('that hangs is an error, and no silence', async () => {
    const pool = openPool(options.store, { connections: 1, statementMs: 100, waiting: 1 });
    const pid = async (): Promise<number> => {
      const query = 'SELECT pg_backend_pid() AS pid';
      return (await pool.use((client) => ask(client, query))).rows[0].pid;
    };
    const hung = await pid();
    process.kill(hung, 'SIGSTOP');
    const outcome = await pid().catch((error: unknown) => error);
    process.kill(hung, 'SIGCONT');

    expect(outcome).toBeInstanceOf(ConnectionLost);
    expect(await pid()).not.toBe(hung);
    await pool[Symbol.asyncDispose]();
  });

  describe('a transaction', () => {
    let pool: ConnectionPool;
    beforeEach(() => {
      pool = openPool(options.store, { connections: 2, statementMs: MINUTE, waiting: 10 });
    });
    afterEach(() => pool[Symbol.asyncDispose]());

    const transactions = () =>
      createTransaction({
        pool,
        keys: createKeys(KEY),
        statements: createStatements(),
        announce: () => ({ payload: null, done: () => {} }),
      });

    it('is durable at COMMIT whatever the default of the server', async () => {
      const settings = await pool.use(
        async (client) => (await ask(client, 'SHOW synchronous_commit')).rows,
      );

      expect(await cluster.run('SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'off' }]);
      expect(settings).toEqual([{ synchronous_commit: 'on' }]);
    });

    it('is tried again after a deadlock', async () => {
      const transaction = transactions();
      const both = Promise.withResolvers<void>();
      let waiting = 0;
      let attempts = 0;
      const crosswise = (first: string, second: string): Promise<string> =>
        transaction('test', false, async (ctx) => {
          attempts += 1;
          await ctx.lock(first);
          // Locks are sent ahead; an answer to what follows means that they are held.
          await ctx.sql.get('SELECT 1');
          waiting += 1;
          if (waiting === 2) both.resolve();
          await both.promise;
          await ctx.lock(second);
          return first;
        });

      expect(await Promise.all([crosswise('a', 'b'), crosswise('b', 'a')])).toEqual(['a', 'b']);
      expect(attempts).toBe(3);
    });

    it('is tried again when its connection ends before COMMIT', async () => {
      const transaction = transactions();
      let attempts = 0;
      const name = await transaction('test', true, async (ctx) => {
        attempts += 1;
        const row = await ctx.sql.get<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        if (attempts === 1) await cluster.run(`SELECT pg_terminate_backend(${row!.pid})`);
        await ctx.sql.run('INSERT INTO marks (name, at) VALUES (?, ?)', `try ${attempts}`, AT);
        return `try ${attempts}`;
      });
      const marks = await cluster.run(
        `SELECT name FROM marks WHERE name LIKE 'try%'`,
        options.store,
      );

      expect(name).toBe('try 2');
      expect(marks).toEqual([{ name: 'try 2' }]);
    });

    it('is not tried again when its connection ends at COMMIT, since it may hold', async () => {
      await cluster.run(ENDS_AT_COMMIT, options.store);
      let attempts = 0;
      const outcome = transactions()('test', true, async (ctx) => {
        attempts += 1;
        await ctx.sql.run('INSERT INTO marks (name, at) VALUES (?, ?)', 'once', AT);
      });

      await expect(outcome).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringContaining('lost at COMMIT'),
      });
      expect(attempts).toBe(1);
    });

    it('that runs alone waits for those that share, and they for it', async () => {
      const transaction = transactions();
      const order: string[] = [];
      const inside = Promise.withResolvers<void>();
      const leave = Promise.withResolvers<void>();
      const shared = transaction('test', false, async (ctx) => {
        await ctx.sql.get('SELECT 1');
        order.push('shared in');
        inside.resolve();
        await leave.promise;
        order.push('shared out');
      });
      await inside.promise;
      const alone = transaction('test', true, async (ctx) => {
        await ctx.sql.get('SELECT 1');
        order.push('alone');
      });
      await eventually(
        () => cluster.run(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`),
        (rows) => rows.length > 0,
        MINUTE,
      );
      leave.resolve();
      await Promise.all([shared, alone]);

      expect(order).toEqual(['shared in', 'shared out', 'alone']);
    });

    it('of which a statement failed keeps nothing, even if the intent goes on', async () => {
      const transaction = transactions();
      const outcome = transaction('test', true, async (ctx) => {
        await ctx.sql.run('INSERT INTO marks (name, at) VALUES (?, ?)', 'kept?', AT);
        await ctx.sql.run('SELECT 1 / 0').catch(() => 0);
      });

      expect(await codeOf(outcome)).toBe('STORE_FAILED');
      expect(
        await cluster.run(`SELECT name FROM marks WHERE name = 'kept?'`, options.store),
      ).toEqual([]);
    });
  });
});
