/**
 * Erases the accounts whose citizens asked for it, once the time to take it back is over and within the 72
 * hours of Law 27 of 2022. It lives beside retention, which is the other end of what is kept of people.
 */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Store } from '../store/contract.ts';
import { startPeriodic } from './periodic.ts';

export interface ErasureOptions {
  readonly store: Pick<Store, 'dueErasures' | 'eraseAccount'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const EVERY_MS = 5 * 60_000;
const AT_ONCE = 100;

export function startErasures(options: ErasureOptions): AsyncDisposable {
  const { clock, log } = options;
  return startPeriodic({
    clock,
    log,
    everyMs: EVERY_MS,
    name: 'erasures',
    work: async () => {
      const done = await eraseDue(options);
      if (done.erased + done.waiting > 0) log.info(done, 'erasures asked for by citizens');
    },
  });
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
