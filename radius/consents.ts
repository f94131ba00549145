/**
 * Gives consents that logins have proved their place in the ledger. A login only puts its own aside, so that
 * phones which come at once do not wait for one chain; a moment later they are in it, and counted.
 */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Store } from '../store/contract.ts';
import type { RightsMetrics } from './metrics.ts';
import { startPeriodic } from './periodic.ts';

export interface ConsentOptions {
  readonly store: Pick<Store, 'consentsWait' | 'chainConsents' | 'consentCounts'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: RightsMetrics;
}

const EVERY_MS = 2_000;
/** About 40 ms on PostgreSQL: who wants the store for itself meanwhile waits, and logins behind them. */
const AT_ONCE = 25;

export function startConsents(options: ConsentOptions): AsyncDisposable {
  const { store, clock, log, metrics } = options;
  const count = ledgerCounter(store, metrics);
  return startPeriodic({
    clock,
    log,
    everyMs: EVERY_MS,
    name: 'consents',
    work: async () => {
      await chainWaiting(options);
      await count();
    },
  });
}

/** One round: what is there now. In small steps, since others wait for the ledger meanwhile. */
export async function chainWaiting({
  store,
}: {
  readonly store: Pick<Store, 'consentsWait' | 'chainConsents'>;
}): Promise<void> {
  if (!(await store.consentsWait())) return;
  while ((await store.chainConsents({ limit: AT_ONCE })) === AT_ONCE);
}

/** Counts what is new in the ledger since the last time; at first, all of it. */
export function ledgerCounter(
  store: Pick<Store, 'consentCounts'>,
  metrics: Pick<RightsMetrics, 'consents'>,
): () => Promise<void> {
  let after = 0;
  return async () => {
    const { given, withdrawn, seq } = await store.consentCounts({ after });
    after = seq;
    metrics.consents('given', given);
    metrics.consents('withdrawn', withdrawn);
  };
}
