/**
 * Erases the accounts whose citizens asked for it, once the time to take it back is over and within the 72
 * hours of Law 27 of 2022. It lives beside retention, which is the other end of what is kept of people.
 */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Store } from '../store/contract.ts';
import type { RightsMetrics } from './metrics.ts';
import { startPeriodic } from './periodic.ts';

export interface ErasureOptions {
  readonly store: Pick<Store, 'dueErasures' | 'eraseAccount'>;
  readonly clock: Clock;
  readonly log: Logger;
}

type ErasureJob = ErasureOptions & {
  readonly store: Pick<Store, 'rightsStanding'>;
  readonly metrics: RightsMetrics;
};

const EVERY_MS = 5 * 60_000;
const AT_ONCE = 100;

export function startErasures(options: ErasureJob): AsyncDisposable {
  const { store, clock, log, metrics } = options;
  const show = rightsGauge(store, metrics);
  return startPeriodic({
    clock,
    log,
    everyMs: EVERY_MS,
    name: 'erasures',
    work: async () => {
      const done = await eraseDue(options);
      await show(clock.now());
      if (done.erased + done.waiting > 0) log.info(done, 'erasures asked for by citizens');
    },
  });
}

/** What waits now, and what was erased since the last time; at first, all that ever was. */
export function rightsGauge(
  store: Pick<Store, 'rightsStanding'>,
  metrics: Pick<RightsMetrics, 'requests' | 'erasures'>,
): (at: number) => Promise<void> {
  let counted = 0;
  return async (at) => {
    const { open, overdue, erased } = await store.rightsStanding({ at });
    metrics.requests('open', open);
    metrics.requests('overdue', overdue);
    metrics.erasures(erased - counted);
    counted = erased;
  };
}

/** One round. Whose phones are still being logged out waits for the next. */
export async function eraseDue({
  store,
  clock,
  log,
}: ErasureOptions): Promise<{ erased: number; waiting: number }> {
  const at = clock.now();
  const counts = { erased: 0, waiting: 0 };
  for (const { id: requestId, dueAt } of await store.dueErasures({ at, limit: AT_ONCE })) {
    const outcome = await store.eraseAccount({ requestId, at });
    if (outcome === 'done') counts.erased += 1;
    if (outcome === 'waiting') counts.waiting += 1;
    if (at > dueAt) log.warn({ requestId, lateMs: at - dueAt }, 'an erasure was late');
  }
  return counts;
}
