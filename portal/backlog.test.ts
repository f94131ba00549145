import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createMetrics, renderMetrics } from '../lib/metrics.ts';
import { watchBacklog } from './backlog.ts';
import { createWorld, openTestPortal } from './portal.fixture.ts';
import { router, START_MS, session } from './village.fixture.ts';

const HOUR = 3_600_000;
const WAITING = {
  appeals: { open: 4, allowed: 2, rejected: 1 },
  oldestAppealAt: START_MS - 30 * HOUR,
  cases: { waiting: 3, answered: 5 },
  oldestCaseAt: START_MS - HOUR,
};

it('what waits for officers, and for how long, is on the page of metrics', async () => {
  const world = { ...createWorld(), backlog: WAITING };
  await using test = await openTestPortal({}, world);

  const page = await test.metricsPage();

  expect(page).toContain('smartwifi_portal_appeals{state="open"} 4');
  expect(page).toContain('smartwifi_portal_appeals{state="allowed"} 2');
  expect(page).toContain('smartwifi_portal_appeal_oldest_open_age_seconds 108000');
  expect(page).toContain('smartwifi_portal_cases{state="waiting"} 3');
  expect(page).toContain('smartwifi_portal_cases{state="answered"} 5');
  expect(page).toContain('smartwifi_portal_case_oldest_waiting_age_seconds 3600');
});

it('a store that is away leaves what was known', async () => {
  const metrics = createMetrics();
  const answers = [async () => WAITING, async () => Promise.reject(new Error('away'))];
  const clock = { now: () => START_MS, sleep: async () => {} };
  const store = { backlog: async () => answers.shift()!() } as never;
  using watch = watchBacklog({ store, clock, metrics, log: pino({ level: 'silent' }) });

  await watch.look();
  await watch.look();

  expect(await renderMetrics([await metrics.json()])).toContain(
    'smartwifi_portal_case_oldest_waiting_age_seconds 3600',
  );
});

it('counts the codes that are given out, and the appeals that are sent', async () => {
  await using test = await openTestPortal({}, { ...createWorld(), session });

  await test.fetch(`/why?router=${router.name}`);
  await test.post('/appeal', { name: 'belajar.example' });
  await test.post('/appeal', { name: 'belajar.example' });

  const page = await test.metricsPage();
  expect(page).toContain('smartwifi_portal_cases_opened_total{verdict="online"} 1');
  expect(page).toContain('smartwifi_portal_appeals_sent_total{result="counted"} 1');
  expect(page).toContain('smartwifi_portal_appeals_sent_total{result="limited"} 1');
});
