/** From an accounting report or an operator's change to what a NAS is told, over a real store. */
import { describe, expect, it } from 'vitest';
import { type SteppedClock, steppedClock } from '../../../lib/clock.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { type AccountingHandler, createAccountingHandler } from '../../../radius/accounting.ts';
import { type AuthHandler, createAuthHandler } from '../../../radius/auth.ts';
import { numberOf, textOf } from '../../../radius/codec.ts';
import { type Enforcer, startEnforcer } from '../../../radius/enforce.ts';
import { createEnforceMetrics, createRadiusMetrics } from '../../../radius/metrics.ts';
import { createProber } from '../../../radius/probe.ts';
import {
  accessRequest,
  accountingRequest,
  decodeReply,
  PORTAL,
  SILENT,
  START_MS,
  seedSubscriber,
  seedTariff,
  TIME_ZONE,
} from '../../../radius/radius.fixture.ts';
import { type Review, startReview } from '../../../radius/review.ts';
import type { Store } from '../../../store/contract.ts';
import type { NewTariff } from '../../../store/types.ts';
import { ENGINES, type Engine } from '../store/engines.ts';
import { type CoaNas, HOST, seedVillage, startNas, type Village } from './coa-stand.ts';

/** Where the engine makes no difference. */
const SQLITE = ENGINES[0]!;
const DAY_MS = 86_400_000;
const STATUS = { start: 1, stop: 2, interim: 3 } as const;

interface Phone {
  readonly sessionId: string;
  readonly mac: string;
}

interface Stand extends AsyncDisposable {
  readonly store: Store;
  readonly nas: CoaNas;
  readonly village: Village;
  readonly clock: SteppedClock;
  readonly enforcer: Enforcer;
  readonly review: Review;
  readonly accounting: AccountingHandler;
  readonly auth: AuthHandler;
  /** What was read of the store since the last look. */
  readonly reads: string[];
  report(phone: Phone, octets: number, seconds?: number): Promise<void>;
  /** A report, and whatever it sets off. */
  settle(phone: Phone, octets: number, seconds?: number): Promise<void>;
}

async function stand(tariff: Partial<NewTariff>, engine: Engine = SQLITE): Promise<Stand> {
  await using stack = new AsyncDisposableStack();
  const { store } = stack.use(await engine.open());
  const nas = stack.use(await startNas(['ack']));
  const village = await seedVillage(store, nas.port, tariff);
  const clock = steppedClock(START_MS);
  const reads: string[] = [];
  const base = { store: watched(store, reads), clock, log: SILENT };
  const coa = { ...base, metrics: createEnforceMetrics(createMetrics()), sourceAddress: HOST };
  const server = {
    ...{ ...base, portal: PORTAL, timeZone: TIME_ZONE, interimSeconds: 300, rejectDelayMs: 0 },
    metrics: createRadiusMetrics(createMetrics()),
  };
  const { probe } = stack.use(createProber({ ...coa, timeoutMs: 200 }));
  const auth = stack.use(createAuthHandler({ ...server, probe }));
  const accounting = stack.use(createAccountingHandler(server));
  const enforcer = stack.use(startEnforcer(coa));
  const review = stack.use(startReview({ ...base, timeZone: TIME_ZONE }));
  // Their first looks are over: from here on they wait for the clock.
  await review.reviewNow();
  await enforcer.enforceNow();
  let sent = 0;
  const report: Stand['report'] = async ({ sessionId, mac }, octets, seconds = 0) => {
    sent += 1;
    const bytes = accountingRequest(
      [
        ['Acct-Status-Type', STATUS.interim],
        ['Acct-Session-Id', `8000${sessionId.slice(-4)}`],
        ['User-Name', 'warga'],
        ['Class', sessionId],
        ['Calling-Station-Id', mac],
        ['Acct-Input-Octets', octets % 2 ** 32],
        ['Acct-Input-Gigawords', Math.floor(octets / 2 ** 32)],
        ['Acct-Session-Time', seconds],
      ],
      undefined,
      sent % 256,
    );
    decodeReply(await accounting.handle(bytes, { address: HOST, port: sent }));
    await accounting.settled();
  };
  const settle: Stand['settle'] = async (phone, octets, seconds) => {
    await report(phone, octets, seconds);
    await enforcer.enforceNow();
  };
  const owned = stack.move();
  return {
    ...{ store, nas, village, clock, enforcer, review, accounting, auth, reads, report, settle },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe('limits of open sessions', () => {
  const STEP = {
    ...{ downKbps: 5000, upKbps: 2000 },
    fairUse: [{ period: 'day', afterOctets: 1000, rate: { downKbps: 512, upKbps: 256 } }],
  } as const;

  it.each(ENGINES)(
    'a step of fair use slows a phone down; the next day it is fast again ($name)',
    async (engine) => {
      await using s = await stand(STEP, engine);
      const phone = await s.village.online({ rate: '2000k/5000k' });

      await s.settle(phone, 999);
      const before = s.nas.heard.length;
      await s.settle(phone, 1000);
      const slow = await s.store.session(phone.sessionId);
      s.clock.advance(DAY_MS);
      await s.settle(phone, 1001);
      const fast = await s.store.session(phone.sessionId);

      expect(before).toBe(0);
      expect(s.nas.packets(43).map((p) => textOf(p, 'Mikrotik-Rate-Limit'))).toEqual([
        '256k/512k',
        '2000k/5000k',
      ]);
      expect([slow?.rate, fast?.rate]).toEqual(['256k/512k', '2000k/5000k']);
    },
  );

  it.each(ENGINES)(
    'a tariff that an operator changes reaches its open sessions, and no others ($name)',
    async (engine) => {
      await using s = await stand({ downKbps: 5000, upKbps: 2000 }, engine);
      const phones = [
        await s.village.online({ rate: '2000k/5000k' }),
        await s.village.online({ rate: '2000k/5000k' }),
      ];
      await seedTariff(s.store, 'lain', { downKbps: 9000, upKbps: 9000 });
      await s.review.reviewNow();
      await s.store.changeTariff({ name: 'lain', downKbps: 8000, at: START_MS });
      await s.store.changeTariff({
        ...{ name: 'desa', downKbps: 1000, upKbps: 1000, dailyOctets: 5000, at: START_MS },
      });

      await s.review.reviewNow();
      await s.review.reviewNow();
      await s.enforcer.enforceNow();

      expect(s.nas.packets(43)).toHaveLength(2);
      for (const { sessionId } of phones) {
        expect(await s.store.session(sessionId)).toMatchObject({
          ...{ rate: '1000k/1000k', totalLimitOctets: 5000 },
        });
      }
    },
  );

  it('a village that an operator closes is closed now', async () => {
    await using s = await stand({});
    const { sessionId } = await s.village.online();
    const hours = { level: 'village', code: s.village.router.villageCode } as const;
    await s.store.setOpeningHours({ ...hours, hours: 'mon-sun 00:00-24:00' });
    await s.review.reviewNow();
    await s.enforcer.enforceNow();
    const open = s.nas.heard.length;
    await s.store.setOpeningHours({ ...hours, hours: 'closed' });

    await s.review.reviewNow();
    await s.enforcer.enforceNow();

    expect(open).toBe(0);
    expect(s.nas.packets(40).map((p) => textOf(p, 'Acct-Session-Id'))).toEqual([
      `8000${sessionId.slice(-4)}`,
    ]);
  });

  it('two nodes that hear of the same change send it once', async () => {
    await using s = await stand({ downKbps: 5000, upKbps: 2000 });
    await s.village.online({ rate: '2000k/5000k' });
    await using other = startReview({
      ...{ store: s.store, clock: s.clock, log: SILENT, timeZone: TIME_ZONE },
    });
    await other.reviewNow();
    await s.store.changeTariff({ name: 'desa', downKbps: 1000, at: START_MS });

    await Promise.all([s.review.reviewNow(), other.reviewNow()]);
    await s.enforcer.enforceNow();
    await other.reviewNow();
    await s.enforcer.enforceNow();

    expect(s.nas.heard).toHaveLength(1);
  });

  it('a subscriber who is given another tariff gets it in the middle of a session', async () => {
    await using s = await stand({});
    await seedTariff(s.store, 'cepat', { downKbps: 9000, upKbps: 9000 });
    const { id } = await seedSubscriber(s.store, 'budi', 'sandi', 'desa');
    const opened = await s.store.openLogin({
      proof: { kind: 'account', accountKind: 'subscriber', accountId: id, username: 'warga' },
      ...{ rate: null, sessionTimeoutSeconds: null, totalLimitOctets: null, validUntil: null },
      ...{ mac: 'AA:BB:CC:00:02:01', routerId: s.village.router.id, devices: 1 },
      ...{ whenFull: 'refuse', at: START_MS },
    });
    if (opened.outcome !== 'opened') throw new Error(opened.outcome);
    const phone = { sessionId: opened.sessionId, mac: 'AA:BB:CC:00:02:01' };
    await s.settle(phone, 10);
    await s.store.changeSubscriber({ username: 'budi', tariff: 'cepat', at: START_MS });

    await s.review.reviewNow();
    await s.enforcer.enforceNow();

    expect(await s.store.session(phone.sessionId)).toMatchObject({ rate: '9000k/9000k' });
  });

  it.each(ENGINES)(
    'two phones share the quota of a day; when it is spent, both end ($name)',
    async (engine) => {
      await using s = await stand({ dailyOctets: 1000 }, engine);
      const first = await s.village.online({ totalLimitOctets: 1000 });
      const second = await s.village.online({ ...first, totalLimitOctets: 1000 });

      await s.settle(first, 600);
      await s.settle(second, 100);
      const told = s.nas.packets(43).map((p) => numberOf(p, 'Mikrotik-Total-Limit'));
      await s.settle(second, 400);

      expect(told).toEqual([400]);
      expect(s.nas.packets(40).map((p) => textOf(p, 'Acct-Session-Id'))).toHaveLength(2);
      expect(new Set(s.nas.packets(40).map((p) => textOf(p, 'Acct-Session-Id'))).size).toBe(2);
    },
  );

  it('tells two phones of a quota what is left of it in few requests', async () => {
    const quota = 1_000_000_000;
    await using s = await stand({ dailyOctets: quota });
    const first = await s.village.online({ totalLimitOctets: quota });
    const { accountId } = first;
    const phones = [first, await s.village.online({ accountId, totalLimitOctets: quota })];

    for (let i = 1; i < 100; i += 1) {
      await s.settle(phones[0]!, i * 5_000_000);
      await s.settle(phones[1]!, i * 5_000_000);
    }

    const [a, b] = await Promise.all(phones.map(({ sessionId }) => s.store.session(sessionId)));
    expect(s.nas.packets(43).length).toBeLessThan(30);
    expect(a!.totalLimitOctets! - 495_000_000).toBeLessThanOrEqual(1.2 * 15_000_000);
    expect(b!.totalLimitOctets! - 495_000_000).toBeLessThanOrEqual(1.2 * 10_000_000);
  });

  it('a phone alone is sent nothing for all of its quota', async () => {
    await using s = await stand({ dailyOctets: 1000, dailySeconds: 3600 });
    const phone = await s.village.online({ totalLimitOctets: 1000, sessionTimeoutSeconds: 3600 });

    for (let i = 1; i <= 10; i += 1) {
      s.clock.advance(60_000);
      await s.settle(phone, i * 100, i * 60);
    }

    expect(s.nas.heard).toEqual([]);
  });

  it('a report of a session whose tariff counts nothing reads nothing', async () => {
    await using s = await stand({ downKbps: 5000, upKbps: 2000 });
    const phone = await s.village.online({ rate: '2000k/5000k' });
    await s.report(phone, 1);
    const first = s.reads.splice(0);

    await s.report(phone, 2);

    expect(first).toEqual(['session', 'account', 'usage']);
    expect(s.reads).toEqual([]);
  });

  it('one that counts costs two reads, as other phones may use the account', async () => {
    await using s = await stand({ dailyOctets: 1000, devices: 2 });
    const phone = await s.village.online({ totalLimitOctets: 1000 });
    await s.report(phone, 1);
    s.reads.splice(0);

    await s.report(phone, 2);

    expect(s.reads).toEqual(['session', 'usage']);
  });

  it('a phone that has its account for itself is looked at where there is something to see', async () => {
    await using s = await stand({ ...STEP, dailyOctets: 5000, dailySeconds: 600, devices: 1 });
    const phone = await s.village.online({
      ...{ rate: '2000k/5000k', totalLimitOctets: 5000, sessionTimeoutSeconds: 600 },
    });
    const looks: boolean[] = [];
    const looked = async (octets: number, seconds: number): Promise<void> => {
      s.reads.splice(0);
      await s.settle(phone, octets, seconds);
      looks.push(s.reads.includes('usage'));
    };

    await looked(1, 1);
    await looked(999, 2);
    await looked(1000, 3);
    await looked(1001, 4);
    await looked(5000, 5);
    s.clock.advance(15 * 60_000);
    await looked(5001, 6);
    s.clock.advance(DAY_MS);
    await looked(5002, 7);
    await looked(5003, 8);
    await s.store.changeTariff({ name: 'desa', dailyOctets: 9000, at: START_MS });
    await looked(5004, 9);

    expect(looks).toEqual([true, false, true, false, true, true, true, false, true]);
  });

  it.each(ENGINES)(
    'a voucher that is revoked is offline within a second of the clock ($name)',
    async (engine) => {
      await using s = await stand({}, engine);
      const { accountId, sessionId } = await s.village.online();
      // The first look of the enforcer is over: it waits for the clock.
      await s.enforcer.enforceNow();
      await s.store.revokeVoucher({ id: accountId, at: s.clock.now() });

      s.clock.advance(1000);
      await s.nas.until(1);

      const [request] = s.nas.packets(40);
      expect(textOf(request!, 'Acct-Session-Id')).toBe(`8000${sessionId.slice(-4)}`);
    },
  );

  describe('at a login, when others hold all slots', () => {
    async function crowded(answer: 'ack' | 'silence' | 503 | 401) {
      const s = await stand({ devices: 1 });
      s.nas.answer = () => answer;
      await seedSubscriber(s.store, 'budi', 'sandi', 'desa');
      const login = async (mac: string, identifier: number): Promise<string> => {
        const { bytes } = accessRequest({
          ...{ username: 'budi', password: 'sandi', identifier },
          more: [['Calling-Station-Id', mac]],
        });
        const reply = decodeReply(await s.auth.handle(bytes, { address: HOST, port: 9 }));
        return reply.code === 2 ? 'accepted' : textOf(reply, 'Reply-Message')!.slice(0, 10);
      };
      await login('AA:BB:CC:00:03:01', 1);
      const [opening] = await s.store.listSessions({ openOnly: true, limit: 1 });
      const held = { sessionId: opening!.id, mac: 'AA:BB:CC:00:03:01' };
      await s.report(held, 1);
      return { s, held, second: await login('AA:BB:CC:00:03:02', 2) };
    }

    it('a session that the NAS no longer has gives its slot', async () => {
      const { s, held, second } = await crowded(503);
      await using _ = s;

      expect(second).toBe('accepted');
      expect(await s.store.session(held.sessionId)).toMatchObject({ state: 'closed' });
    });

    it.each(['ack', 401, 'silence'] as const)('one that answers %s keeps it', async (answer) => {
      const { s, held, second } = await crowded(answer);
      await using _ = s;

      expect(second).toBe('SW-DEVICES');
      expect(s.nas.packets(43)).toHaveLength(1);
      expect(await s.store.session(held.sessionId)).toMatchObject({ state: 'open' });
    });
  });
});

/** A store that writes down what the check of limits reads. */
function watched(store: Store, reads: string[]): Store {
  const noted = <K extends 'session' | 'account' | 'usage'>(name: K): Store[K] =>
    ((...args: never[]) => {
      reads.push(name);
      return (store[name] as (...given: never[]) => unknown)(...args);
    }) as unknown as Store[K];
  return {
    ...store,
    session: noted('session'),
    account: noted('account'),
    usage: noted('usage'),
  };
}
