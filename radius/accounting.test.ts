import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SteppedClock, steppedClock } from '../lib/clock.ts';
import { createMetrics } from '../lib/metrics.ts';
import { localTimeIn } from '../settings/local-time.ts';
import type { Store } from '../store/contract.ts';
import { openStore } from '../store/open.ts';
import type { Nas, Router, Session } from '../store/types.ts';
import { type AccountingHandler, createAccountingHandler, readAccounting } from './accounting.ts';
import { type AttributeValue, authenticatorOf, decodePacket } from './codec.ts';
import { RadiusError } from './errors.ts';
import { createRadiusMetrics } from './metrics.ts';
import {
  accountingRequest,
  decodeReply,
  MAC,
  NAS_SECRET,
  OTHER_MAC,
  PORTAL,
  SILENT,
  START_MS,
  seedRouters,
  seedTariff,
  seedVoucher,
  TIME_ZONE,
} from './radius.fixture.ts';
import { radiusSecret } from './secret.ts';
import { responseHolds } from './sign.ts';

const NAS_ADDRESS = '10.99.0.1';
const nas: Nas = {
  routerId: 'r1',
  router: 'rt-teladan',
  village: '16.06.01.2001',
  district: '16.06.01',
  address: NAS_ADDRESS,
  coaPort: 3799,
  secret: NAS_SECRET,
  requireMessageAuthenticator: 'yes',
  limitProxyState: 'yes',
  openingHours: null,
  timeZone: null,
};

function read(attributes: readonly AttributeValue[], arrivedAt = START_MS) {
  return readAccounting(
    decodePacket(accountingRequest(attributes)),
    nas,
    arrivedAt,
    localTimeIn(TIME_ZONE),
  );
}

function eventOf(attributes: readonly AttributeValue[], arrivedAt = START_MS) {
  const message = read(
    [['Acct-Status-Type', 3], ['Acct-Session-Id', '80000001'], ...attributes],
    arrivedAt,
  );
  if (message.kind !== 'session') throw new Error(`read as ${message.kind}`);
  return message.event;
}

describe('readAccounting', () => {
  it('reads an interim report of a hotspot', () => {
    const event = eventOf([
      ['User-Name', 'sw-abc'],
      ['Calling-Station-Id', 'aa-bb-cc-00-00-01'],
      ['Framed-IP-Address', '172.16.0.9'],
      ['Class', '01990000-0000-7000-8000-000000000001'],
      ['Acct-Input-Octets', 5],
      ['Acct-Input-Gigawords', 1],
      ['Acct-Output-Octets', 0xffff_ffff],
      ['Acct-Output-Gigawords', 2],
      ['Acct-Session-Time', 61],
    ]);

    expect(event).toEqual({
      routerId: 'r1',
      status: 'interim',
      acctSessionId: '80000001',
      username: 'sw-abc',
      sessionId: '01990000-0000-7000-8000-000000000001',
      mac: MAC,
      framedIp: '172.16.0.9',
      inputOctets: 2 ** 32 + 5,
      outputOctets: 3 * 2 ** 32 - 1,
      seconds: 61,
      eventAt: START_MS,
      day: '2026-09-21',
      hour: '2026-09-21T21',
      cause: null,
    });
  });

  it('does not take a Class that we did not give for a session', () => {
    expect(eventOf([['Class', 'account:voucher:1']]).sessionId).toBeNull();
  });

  it.each([
    ['nothing said', [], 0],
    ['a delay', [['Acct-Delay-Time', 90]], -90_000],
    ['a timestamp a minute earlier', [['Event-Timestamp', START_MS / 1000 - 60]], -60_000],
    ['a timestamp in the same second', [['Event-Timestamp', START_MS / 1000]], 0],
    ['a clock six minutes behind', [['Event-Timestamp', START_MS / 1000 - 360]], 0],
    ['a clock that lost its battery', [['Event-Timestamp', 1]], 0],
    ['a clock in the future', [['Event-Timestamp', START_MS / 1000 + 120]], 0],
  ] as [string, AttributeValue[], number][])('takes the time of %s', (_name, more, offset) => {
    expect(eventOf(more).eventAt).toBe(START_MS + offset);
  });

  it('counts to the day of the regency, not of Greenwich', () => {
    expect(eventOf([], Date.parse('2026-03-01T16:59:59Z')).day).toBe('2026-03-01');
    expect(eventOf([], Date.parse('2026-03-01T17:00:00Z')).day).toBe('2026-03-02');
  });

  it.each([
    [1, 'User-Request'],
    [5, 'Session-Timeout'],
    [11, 'NAS-Reboot'],
    [99, 'Unknown'],
  ])('names terminate cause %i %s', (value, name) => {
    const message = read([
      ['Acct-Status-Type', 2],
      ['Acct-Session-Id', '1'],
      ['Acct-Terminate-Cause', value],
    ]);

    expect(message).toMatchObject({ kind: 'session', event: { status: 'stop', cause: name } });
  });

  it('reads a boot with its delay, and answers a status it does not know', () => {
    const boot = read([
      ['Acct-Status-Type', 7],
      ['Acct-Delay-Time', 10],
    ]);
    const other = read([
      ['Acct-Status-Type', 15],
      ['Acct-Session-Id', '1'],
    ]);

    expect(boot).toEqual({ kind: 'boot', status: 'on', at: START_MS - 10_000 });
    expect(other).toEqual({ kind: 'other' });
  });

  it.each([
    ['no status', [['Acct-Session-Id', '1']]],
    ['no session id', [['Acct-Status-Type', 1]]],
  ] as [string, AttributeValue[]][])('refuses a packet with %s', (_name, attributes) => {
    expect(() => read(attributes)).toThrow(RadiusError);
  });
});

describe('the accounting port', () => {
  let folder: string;
  let store: Store;
  let clock: SteppedClock;
  let accounting: AccountingHandler;
  let router: Router;
  let port = 50_000;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'radius-acct-'));
    const opened = await openStore({
      store: `sqlite:${join(folder, 'test.db')}`,
      keyFile: join(folder, 'store.key'),
    });
    store = opened.store;
    clock = steppedClock(START_MS);
    ({ router } = await seedRouters(store, NAS_ADDRESS));
    accounting = handlerOver(store);
  });

  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  function handlerOver(over: Store): AccountingHandler {
    const metrics = createRadiusMetrics(createMetrics());
    const common = { clock, log: SILENT, metrics, timeZone: TIME_ZONE, portal: PORTAL };
    return createAccountingHandler({ ...common, store: over });
  }

  async function report(
    attributes: readonly AttributeValue[],
    handler = accounting,
  ): Promise<Buffer | null> {
    port += 1;
    return handler.handle(accountingRequest(attributes), { address: NAS_ADDRESS, port });
  }

  async function login(
    tariff: string,
    mac: string,
    voucherId: string,
    totalLimitOctets: number | null = null,
  ): Promise<string> {
    const token = await store.issueToken({
      accountKind: 'voucher',
      accountId: voucherId,
      mac,
      routerId: router.id,
      at: clock.now(),
      ttlMs: 60_000,
    });
    const opened = await store.openLogin({
      proof: { kind: 'token', ...token },
      mac,
      routerId: router.id,
      devices: 5,
      whenFull: 'refuse',
      rate: null,
      sessionTimeoutSeconds: null,
      totalLimitOctets,
      validUntil: null,
      at: clock.now(),
    });
    if (opened.outcome !== 'opened') throw new Error(`${tariff}: ${opened.outcome}`);
    return opened.sessionId;
  }

  function packet(
    status: number,
    session: string,
    acctSessionId: string,
    mac: string,
    octets: number,
  ): AttributeValue[] {
    return [
      ['Acct-Status-Type', status],
      ['Acct-Session-Id', acctSessionId],
      ['User-Name', 'x'],
      ['Class', session],
      ['Calling-Station-Id', mac],
      ['Framed-IP-Address', '172.16.0.9'],
      ['Acct-Input-Octets', octets],
    ];
  }

  const stateOf = async (id: string): Promise<Session | null> => store.session(id);

  it('binds reports to the login by their Class and signs the reply', async () => {
    const voucher = await seedVoucher(store, await seedTariff(store, 'A'));
    const id = await login('A', MAC, voucher.id);
    const request = accountingRequest(packet(1, id, '81', MAC, 0));

    const reply = await accounting.handle(request, { address: NAS_ADDRESS, port: 1 });
    await report(packet(3, id, '81', MAC, 700));
    await report([...packet(2, id, '81', MAC, 900), ['Acct-Terminate-Cause', 1]]);

    const sent = authenticatorOf(decodePacket(request));
    expect(responseHolds(decodeReply(reply), sent, radiusSecret(NAS_SECRET))).toBe(true);
    expect(decodeReply(reply).code).toBe(5);
    expect(await stateOf(id)).toMatchObject({
      state: 'closed',
      stopCause: 'User-Request',
      inputOctets: 900,
      framedIp: '172.16.0.9',
    });
  });

  it.each(['172.16.4.9', '203.0.113.9'])(
    'records no address that is not of the router’s LAN: %s',
    async (ip) => {
      const tariff = await seedTariff(store, `F${ip}`);
      const voucher = await seedVoucher(store, tariff);
      const id = await login(tariff, MAC, voucher.id);
      const foreign = packet(3, id, `f${ip}`, MAC, 10).map(
        ([name, value]) => [name, name === 'Framed-IP-Address' ? ip : value] as AttributeValue,
      );

      await report(foreign);
      const first = await stateOf(id);
      await report(packet(3, id, `f${ip}`, MAC, 20));

      expect(first).toMatchObject({ state: 'open', framedIp: null, inputOctets: 10 });
      expect(await stateOf(id)).toMatchObject({ framedIp: '172.16.0.9' });
      expect(await store.sessionByAddress(ip)).toBeNull();
    },
  );

  it('does not answer when nothing was written, and takes the same packet again', async () => {
    let failures = 1;
    const flaky: Store = {
      ...store,
      recordAccounting: (event) =>
        failures-- > 0 ? Promise.reject(new Error('disk full')) : store.recordAccounting(event),
    };
    const handler = handlerOver(flaky);
    const bytes = accountingRequest(packet(1, 'none', '82', MAC, 0));
    const peer = { address: NAS_ADDRESS, port: 2 };

    const first = await handler.handle(bytes, peer);
    const again = await handler.handle(bytes, peer);

    expect(first).toBeNull();
    expect(decodeReply(again).code).toBe(5);
  });

  it('answers only after the commit', async () => {
    const order: string[] = [];
    const slow: Store = {
      ...store,
      recordAccounting: async (event) => {
        const done = await store.recordAccounting(event);
        order.push('committed');
        return done;
      },
    };

    await report(packet(1, 'none', '83', MAC, 0), handlerOver(slow)).then(() =>
      order.push('reply'),
    );

    expect(order).toEqual(['committed', 'reply']);
  });

  it('closes what was open before Accounting-On, with cause NAS-Reboot', async () => {
    const voucher = await seedVoucher(store, await seedTariff(store, 'B'));
    const id = await login('B', MAC, voucher.id);
    await report(packet(1, id, '84', MAC, 0));
    clock.advance(60_000);

    await report([['Acct-Status-Type', 7]]);

    expect(await stateOf(id)).toMatchObject({ state: 'closed', stopCause: 'NAS-Reboot' });
  });

  it('asks for the end of all phones of an account once their sum is the limit', async () => {
    const voucher = await seedVoucher(
      store,
      await seedTariff(store, 'C', { dailyOctets: 1000, devices: 2 }),
    );
    const ids = [
      await login('C', MAC, voucher.id, 1000),
      await login('C', OTHER_MAC, voucher.id, 1000),
    ];
    await report(packet(1, ids[0]!, '85', MAC, 0));
    await report(packet(1, ids[1]!, '86', OTHER_MAC, 0));
    await report(packet(3, ids[0]!, '85', MAC, 600));
    await accounting.settled();
    const before = await store.claimEnforcement({ at: clock.now(), leaseMs: 0, limit: 10 });
    await report(packet(3, ids[1]!, '86', OTHER_MAC, 400));
    await accounting.settled();
    const after = await store.claimEnforcement({ at: clock.now(), leaseMs: 0, limit: 10 });

    expect(before).toEqual([]);
    expect(after.map((p) => p.session.id).toSorted()).toEqual(ids.toSorted());
    expect(new Set(after.map((p) => p.reason))).toEqual(new Set(['quota']));
  });

  it('leaves a phone that is alone to the limit that its router has', async () => {
    const voucher = await seedVoucher(store, await seedTariff(store, 'D', { dailyOctets: 1000 }));
    const id = await login('D', MAC, voucher.id, 1000);
    await report(packet(3, id, '87', MAC, 1000));
    await accounting.settled();

    const pending = await store.claimEnforcement({ at: clock.now(), leaseMs: 0, limit: 10 });

    expect(pending.map((p) => p.session.id)).not.toContain(id);
  });
});
