import { expect, it } from 'vitest';
import { createMetrics, renderMetrics } from '../lib/metrics.ts';
import { chainWaiting, ledgerCounter } from './consents.ts';
import { createRightsMetrics } from './metrics.ts';

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

it('counts the ledger once, and then what is new in it', async () => {
  const ledger = ['given', 'given', 'withdrawn'];
  const metrics = createMetrics();
  const store = {
    consentCounts: async ({ after }: { after: number }) => ({
      given: ledger.slice(after).filter((act) => act === 'given').length,
      withdrawn: ledger.slice(after).filter((act) => act === 'withdrawn').length,
      seq: ledger.length,
    }),
  };
  const count = ledgerCounter(store, createRightsMetrics(metrics));

  await count();
  ledger.push('given');
  await count();
  await count();

  const page = await renderMetrics([await metrics.json()]);
  expect(page).toContain('smartwifi_radius_consents_total{act="given"} 3');
  expect(page).toContain('smartwifi_radius_consents_total{act="withdrawn"} 1');
});

it('deals in steps with all that waits, and writes nothing when nothing does', async () => {
  const idle = storeOf(0);
  const busy = storeOf(450);

  await chainWaiting({ store: idle });
  await chainWaiting({ store: busy });

  expect(idle.steps).toEqual([]);
  expect(busy.steps.reduce((sum, step) => sum + step)).toBe(450);
  expect(Math.max(...busy.steps)).toBe(25);
});
