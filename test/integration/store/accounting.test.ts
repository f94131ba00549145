/** What every engine of the store must do with accounting: batches, roll-ups, several writers, retention. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { event, Memory } from '../../../store/accounting/memory.fixture.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore, type StoreOptions } from '../../../store/open.ts';
import type { AccountingEvent, Rollup } from '../../../store/types.ts';
import { campaign } from '../../fixtures/campaign.ts';
import { AT, accounting, DAY, logIn, MAC, newRouter, seedStore } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const ALL = { from: '2026-01-01', to: '2027-01-01' };
const HOUR_MS = 3_600_000;

describe.each(ENGINES)('accounting on $name', (engine) => {
  let at: Awaited<ReturnType<typeof engine.place>>;
  let options: StoreOptions;
  let store: Store;
  const opened: Store[] = [];

  const open = async (): Promise<Store> => {
    const { store: one } = await openStore(options);
    opened.push(one);
    return one;
  };

  beforeEach(async () => {
    at = await engine.place();
    options = at.options;
    store = await open();
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one[Symbol.asyncDispose]();
    await at[Symbol.asyncDispose]();
  });

  it('comes to what the rule says, whatever waits together', async () => {
    const { router } = await seedStore(store);
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(packet, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 30 }),
        async (packets, size) => {
          round += 1;
          const memory = new Memory();
          const own = packets.map((one) => ({ ...one, mac: `m${round}-${one.mac}` }));
          memory.record(...own);
          const ids: string[] = [];
          for (let i = 0; i < own.length; i += size) {
            const together = own.slice(i, i + size).map((one) => ({ ...one, routerId: router.id }));
            const recorded = await Promise.all(together.map((one) => store.recordAccounting(one)));
            ids.push(...recorded.map(({ sessionId }) => sessionId));
          }

          const sessions = await Promise.all([...new Set(ids)].map((id) => store.session(id)));
          expect(sessions.map(shape).toSorted()).toEqual(
            [...memory.rows.values()]
              .map((row) =>
                shape({
                  mac: row.mac,
                  acctSessionId: row.acct_session_id,
                  state: row.state,
                  stopCause: row.stop_cause,
                  startedAt: row.started_at,
                  updatedAt: row.updated_at,
                  stoppedAt: row.stopped_at,
                  inputOctets: row.input_octets,
                  outputOctets: row.output_octets,
                  seconds: row.seconds,
                }),
              )
              .toSorted(),
          );
        },
      ),
      campaign(200),
    );
    const [totals] = await store.routerTotals();
    const hours = await store.rollups({ kind: 'router', period: 'hour', ...ALL });
    const days = await store.rollups({ kind: 'router', period: 'day', ...ALL });

    expect(sum(hours)).toEqual(sum(days));
    expect(sum(hours)).toMatchObject({
      inputOctets: totals!.inputOctets,
      outputOctets: totals!.outputOctets,
    });
  });

  it('rolls usage up by router, tariff and account, by hour and day', async () => {
    const seed = await seedStore(store);
    const { sessionId } = await logIn(store, seed);
    const report = (hour: string, octets: number, seconds: number): AccountingEvent =>
      accounting(seed.router.id, sessionId, {
        inputOctets: octets,
        outputOctets: octets * 10,
        seconds,
        eventAt: AT + seconds * 1000,
        day: hour.slice(0, 10),
        hour,
      });
    await store.recordAccounting(report(`${DAY}T23`, 5, 60));
    await store.recordAccounting(report('2026-11-25T00', 12, 4000));
    const of = (kind: Rollup['kind'], period: 'hour' | 'day', id: string) =>
      store.rollups({ kind, period, id, ...ALL });
    const first = { inputOctets: 5, outputOctets: 50, seconds: 60, sessions: 1 };
    const second = { inputOctets: 7, outputOctets: 70, seconds: 3940, sessions: 0 };

    for (const [kind, id] of [
      ['router', seed.router.id],
      ['tariff', seed.tariff.id],
      ['account', seed.voucher.id],
    ] as const) {
      expect(await of(kind, 'hour', id)).toEqual([
        { kind, id, bucket: `${DAY}T23`, ...first },
        { kind, id, bucket: '2026-11-25T00', ...second },
      ]);
      expect(await of(kind, 'day', id)).toEqual([
        { kind, id, bucket: DAY, ...first },
        { kind, id, bucket: '2026-11-25', ...second },
      ]);
    }
    expect(await store.rollups({ kind: 'account', period: 'day', from: DAY, to: DAY })).toEqual([]);
  });

  it('keeps the others when one of a batch cannot be written', async () => {
    const seed = await seedStore(store);
    const { sessionId } = await logIn(store, seed);
    const reports = [1, 2, 3, 4].map((n) =>
      n === 2
        ? accounting(seed.router.id, null, { mac: '02:00:00:00:00:09', inputOctets: 1.5 })
        : accounting(seed.router.id, sessionId, { inputOctets: n }),
    );
    const results = await Promise.allSettled(reports.map((one) => store.recordAccounting(one)));

    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(await store.session(sessionId)).toMatchObject({ inputOctets: 4 });
    expect(await store.usage('voucher', seed.voucher.id, DAY)).toMatchObject({ dayOctets: 4 });
  });

  it('takes two sessions of one login, though they wait together', async () => {
    const seed = await seedStore(store);
    const { sessionId } = await logIn(store, seed);
    const [one, two] = await Promise.all(
      ['81', '82'].map((acctSessionId) =>
        store.recordAccounting(
          accounting(seed.router.id, sessionId, { acctSessionId, inputOctets: 5 }),
        ),
      ),
    );

    expect(one!.sessionId).toBe(sessionId);
    expect(['', sessionId]).not.toContain(two!.sessionId);
    expect(await store.usage('voucher', seed.voucher.id, DAY)).toMatchObject({ dayOctets: 10 });
  });

  it('counts each increment once when several nodes hear of the same sessions', async () => {
    const seed = await seedStore(store, { devices: 50 });
    const other = await open();
    const macs = Array.from({ length: 10 }, (_, i) => `02:00:00:00:01:${10 + i}`);
    const sessions = await Promise.all(
      macs.map(async (mac) => ({ mac, ...(await logIn(store, seed, { mac, devices: 50 })) })),
    );
    const reports = sessions.flatMap(({ mac, sessionId }) =>
      [0, 1, 2, 3, 4, 5].map((n) =>
        accounting(seed.router.id, sessionId, {
          mac,
          acctSessionId: mac,
          username: mac,
          status: n === 0 ? 'start' : 'interim',
          inputOctets: n * 100,
          seconds: n * 60,
          eventAt: AT + n * 60_000,
        }),
      ),
    );
    // Sessions that nobody opened here, too: two nodes must not both make a row of one.
    const foreign = macs.map((mac) =>
      accounting(seed.router.id, null, {
        mac: mac.replace('01', '02'),
        acctSessionId: `f${mac}`,
        inputOctets: 7,
      }),
    );
    const all = [...reports, ...foreign];
    await Promise.all(
      [store, other, store, other].flatMap((node, i) =>
        (i % 2 === 0 ? all : all.toReversed()).map((one) => node.recordAccounting(one)),
      ),
    );

    const [totals] = await store.routerTotals();
    expect(totals!.inputOctets).toBe(10 * 500 + 10 * 7);
    expect(await store.usage('voucher', seed.voucher.id, DAY)).toMatchObject({
      dayOctets: 5000,
      daySeconds: 3000,
    });
    expect(await store.listSessions({ limit: 100 })).toHaveLength(20);
    expect(sum(await store.rollups({ kind: 'router', period: 'day', ...ALL }))).toMatchObject({
      inputOctets: 5070,
      sessions: 20,
    });
  });

  it('says nothing of a session whose totals alone changed', async () => {
    const seed = await seedStore(store);
    const { sessionId } = await logIn(store, seed);
    const heard: string[] = [];
    store.onInvalidate((kind, id) => {
      if (kind !== 'usage') heard.push(`${kind}:${id}`);
    });
    await store.recordAccounting(accounting(seed.router.id, sessionId, { status: 'start' }));
    const begun = heard.splice(0);
    await store.recordAccounting(accounting(seed.router.id, sessionId, { inputOctets: 9 }));

    expect(begun).toEqual([`session:${sessionId}`]);
    expect(heard).toEqual([]);
  });

  it('counts what a removed router still reports of its sessions, and opens none for it', async () => {
    const seed = await seedStore(store);
    const { sessionId } = await logIn(store, seed);
    await store.recordAccounting(accounting(seed.router.id, sessionId, { status: 'start' }));
    await store.removeRouter({ routerId: seed.router.id, at: AT + 1000 });
    const known = await store.recordAccounting(
      accounting(seed.router.id, sessionId, { inputOctets: 5, eventAt: AT + 60_000 }),
    );
    const unknown = await store.recordAccounting(
      accounting(seed.router.id, null, { mac: '02:00:00:00:00:09' }),
    );

    expect(known.sessionId).toBe(sessionId);
    expect(unknown.sessionId).toBe('');
    expect(await store.session(sessionId)).toMatchObject({
      state: 'closed',
      stopCause: 'Admin-Reset',
      inputOctets: 5,
    });
  });

  it('deletes what is old in steps, and nothing that is open or young', async () => {
    const seed = await seedStore(store, { devices: 5 });
    const macs = [1, 2, 3, 4].map((n) => `02:00:00:00:00:0${n}`);
    for (const [i, mac] of macs.entries()) {
      const { sessionId } = await logIn(store, seed, { mac, devices: 5, at: AT + i });
      const about = { mac, acctSessionId: mac, inputOctets: 1, eventAt: AT + i } as const;
      await store.recordAccounting(
        accounting(seed.router.id, sessionId, { ...about, status: mac === MAC ? 'start' : 'stop' }),
      );
    }
    await store.rememberDevice({
      mac: MAC,
      accountKind: 'voucher',
      accountId: seed.voucher.id,
      label: 'hp',
      expiresAt: AT,
      at: AT,
    });
    const old = AT + 48 * HOUR_MS;
    const purge = (what: Parameters<Store['purge']>[0]['what'], before: number) =>
      store.purge({ what, before, limit: 2 });

    expect(await purge('sessions', AT)).toBe(0);
    expect([await purge('sessions', old), await purge('sessions', old)]).toEqual([2, 1]);
    expect(await store.listSessions({ limit: 10 })).toMatchObject([{ mac: MAC, state: 'open' }]);
    expect([await purge('hourly', AT), await purge('hourly', old)]).toEqual([0, 2]);
    expect([await purge('hourly', old), await purge('hourly', old)]).toEqual([1, 0]);
    expect([await purge('daily', AT), await purge('daily', old)]).toEqual([0, 2]);
    expect([await purge('daily', old), await purge('daily', old)]).toEqual([1, 0]);
    expect(await purge('tokens', old)).toBe(2);
    expect([await purge('devices', AT), await purge('devices', old)]).toEqual([0, 1]);
  });

  it('finds the router of another village no worse for an id that both use', async () => {
    const { router } = await seedStore(store);
    const second = await store.addRouter({ ...newRouter, name: 'b', address: '127.20.0.2' });
    const one = await store.recordAccounting(accounting(router.id, null, { inputOctets: 1 }));
    const two = await store.recordAccounting(accounting(second.id, null, { inputOctets: 2 }));

    expect(one.sessionId).not.toBe(two.sessionId);
  });
});

/** Reports of a few phones, some of which use an Acct-Session-Id again. */
const packet: fc.Arbitrary<AccountingEvent> = fc
  .record({
    phone: fc.integer({ min: 1, max: 3 }),
    life: fc.integer({ min: 0, max: 2 }),
    minute: fc.integer({ min: 0, max: 90 }),
    stop: fc.boolean(),
  })
  .map(({ phone, life, minute, stop }) =>
    event(stop ? 'stop' : 'interim', minute * 60, {
      mac: `m${phone}`,
      eventAt: AT + life * 6 * HOUR_MS + minute * 60_000,
      inputOctets: minute * 1000,
      outputOctets: minute * 3,
    }),
  );

type Shape = Record<
  | 'mac'
  | 'acctSessionId'
  | 'state'
  | 'stopCause'
  | 'startedAt'
  | 'updatedAt'
  | 'stoppedAt'
  | 'inputOctets'
  | 'outputOctets'
  | 'seconds',
  unknown
>;

function shape(session: Shape | null): string {
  if (session === null) throw new Error('a session that was recorded is not there');
  const { mac, acctSessionId, state, stopCause, startedAt, updatedAt, stoppedAt } = session;
  const { inputOctets, outputOctets, seconds } = session;
  return [
    ...[mac, acctSessionId, state, stopCause, startedAt, updatedAt, stoppedAt],
    ...[inputOctets, outputOctets, seconds],
  ].join(' ');
}

function sum(rollups: readonly Rollup[]) {
  const total = { inputOctets: 0, outputOctets: 0, seconds: 0, sessions: 0 };
  for (const rollup of rollups) {
    total.inputOctets += rollup.inputOctets;
    total.outputOctets += rollup.outputOctets;
    total.seconds += rollup.seconds;
    total.sessions += rollup.sessions;
  }
  return total;
}
