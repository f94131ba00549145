/** Batches and their way to officers, and whose an address or a number was, on both engines. */
import Database from 'better-sqlite3';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import { SESSIONS } from '../../../store/intents/counter.ts';
import { openStore } from '../../../store/open.ts';
import type { BatchEvent } from '../../../store/types.ts';
import { AT, accounting, logIn, MAC, seedStore } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const DAY = 86_400_000;
const IP = '127.64.0.10';
const event: BatchEvent = {
  batch: 'b',
  kind: 'handed',
  at: AT,
  officer: 'Siti',
  firstSerial: 1,
  lastSerial: 2,
  detail: '',
};

describe.each(ENGINES)('the counter on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;
  let seed: Awaited<ReturnType<typeof seedStore>>;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
    seed = await seedStore(store);
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  const make = (batch: string, count: number, villageCode: string | null = null, at = AT) =>
    store.createVouchers({ tariff: 'harian', count, villageCode, batch, at });

  /** A session of the seeded voucher at {@link IP}. */
  async function session(startedAt: number, stoppedAt: number | null, mac = MAC): Promise<string> {
    const { sessionId } = await logIn(store, seed, { at: startedAt, mac });
    const acctSessionId = `s-${startedAt}`;
    const report = { acctSessionId, mac, framedIp: IP };
    await store.recordAccounting(
      accounting(seed.router.id, sessionId, { ...report, status: 'start', eventAt: startedAt }),
    );
    if (stoppedAt !== null) {
      const stop = { ...report, status: 'stop', cause: 'User-Request' } as const;
      await store.recordAccounting(
        accounting(seed.router.id, sessionId, { ...stop, eventAt: stoppedAt }),
      );
    }
    return sessionId;
  }

  it('numbers the vouchers of a batch, and numbers of before stay when it grows', async () => {
    const made = await make('b', 3);
    const before = await store.batchVouchers({ batch: 'b', first: 1, last: 9 });
    await make('b', 2, null, AT + 1);
    const [second] = await store.batchVouchers({ batch: 'b', first: 2, last: 2 });

    expect(before.map(({ serial, of }) => [serial, of])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(before.map(({ code }) => code).toSorted()).toEqual(made.map((v) => v.code).toSorted());
    expect(second).toMatchObject({ id: before[1]!.id, code: before[1]!.code, serial: 2, of: 5 });
    expect(await store.batchVoucher(second!.id)).toEqual(second);
    expect(await store.batchVoucher('none')).toBeNull();
    expect(await store.batchVouchers({ batch: 'none', first: 1, last: 9 })).toEqual([]);
  });

  it('keeps what was done with a batch, in its order', async () => {
    await make('b', 3);
    await store.recordBatch({ ...event, kind: 'printed', officer: null, at: AT + 2 });
    await store.recordBatch({ ...event, at: AT + 3 });
    await store.recordBatch({ ...event, batch: 'a', lastSerial: 1, at: AT + 1 });

    expect(await store.batchEvents({ batch: 'b' })).toEqual([
      { ...event, kind: 'printed', officer: null, at: AT + 2 },
      { ...event, at: AT + 3 },
    ]);
    expect((await store.batchEvents({})).map(({ batch }) => batch)).toEqual(['a', 'b', 'b']);
  });

  it('refuses serials that a batch does not have', async () => {
    await make('b', 3);

    await expect(store.recordBatch({ ...event, lastSerial: 4 })).rejects.toMatchObject({
      code: 'STORE_NOT_FOUND',
      message: expect.stringContaining('has only 3 vouchers'),
    });
    await expect(store.recordBatch({ ...event, batch: 'none' })).rejects.toMatchObject({
      code: 'STORE_NOT_FOUND',
    });
    expect(await store.batchEvents({})).toEqual([]);
  });

  it('counts what of a batch is used, lately used, and revoked', async () => {
    const [one, two] = await make('b', 4, seed.router.villageCode);
    await logIn(store, { ...seed, voucher: one! }, { at: AT + DAY });
    await logIn(store, { ...seed, voucher: two! }, { at: AT + 3 * DAY, mac: 'AA:BB:CC:00:00:02' });
    const [unused] = (await store.batchVouchers({ batch: 'b', first: 1, last: 4 })).filter(
      ({ usedAt }) => usedAt === null,
    );
    await store.revokeVoucher({ id: unused!.id, at: AT });

    const [count] = await store.batchCounts({ batch: 'b', since: AT + 2 * DAY });

    expect(count).toEqual({
      batch: 'b',
      createdAt: AT,
      villageCode: seed.router.villageCode,
      vouchers: 4,
      used: 2,
      usedSince: 1,
      revoked: 1,
    });
    expect((await store.batchCounts({ since: AT })).map(({ batch }) => batch)).toEqual(['a', 'b']);
  });

  it('names no village where the vouchers of a batch are of several', async () => {
    await make('b', 1, seed.router.villageCode);
    await make('b', 1, null);

    expect(await store.batchCounts({ batch: 'b', since: 0 })).toMatchObject([
      { villageCode: null },
    ]);
  });

  it('finds who had an address, and who had it before and after', async () => {
    const first = await session(AT, AT + 1000);
    const second = await session(AT + 2000, AT + 3000);
    const third = await session(AT + 4000, AT + 5000);
    const open = await session(AT + 6000, null);
    const around = async (at: number): Promise<string[]> =>
      (await store.sessionsAround({ framedIp: IP, at, limit: 1 })).map(({ id }) => id);

    expect(await around(AT + 2500)).toEqual([first, second, open]);
    expect(await around(AT + 1000)).toEqual([first, open]);
    expect(await around(AT + 3500)).toEqual([second, third, open]);
    expect(await store.sessionsAround({ framedIp: '127.64.0.99', at: AT, limit: 9 })).toEqual([]);
  });

  it('finds past and open sessions of an account and of a phone, newest first', async () => {
    const other = 'AA:BB:CC:00:00:02';
    const first = await session(AT, AT + 1000);
    const second = await session(AT + 2000, AT + 3000, other);
    const third = await session(AT + 4000, null);
    const ids = async (args: Parameters<Store['pastSessions']>[0]): Promise<string[]> =>
      (await store.pastSessions(args)).map(({ id }) => id);

    expect(await ids({ accountId: seed.voucher.id, limit: 9 })).toEqual([third, second, first]);
    expect(await ids({ mac: MAC, limit: 9 })).toEqual([third, first]);
    expect(await ids({ mac: MAC, limit: 1 })).toEqual([third]);
  });

  it('finds a citizen by phone number, and nobody by another', async () => {
    const phone = '+6281234567890';
    const citizen = await store.ensureCitizen({
      ...{ origin: 'otp', key: phone, phone, tariff: 'harian', villageCode: null, at: AT },
    });

    expect(await store.subscriberByPhone(phone)).toMatchObject({ id: citizen.id });
    expect(await store.subscriberByPhone('+6281234567891')).toBeNull();
  });

  it('keeps the price of a tariff', async () => {
    const made = await store.createTariff({ name: 'jual', priceMinor: 500_000, at: AT });
    const changed = await store.changeTariff({ name: 'jual', priceMinor: null, at: AT });

    expect([made.priceMinor, changed.priceMinor, seed.tariff.priceMinor]).toEqual([
      500_000,
      null,
      null,
    ]);
  });
});

/** How the engine would answer, with made-up values. */
async function planOf(url: string, statement: string): Promise<string> {
  const file = /^sqlite:(.+)$/.exec(url)?.[1];
  if (file !== undefined) {
    const database = new Database(file, { readonly: true });
    const values = Array.from(statement.matchAll(/\?/g), () => 1);
    const rows = database.prepare(`EXPLAIN QUERY PLAN ${statement}`).all(...values);
    database.close();
    return rows.map((row) => (row as { detail: string }).detail).join('\n');
  }
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('SET enable_seqscan = off');
  const text = statement.replace(/framed_ip = \?|mac = \?|account_id = \?/, (is) =>
    is.replace('?', "'x'"),
  );
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN ${text.replaceAll('?', '1')}`,
  );
  await client.end();
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

describe.each(ENGINES)('looks into the log of sessions on $name', (engine) => {
  it.each([
    ['openAt', 'sessions_address'],
    ['endedSince', 'sessions_ended'],
    ['endedBefore', 'sessions_ended'],
    ['openOfAccount', 'sessions_account'],
    ['pastOfAccount', 'sessions_past_account'],
    ['openOf', 'sessions_(open|phone)'],
    ['pastOf', 'sessions_past_phone'],
  ] as const)('%s reads %s, sorts nothing and scans nothing', async (name, index) => {
    await using place = await engine.place();
    const { store } = await openStore(place.options);
    await store[Symbol.asyncDispose]();

    const plan = await planOf(place.options.store, SESSIONS[name]);

    expect(plan).toMatch(new RegExp(`INDEX ${index}|${index} on sessions|Scan on ${index}`, 'i'));
    expect(plan).not.toMatch(/SCAN sessions(?! USING INDEX)|Seq Scan|TEMP B-TREE|Sort/);
  });
});
