/** How much work on routers waits and what becomes of it, as this controller sees the store. */
import type { Metrics } from '../../lib/metrics.ts';
import type { Job, JobKind, JobState, RolloutState } from '../../store/types.ts';
import type { QueueCounter } from './queue.ts';

const KINDS: readonly JobKind[] = ['apply', 'check', 'upgrade', 'hand', 'read'];
const STATES: readonly JobState[] = ['held', 'waiting', 'running'];
const ROLLOUTS: readonly RolloutState[] = ['running', 'paused', 'stopped', 'aborted', 'done'];

export function queueMetrics(metrics: Metrics): QueueCounter {
  const depth = metrics.gauge(
    'smartwifi_controller_jobs',
    'Work on routers that is not over, by kind and state.',
    ['kind', 'state'],
  );
  const oldest = metrics.gauge(
    'smartwifi_controller_job_oldest_waiting_seconds',
    'How long the oldest work that may begin has waited; 0 when none does.',
    ['kind'],
  );
  const results = metrics.counter(
    'smartwifi_controller_job_results_total',
    'Work on routers that this controller has ended, by kind and outcome.',
    ['kind', 'outcome'],
  );
  const rollouts = metrics.gauge(
    'smartwifi_controller_rollouts',
    'Rollouts that are kept, the newest 200, by state.',
    ['state'],
  );
  return {
    looked: (jobs, known, now) => {
      for (const kind of KINDS) {
        const own = jobs.filter((job) => job.kind === kind);
        for (const state of STATES) {
          depth.set({ kind, state }, own.filter((job) => job.state === state).length);
        }
        oldest.set({ kind }, oldestSeconds(own, now));
      }
      for (const state of ROLLOUTS) {
        rollouts.set({ state }, known.filter((rollout) => rollout.state === state).length);
      }
    },
    ended: (kind, outcome) => results.inc({ kind, outcome }),
  };
}

/** Pure. */
export function oldestSeconds(jobs: readonly Job[], now: number): number {
  const waiting = jobs.filter(({ state }) => state === 'waiting');
  const since = Math.min(now, ...waiting.map(({ requestedAt }) => requestedAt));
  return (now - since) / 1000;
}
