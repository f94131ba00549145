import { expect, it } from 'vitest';
import { createMetrics, renderMetrics } from '../../lib/metrics.ts';
import { oldestSeconds, queueMetrics } from './queue-metrics.ts';
import { JOB, ROLLOUT } from './test-fleet.ts';

it('the queue is told by kind and state, each of them always, and results are counted', async () => {
  const metrics = createMetrics();
  const counter = queueMetrics(metrics);
  const jobs = [
    { ...JOB, requestedAt: 1000 },
    { ...JOB, requestedAt: 4000 },
    { ...JOB, kind: 'upgrade', state: 'running' } as const,
    { ...JOB, state: 'done' } as const,
  ];

  counter.looked(jobs, [ROLLOUT, { ...ROLLOUT, state: 'done' }], 61_000);
  counter.ended('apply', 'retry');

  const page = await renderMetrics([await metrics.json()]);
  for (const line of [
    'smartwifi_controller_jobs{kind="apply",state="waiting"} 2',
    'smartwifi_controller_jobs{kind="upgrade",state="running"} 1',
    'smartwifi_controller_jobs{kind="hand",state="held"} 0',
    'smartwifi_controller_jobs{kind="read",state="running"} 0',
    'smartwifi_controller_job_oldest_waiting_seconds{kind="apply"} 60',
    'smartwifi_controller_job_oldest_waiting_seconds{kind="check"} 0',
    'smartwifi_controller_job_results_total{kind="apply",outcome="retry"} 1',
    'smartwifi_controller_rollouts{state="running"} 1',
    'smartwifi_controller_rollouts{state="stopped"} 0',
  ]) {
    expect(page).toContain(`${line}\n`);
  }
  expect(page.match(/^smartwifi_controller_jobs\{/gm)).toHaveLength(15);

  counter.looked([], [], 61_000);
  expect(await renderMetrics([await metrics.json()])).toContain(
    'smartwifi_controller_jobs{kind="apply",state="waiting"} 0\n',
  );
});

it('a clock that was set back makes nobody wait for less than nothing', () => {
  expect(oldestSeconds([{ ...JOB, requestedAt: 9000 }], 1000)).toBe(0);
});
