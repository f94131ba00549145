import { expect, it } from 'vitest';
import { realClock, steppedClock } from '../lib/clock.ts';
import { createMetrics, renderMetrics } from '../lib/metrics.ts';
import type { Store } from '../store/contract.ts';
import type { Purgeable } from '../store/types.ts';
import { SILENT, START_MS } from './radius.fixture.ts';
import { expired, startRetention } from './retention.ts';

const DAY_MS = 86_400_000;
const RETENTION = { sessionDays: 180, hourlyDays: 92, dailyDays: 800, jobDays: 90 };

/** Has so many old records, and says how they were asked for; resolves once all kinds were. */
function oldStore(old: Partial<Record<Purgeable, number>>) {
  const left = { ...old };
  const asked: string[] = [];
  const all = Promise.withResolvers<void>();
  const store: Pick<Store, 'purge'> = {
    purge: async ({ what, limit }) => {
      const deleted = Math.min(limit, left[what] ?? 0);
      left[what] = (left[what] ?? 0) - deleted;
      asked.push(`${what} ${deleted}`);
      if (what === 'daily' && deleted < limit) all.resolve();
      return deleted;
    },
  };
  return { store, asked, all: all.promise };
}

it('knows since when things are old', () => {
  const old = Object.fromEntries(
    expired(RETENTION, START_MS).map(({ what, before }) => [what, (START_MS - before) / DAY_MS]),
  );

  expect(old).toMatchObject({
    tokens: 1,
    tickets: 1,
    otp: 1,
    cases: 1,
    allowances: 0,
    appeals: 180,
    devices: 30,
    consents: 180,
    sessions: 180,
    hourly: 92,
    daily: 800,
    jobs: 90,
    rollouts: 90,
  });
});

it('deletes in small steps, with a pause between, and counts what it deleted', async () => {
  const { store, asked, all } = oldStore({ sessions: 2500, tokens: 3 });
  const pauses: number[] = [];
  const clock = {
    now: () => START_MS,
    sleep: async (ms: number, signal?: AbortSignal) => {
      pauses.push(ms);
      if (ms > 1000) await realClock.sleep(ms, signal);
    },
  };
  const metrics = createMetrics();
  {
    await using _ = startRetention({ store, clock, log: SILENT, metrics, retention: RETENTION });
    await all;
  }

  expect(asked.filter((what) => !what.endsWith(' 0'))).toEqual([
    'tokens 3',
    'sessions 1000',
    'sessions 1000',
    'sessions 500',
  ]);
  expect(pauses.filter((ms) => ms <= 1000)).toHaveLength(2);
  expect(await renderMetrics([await metrics.json()])).toContain(
    'smartwifi_radius_purged_total{what="sessions"} 2500',
  );
});

it('goes on the next hour after a store that failed', async () => {
  const { store, asked, all } = oldStore({});
  const clock = steppedClock(START_MS);
  let failures = 1;
  const failed = Promise.withResolvers<void>();
  const flaky: Pick<Store, 'purge'> = {
    purge: (args) => {
      if (failures === 0) return store.purge(args);
      failures -= 1;
      failed.resolve();
      return Promise.reject(new Error('disk full'));
    },
  };
  const options = { clock, log: SILENT, metrics: createMetrics(), retention: RETENTION };
  {
    await using _ = startRetention({ store: flaky, ...options });
    await failed.promise;
    await new Promise(setImmediate);
    clock.advance(3_600_000);
    await all;
  }

  expect(asked).toHaveLength(expired(RETENTION, START_MS).length);
});
