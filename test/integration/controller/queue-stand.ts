/** A controller's queue and reconciler on a store, without its poller: every router counts as up. */
import { createQueue, type Queue } from '../../../controller/fleet/queue.ts';
import { controllerMetrics } from '../../../controller/metrics.ts';
import { loadPages } from '../../../controller/pages.ts';
import { createReconciler } from '../../../controller/reconcile.ts';
import { connectRouter } from '../../../controller/routeros/client.ts';
import { SETTINGS } from '../../../controller/test-input.ts';
import { realClock } from '../../../lib/clock.ts';
import { createLogger } from '../../../lib/log.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import type { Store } from '../../../store/contract.ts';

/** Machine time: how long a dead process keeps a job. */
export const STAND_LEASE_MS = 1500;

export async function queueStand(store: Store): Promise<Queue & { pass(): Promise<boolean> }> {
  const common = {
    store,
    clock: realClock,
    log: createLogger('test', 'silent'),
    isUp: () => true,
    isDown: () => false,
  };
  const reconciler = createReconciler({
    ...common,
    settings: SETTINGS,
    pages: await loadPages(),
    metrics: controllerMetrics(createMetrics()),
    autoApply: true,
    driftSeconds: 3600,
    rolloutFrom: 3,
    random: () => 0,
    // Peers listen on one address, at ports of their own.
    connect: (options) => connectRouter({ ...options, host: '127.0.0.1' }),
  });
  const queue = createQueue({
    ...common,
    random: () => 0,
    limits: { atOnce: 8, perLink: 2 },
    within: () => true,
    perform: reconciler.perform,
    leaseMs: STAND_LEASE_MS,
  });
  return Object.assign(queue, {
    pass: async () => reconciler.pass(await store.listRouters()),
  });
}
