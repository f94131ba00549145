/** The enforcer over a real store, against a socket that plays the NAS. */
import { describe, expect, it } from 'vitest';
import { type SteppedClock, steppedClock } from '../../../lib/clock.ts';
import { createMetrics, type Metrics } from '../../../lib/metrics.ts';
import { addressOf, numberOf, type Packet, textOf } from '../../../radius/codec.ts';
import { type Enforcer, type EnforcerOptions, startEnforcer } from '../../../radius/enforce.ts';
import { createEnforceMetrics } from '../../../radius/metrics.ts';
import { NAS_SECRET, SILENT, START_MS } from '../../../radius/radius.fixture.ts';
import { radiusSecret } from '../../../radius/secret.ts';
import { requestHolds } from '../../../radius/sign.ts';
import type { Store } from '../../../store/contract.ts';
import type { SessionLimits } from '../../../store/types.ts';
import { ENGINES, type Engine } from '../store/engines.ts';
import {
  type CoaNas,
  counted,
  HOST,
  type NasAnswer,
  NO_LIMITS,
  seedVillage,
  startNas,
  type Village,
} from './coa-stand.ts';

/** Where the engine makes no difference. */
const SQLITE = ENGINES[0]!;

interface Stand extends AsyncDisposable {
  readonly store: Store;
  readonly nas: CoaNas;
  readonly village: Village;
  readonly clock: SteppedClock;
  readonly metrics: Metrics;
  readonly enforcer: Enforcer;
  /** One more node over the same store. */
  node(over?: Partial<EnforcerOptions>): Enforcer;
}

async function stand(
  answers: readonly NasAnswer[],
  over: Partial<EnforcerOptions> = {},
  engine: Engine = SQLITE,
): Promise<Stand> {
  await using stack = new AsyncDisposableStack();
  const { store } = stack.use(await engine.open());
  const nas = stack.use(await startNas(answers));
  const village = await seedVillage(store, nas.port);
  const clock = steppedClock(START_MS);
  const metrics = createMetrics();
  const node = (own: Partial<EnforcerOptions> = {}): Enforcer =>
    owned.use(
      startEnforcer({
        store,
        clock,
        log: SILENT,
        metrics: createEnforceMetrics(createMetrics()),
        sourceAddress: HOST,
        ...over,
        ...own,
      }),
    );
  const owned = stack.move();
  const enforcer = node({ metrics: createEnforceMetrics(metrics) });
  // Its first look is over, so that only a test or the clock makes it look again.
  await enforcer.enforceNow();
  return {
    ...{ store, nas, village, clock, metrics, node, enforcer },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe('the enforcer', () => {
  const SLOW: SessionLimits = { ...NO_LIMITS, rate: '256k/512k' };
  const end = (store: Store, sessionId: string, at = START_MS): Promise<boolean> =>
    store.requestDisconnect({ sessionId, reason: 'operator', at });
  const change = (store: Store, sessionId: string, limits = SLOW): Promise<boolean> =>
    store.requestChange({ sessionId, limits, reason: 'fair-use', at: START_MS });

  it('names the session as RFC 5176 asks and signs in the right order', async () => {
    await using s = await stand(['ack']);
    const { sessionId } = await s.village.online();
    await end(s.store, sessionId);

    await s.enforcer.enforceNow();

    const [request] = s.nas.packets(40) as [Packet];
    expect(request.messageAuthenticatorAt).toBe(22);
    expect(requestHolds(request, radiusSecret(NAS_SECRET))).toBe(true);
    expect(textOf(request, 'User-Name')).toBe('warga');
    expect(textOf(request, 'Acct-Session-Id')).toBe(`8000${sessionId.slice(-4)}`);
    expect(addressOf(request, 'Framed-IP-Address')).toBe('172.16.0.1');
    expect(addressOf(request, 'NAS-IP-Address')).toBe(HOST);
    expect(numberOf(request, 'Event-Timestamp')).toBe(START_MS / 1000);
    expect(await s.store.enforcementWaits(START_MS + 3_600_000)).toBe(false);
  });

  it.each(ENGINES)(
    'sends a change as CoA-Request; acknowledged, it is in force ($name)',
    async (engine) => {
      await using s = await stand(['ack'], {}, engine);
      const { sessionId } = await s.village.online({ totalLimitOctets: 6 * 2 ** 32 });
      const limits = { rate: '1M/2M', sessionTimeoutSeconds: 600, totalLimitOctets: 5_000_000_000 };
      await change(s.store, sessionId, limits);

      await s.enforcer.enforceNow();

      const [request] = s.nas.packets(43) as [Packet];
      expect(requestHolds(request, radiusSecret(NAS_SECRET))).toBe(true);
      expect(textOf(request, 'Mikrotik-Rate-Limit')).toBe('1M/2M');
      expect(numberOf(request, 'Session-Timeout')).toBe(600);
      expect(numberOf(request, 'Mikrotik-Total-Limit')).toBe(5_000_000_000 - 2 ** 32);
      expect(numberOf(request, 'Mikrotik-Total-Limit-Gigawords')).toBe(1);
      expect(await s.store.session(sessionId)).toMatchObject({ state: 'open', ...limits });
      expect(await counted(s.metrics, 'smartwifi_radius_coa_total')).toEqual({ 'change acked': 1 });
    },
  );

  it('closes a session that the NAS does not know', async () => {
    await using s = await stand([503]);
    const { sessionId } = await s.village.online();
    await change(s.store, sessionId);

    await s.enforcer.enforceNow();

    expect(await s.store.session(sessionId)).toMatchObject({ state: 'closed', stopCause: 'Stale' });
    expect(await counted(s.metrics, 'smartwifi_radius_coa_total')).toEqual({ 'change gone': 1 });
  });

  it('asks again after a refusal, later and later, and says why', async () => {
    await using s = await stand([501]);
    const { sessionId } = await s.village.online();
    await end(s.store, sessionId);

    await s.enforcer.enforceNow();
    s.clock.advance(1999);
    await s.enforcer.enforceNow();
    const early = s.nas.heard.length;
    s.clock.advance(1);
    await s.enforcer.enforceNow();
    s.clock.advance(5999);
    await s.enforcer.enforceNow();

    expect([early, s.nas.heard.length]).toEqual([1, 2]);
    expect(await counted(s.metrics, 'smartwifi_radius_error_causes_total')).toEqual({
      'Administratively-Prohibited': 2,
    });
    expect(await counted(s.metrics, 'smartwifi_radius_disconnects_total')).toEqual({ refused: 2 });
  });

  it('leaves a rate that the NAS does not take after ten attempts; an end is still an end', async () => {
    await using s = await stand([401]);
    const { sessionId } = await s.village.online();
    await change(s.store, sessionId);

    for (let i = 0; i < 12; i += 1) {
      await s.enforcer.enforceNow();
      s.clock.advance(3_600_000);
    }
    const asked = s.nas.packets(43).length;
    const waiting = await s.store.listEnforcement(10);
    await change(s.store, sessionId);
    await s.enforcer.enforceNow();
    s.nas.answer = () => 'ack';
    await end(s.store, sessionId, s.clock.now());
    await s.enforcer.enforceNow();

    expect(asked).toBe(10);
    expect(waiting).toMatchObject([
      { action: 'change', attempts: 10, nextAt: null, error: 'Unsupported-Attribute' },
    ]);
    expect(await s.store.listEnforcement(10)).toEqual([]);
    expect(s.nas.packets(43)).toHaveLength(10);
    expect(s.nas.packets(40)).toHaveLength(1);
    expect(await s.store.session(sessionId)).toMatchObject({ state: 'open', rate: null });
  });

  it('ends a session whose NAS refuses to lower a limit that must hold', async () => {
    await using s = await stand([405, 'ack']);
    const { sessionId } = await s.village.online({ totalLimitOctets: 1000 });
    await change(s.store, sessionId, { ...NO_LIMITS, totalLimitOctets: 999 });

    await s.enforcer.enforceNow();
    await s.enforcer.enforceNow();

    expect(s.nas.heard.map((bytes) => bytes[0])).toEqual([43, 40]);
  });

  it('repeats the same octets until there is an answer', async () => {
    await using s = await stand(['silence', 'silence', 'ack'], { timeoutMs: 100 });
    await end(s.store, (await s.village.online()).sessionId);

    await s.enforcer.enforceNow();

    expect(s.nas.heard).toHaveLength(3);
    expect(s.nas.heard[2]).toEqual(s.nas.heard[0]);
    expect(await counted(s.metrics, 'smartwifi_radius_disconnects_total')).toEqual({ acked: 1 });
  });

  it.each(['forge', 'not-an-answer'] as const)('does not believe %s', async (answer) => {
    await using s = await stand([answer], { timeoutMs: 20 });
    await end(s.store, (await s.village.online()).sessionId);

    await s.enforcer.enforceNow();

    expect(await counted(s.metrics, 'smartwifi_radius_disconnects_total')).toEqual({
      unanswered: 1,
    });
  });

  it('a silent router costs one session an attempt, delays no other, and is left alone a while', async () => {
    await using s = await stand(['silence'], { timeoutMs: 50 });
    await using there = await startNas(['ack'], '127.0.0.2');
    const other = await s.store.addRouter({
      ...{ name: 'rt-lain', villageCode: '16.06.01.2002', address: '127.0.0.2', apiPort: 8728 },
      ...{ apiUser: 'a', apiPassword: 'x', nasSecret: NAS_SECRET, coaPort: there.port },
      ...{ hotspotPort: 80, loginHost: 'masuk.wifi', lanPool: '172.16.0.0/12', at: START_MS },
    });
    for (let i = 0; i < 5; i += 1) {
      await end(s.store, (await s.village.online()).sessionId);
    }
    await end(s.store, (await s.village.online({ routerId: other.id })).sessionId);

    await s.enforcer.enforceNow();
    const first = [s.nas.heard.length, there.heard.length];
    s.clock.advance(1999);
    await s.enforcer.enforceNow();
    const second = s.nas.heard.length;
    s.clock.advance(1);
    await s.enforcer.enforceNow();

    expect(first).toEqual([3, 1]);
    expect(second).toBe(3);
    expect(s.nas.heard).toHaveLength(6);
  });

  it('gives every request of one NAS an identifier of its own', async () => {
    await using s = await stand(['ack']);
    for (let i = 0; i < 20; i += 1) await end(s.store, (await s.village.online()).sessionId);

    await s.enforcer.enforceNow();

    expect(new Set(s.nas.heard.map((datagram) => datagram[1])).size).toBe(20);
    expect(s.nas.heard).toHaveLength(20);
  });

  it.each(ENGINES)(
    'shares the work with another node and sends nothing twice ($name)',
    async (engine) => {
      await using s = await stand(['ack'], {}, engine);
      const other = s.node();
      for (let i = 0; i < 40; i += 1) {
        const { sessionId } = await s.village.online();
        await (i % 2 === 0 ? end(s.store, sessionId) : change(s.store, sessionId));
      }

      await Promise.all([s.enforcer.enforceNow(), other.enforceNow(), s.enforcer.enforceNow()]);

      const named = [...s.nas.packets(40), ...s.nas.packets(43)].map((p) =>
        textOf(p, 'Acct-Session-Id'),
      );
      expect(named).toHaveLength(40);
      expect(new Set(named).size).toBe(40);
    },
  );

  it.each(ENGINES)(
    'takes over from a node that died, when the lease is over and no sooner ($name)',
    async (engine) => {
      await using s = await stand(['ack'], {}, engine);
      const { sessionId } = await s.village.online();
      await end(s.store, sessionId);
      await s.store.claimEnforcement({ at: START_MS, leaseMs: 30_000, limit: 10 });

      s.clock.advance(29_999);
      await s.enforcer.enforceNow();
      const early = s.nas.heard.length;
      s.clock.advance(1);
      await s.enforcer.enforceNow();

      expect([early, s.nas.heard.length]).toEqual([0, 1]);
    },
  );

  it('sends nothing whose lease ran out while it waited for its router', async () => {
    await using s = await stand(['ack'], { pollMs: 3_600_000 });
    for (let i = 0; i < 3; i += 1) await end(s.store, (await s.village.online()).sessionId);
    s.nas.answer = () => {
      s.clock.advance(30_000);
      return 'ack';
    };

    await s.enforcer.enforceNow();

    expect(s.nas.heard).toHaveLength(1);
    expect(await s.store.enforcementWaits(s.clock.now())).toBe(true);
  });

  it('a restart keeps the pause of a router that was silent', async () => {
    await using s = await stand(['silence'], { timeoutMs: 20, tries: 1 });
    await end(s.store, (await s.village.online()).sessionId);
    await s.enforcer.enforceNow();
    await s.enforcer[Symbol.asyncDispose]();
    s.nas.answer = () => 'ack';

    const next = s.node();
    s.clock.advance(1999);
    await next.enforceNow();
    const early = s.nas.heard.length;
    s.clock.advance(1);
    await next.enforceNow();

    expect([early, s.nas.heard.length]).toEqual([1, 2]);
  });

  it('an end does not wait for a change that is to be tried later', async () => {
    await using s = await stand(['silence', 'ack'], { timeoutMs: 20, tries: 1 });
    const { sessionId } = await s.village.online();
    await change(s.store, sessionId);
    await s.enforcer.enforceNow();

    await end(s.store, sessionId);
    await s.enforcer.enforceNow();

    expect(s.nas.heard.map((bytes) => bytes[0])).toEqual([43, 40]);
  });

  it.each(ENGINES)(
    'what is wanted while a change is on its way goes out next, and only what was sent is in force ($name)',
    async (engine) => {
      await using s = await stand(['ack'], {}, engine);
      const { sessionId } = await s.village.online();
      const later = { ...NO_LIMITS, rate: '5M/5M' };
      await change(s.store, sessionId);
      const [claimed] = await s.store.claimEnforcement({ at: START_MS, leaseMs: 1000, limit: 1 });
      await change(s.store, sessionId, later);
      await s.store.recordEnforcement({
        ...{ sessionId, action: 'change', outcome: 'acked', at: START_MS },
        limits: claimed!.limits,
      });
      const between = await s.store.session(sessionId);

      await s.enforcer.enforceNow();

      expect(between).toMatchObject(SLOW);
      expect(s.nas.packets(43).map((p) => textOf(p, 'Mikrotik-Rate-Limit'))).toEqual(['5M/5M']);
      expect(await s.store.session(sessionId)).toMatchObject(later);
    },
  );

  it('asks once more for the end of a session that outlived its Disconnect-ACK', async () => {
    await using s = await stand(['ack']);
    const { sessionId } = await s.village.online();
    await end(s.store, sessionId);
    await s.enforcer.enforceNow();

    await end(s.store, sessionId, START_MS + 59_999);
    await s.enforcer.enforceNow();
    const soon = s.nas.packets(40).length;
    await end(s.store, sessionId, START_MS + 60_000);
    await s.enforcer.enforceNow();

    expect([soon, s.nas.packets(40).length]).toEqual([1, 2]);
  });
});
