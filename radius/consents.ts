/**
 * Gives consents that logins have proved their place in the ledger. A login only puts its own aside, so that
 * phones which come at once do not wait for one chain; a moment later they are in it.
 */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Store } from '../store/contract.ts';
import { startPeriodic } from './periodic.ts';

export interface ConsentOptions {
  readonly store: Pick<Store, 'consentsWait' | 'chainConsents'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const EVERY_MS = 2_000;
const AT_ONCE = 200;

export function startConsents(options: ConsentOptions): AsyncDisposable {
  const { clock, log } = options;
  return startPeriodic({
    clock,
    log,
    everyMs: EVERY_MS,
    name: 'consents',
    work: () => chainWaiting(options),
  });
}

/** One round: what is there now. In small steps, since others wait for the ledger meanwhile. */
export async function chainWaiting({ store }: Pick<ConsentOptions, 'store'>): Promise<void> {
  if (!(await store.consentsWait())) return;
  while ((await store.chainConsents({ limit: AT_ONCE })) === AT_ONCE);
}
