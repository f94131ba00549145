/** The controller's own metrics; per-router series are in `router-metrics.ts`. */
import type { Metrics } from '../lib/metrics.ts';
import type { BackupOutcome } from './backup/back-up.ts';
import type { QueueCounter } from './fleet/queue.ts';
import { queueMetrics } from './fleet/queue-metrics.ts';
import type { ProvisionOutcome } from './provision.ts';

export interface ControllerMetrics {
  cycle(args: { seconds: number; finishedAt: number }): void;
  queueDepth(waiting: number): void;
  provisioned(outcome: ProvisionOutcome): void;
  backedUp(outcome: BackupOutcome): void;
  readonly jobs: QueueCounter;
}

export function controllerMetrics(metrics: Metrics): ControllerMetrics {
  const duration = metrics.gauge(
    'smartwifi_poller_cycle_duration_seconds',
    'Time in which the last cycle polled every router once.',
  );
  const last = metrics.gauge(
    'smartwifi_poller_last_cycle_timestamp_seconds',
    'When the last poll cycle ended.',
  );
  const depth = metrics.gauge(
    'smartwifi_poller_queue_depth',
    'Polls that are due and wait for a free place.',
  );
  const provisionings = metrics.counter(
    'smartwifi_controller_provisionings_total',
    'Routers planned and applied, by outcome.',
    ['outcome'],
  );
  const backups = metrics.counter(
    'smartwifi_controller_backups_total',
    'Exports of routers taken, by outcome.',
    ['outcome'],
  );
  return {
    cycle: ({ seconds, finishedAt }) => {
      duration.set(seconds);
      last.set(finishedAt / 1000);
    },
    queueDepth: (waiting) => depth.set(waiting),
    provisioned: (outcome) => provisionings.inc({ outcome }),
    backedUp: (outcome) => backups.inc({ outcome }),
    jobs: queueMetrics(metrics),
  };
}
