/** Asking a NAS whether it still has a session. */
import { describe, expect, it } from 'vitest';
import { type SteppedClock, steppedClock } from '../../../lib/clock.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { numberOf, textOf } from '../../../radius/codec.ts';
import { createEnforceMetrics } from '../../../radius/metrics.ts';
import { createProber, type Prober } from '../../../radius/probe.ts';
import { SILENT, START_MS } from '../../../radius/radius.fixture.ts';
import type { Store } from '../../../store/contract.ts';
import { ENGINES } from '../store/engines.ts';
import {
  type CoaNas,
  HOST,
  type NasAnswer,
  NO_LIMITS,
  seedVillage,
  startNas,
  type Village,
} from './coa-stand.ts';

interface Stand extends AsyncDisposable {
  readonly store: Store;
  readonly nas: CoaNas;
  readonly village: Village;
  readonly clock: SteppedClock;
  readonly prober: Prober;
}

async function stand(answer: NasAnswer): Promise<Stand> {
  await using stack = new AsyncDisposableStack();
  const { store } = stack.use(await ENGINES[0]!.open());
  const nas = stack.use(await startNas([answer]));
  const village = await seedVillage(store, nas.port);
  const clock = steppedClock(START_MS);
  const prober = stack.use(
    createProber({
      ...{ store, clock, log: SILENT, sourceAddress: HOST, timeoutMs: 100 },
      metrics: createEnforceMetrics(createMetrics()),
    }),
  );
  const owned = stack.move();
  return { store, nas, village, clock, prober, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

describe('a probe', () => {
  it.each([
    ['ack', 'alive', 'open'],
    [402, 'alive', 'open'],
    [503, 'gone', 'closed'],
    ['silence', 'unknown', 'open'],
    ['forge', 'unknown', 'open'],
  ] as const)(
    'answered by %s finds a session %s, which is then %s',
    async (answer, found, state) => {
      await using s = await stand(answer);
      const { sessionId } = await s.village.online();

      expect(await s.prober.probe(sessionId)).toBe(found);

      expect(s.nas.packets(43)).toHaveLength(1);
      expect(await s.store.session(sessionId)).toMatchObject({ state });
    },
  );

  it('repeats the limits in force, and so changes nothing', async () => {
    await using s = await stand('ack');
    const limits = { rate: '1M/2M', sessionTimeoutSeconds: 60, totalLimitOctets: 1000 };
    const { sessionId } = await s.village.online(limits);

    await s.prober.probe(sessionId);

    const [request] = s.nas.packets(43);
    expect(textOf(request!, 'Mikrotik-Rate-Limit')).toBe('1M/2M');
    expect(numberOf(request!, 'Session-Timeout')).toBe(60);
    expect(numberOf(request!, 'Mikrotik-Total-Limit')).toBe(1000);
    expect(await s.store.enforcementWaits(START_MS)).toBe(false);
  });

  it('is asked once for many who ask, and not again for ten seconds', async () => {
    await using s = await stand('ack');
    const { sessionId } = await s.village.online();

    const together = await Promise.all([1, 2, 3].map(() => s.prober.probe(sessionId)));
    s.clock.advance(9999);
    const soon = await s.prober.probe(sessionId);
    const asked = s.nas.heard.length;
    s.clock.advance(1);
    await s.prober.probe(sessionId);

    expect([...together, soon]).toEqual(['alive', 'alive', 'alive', 'alive']);
    expect([asked, s.nas.heard.length]).toEqual([1, 2]);
  });

  it('asks nobody about a session that is over, unknown, or has not begun', async () => {
    await using s = await stand('ack');
    const over = await s.village.online();
    await s.store.recordEnforcement({
      ...{ sessionId: over.sessionId, action: 'disconnect', outcome: 'gone', at: START_MS },
    });
    const opening = await s.store.openLogin({
      ...{ ...NO_LIMITS, validUntil: null, mac: 'AA:BB:CC:00:09:09', devices: 9 },
      ...{ routerId: s.village.router.id, whenFull: 'refuse', at: START_MS },
      proof: {
        ...{ kind: 'account', accountKind: 'voucher', accountId: over.accountId },
        username: 'warga',
      },
    });
    if (opening.outcome !== 'opened') throw new Error(opening.outcome);

    const found = [
      await s.prober.probe(over.sessionId),
      await s.prober.probe('no-such-session'),
      await s.prober.probe(opening.sessionId),
    ];

    expect(found).toEqual(['gone', 'gone', 'unknown']);
    expect(s.nas.heard).toEqual([]);
  });
});
