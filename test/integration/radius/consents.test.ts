/** What a login has proved is in the ledger a moment later, whichever process let it in, and is counted. */
import { expect, it } from 'vitest';
import { realClock } from '../../../lib/clock.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { startConsents } from '../../../radius/consents.ts';
import { createRightsMetrics } from '../../../radius/metrics.ts';
import { SILENT } from '../../../radius/radius.fixture.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { counted } from '../../fixtures/radius-stand.ts';
import { AT, logIn, MAC, seedStore } from '../../fixtures/rows.ts';
import { ENGINES } from '../store/engines.ts';

it.each(ENGINES)('on $name', async (engine) => {
  await using opened = await engine.open();
  const { store } = opened;
  const seed = await seedStore(store);
  const metrics = createMetrics();
  const rights = createRightsMetrics(metrics);
  await using _running = startConsents({ store, clock: realClock, log: SILENT, metrics: rights });
  const issued = await store.issueToken({
    ...{ accountKind: 'voucher', accountId: seed.voucher.id, mac: MAC, routerId: seed.router.id },
    ...{ at: AT, ttlMs: 60_000 },
    consent: {
      ...{ terms: 't', privacy: 'p', villageCode: '16.06.01.1009', router: 'kayu-ara-1' },
      ...{ method: 'voucher', language: 'id' },
    },
  });
  const before = await store.listConsents(9);
  await logIn(store, seed, { proof: { kind: 'token', ...issued } });

  const entries = await eventually(
    () => store.listConsents(9),
    ({ length }) => length > 0,
    60_000,
  );
  const given = await eventually(
    () => counted(metrics, 'smartwifi_radius_consents_total', { act: 'given' }),
    (count) => count > 0,
    60_000,
  );

  expect([before, entries.length, given]).toEqual([[], 1, 1]);
  expect(await store.verifyConsents()).toMatchObject({ brokenAt: null });
});
