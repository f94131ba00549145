import { expect, it } from 'vitest';
import { steppedClock } from '../lib/clock.ts';
import type { RightsRequest } from '../store/types.ts';
import { eraseDue } from './erasures.ts';
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
