import { expect, it } from 'vitest';
import { chainWaiting } from './consents.ts';

function storeOf(waiting: number) {
  const steps: number[] = [];
  return {
    steps,
    consentsWait: async () => waiting > 0,
    chainConsents: async ({ limit }: { limit: number }) => {
      const dealt = Math.min(limit, waiting);
      waiting -= dealt;
      steps.push(dealt);
      return dealt;
    },
  };
}

it('deals in steps with all that waits, and writes nothing when nothing does', async () => {
  const idle = storeOf(0);
  const busy = storeOf(450);

  await chainWaiting({ store: idle });
  await chainWaiting({ store: busy });

  expect(idle.steps).toEqual([]);
  expect(busy.steps).toEqual([200, 200, 50]);
});
