import { expect, it } from 'vitest';
import { steppedClock } from '../lib/clock.ts';
import { createMetrics, renderMetrics } from '../lib/metrics.ts';
import type { RightsRequest } from '../store/types.ts';
import { eraseDue, rightsGauge } from './erasures.ts';
import { createRightsMetrics } from './metrics.ts';
import { SILENT, START_MS } from './radius.fixture.ts';

const request = (id: string): RightsRequest => ({
  id,
  kind: 'erase',
  accountKind: 'subscriber',
  accountId: id,
  via: 'portal',
  requestedAt: START_MS,
  beginsAt: START_MS,
  dueAt: START_MS + 72 * 3_600_000,
  doneAt: null,
  cancelledAt: null,
});

it('erases what may begin, and leaves for the next round what waits', async () => {
  const outcomes: Record<string, 'done' | 'waiting' | 'none'> = {
    a: 'done',
    b: 'waiting',
    c: 'none',
  };
  const asked: string[] = [];
  const store = {
    dueErasures: async () => Object.keys(outcomes).map(request),
    eraseAccount: async ({ requestId }: { requestId: string }) => {
      asked.push(requestId);
      return outcomes[requestId]!;
    },
  };

  const counts = await eraseDue({ store, clock: steppedClock(START_MS), log: SILENT });

  expect(counts).toEqual({ erased: 1, waiting: 1 });
  expect(asked).toEqual(['a', 'b', 'c']);
});

it('shows what waits and what is late, and counts what was erased', async () => {
  const metrics = createMetrics();
  const standing = { open: 2, overdue: 1, erased: 5 };
  const show = rightsGauge({ rightsStanding: async () => standing }, createRightsMetrics(metrics));

  await show(START_MS);
  Object.assign(standing, { open: 1, overdue: 0, erased: 6 });
  await show(START_MS);

  const page = await renderMetrics([await metrics.json()]);
  expect(page).toContain('smartwifi_radius_rights_requests{state="open"} 1');
  expect(page).toContain('smartwifi_radius_rights_requests{state="overdue"} 0');
  expect(page).toContain('smartwifi_radius_erasures_total 6');
});
