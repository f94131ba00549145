/** A flood leaves a bounded number of rows a router and day, and retention takes all of them away. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { expired } from '../../../radius/retention.ts';
import { type OtpStand, openOtpStand, seenFrom } from './otp-stand.ts';

const PER_ROUTER = 10;
const GRACE = 6;
const CLICKS = 8;
const SETTINGS = {
  'portal.ways': 'otp,click',
  'portal.tariff.click': 'harian',
  'portal.otp.number': '+6281100000000',
  'portal.otp.per-router': String(PER_ROUTER),
  'portal.otp.per-address': '1000',
  'portal.grace.minutes': '4',
  'portal.grace.per-router': String(GRACE),
  'portal.click-per-day': String(CLICKS),
};
/** Twice as many requests as codes; six rows each and one more where an hour counts (docs/operations.md). */
const BUDGETS = 14 * PER_ROUTER + 3 * GRACE + CLICKS + 4;
const VISITS = 2 * PER_ROUTER;
const RETENTION = { sessionDays: 180, hourlyDays: 7, dailyDays: 800, jobDays: 90 };
const MOST = 100_000;

let stand: OtpStand;
beforeEach(async () => {
  stand = await openOtpStand({ settings: SETTINGS });
});
afterEach(() => stand[Symbol.asyncDispose]());

const hex = (n: number): string => n.toString(16).padStart(2, '0').toUpperCase();

/** Each request names another phone, and another number; half of them come from outside of the village. */
async function flood(requests: number): Promise<void> {
  for (let n = 0; n < requests; n += 1) {
    const from = n % 2 === 0 ? `127.64.0.${(n % 200) + 2}` : `127.0.1.${(n % 200) + 2}`;
    const { portal } = seenFrom(stand, from);
    const mac = `02:00:00:00:${hex(n >> 8)}:${hex(n & 255)}`;
    const redirect = { ...stand.redirect, mac };
    const phone = `0856 1111 ${String(n).padStart(4, '0')}`;
    // Two of three codes fail at the gateway.
    stand.provider.answers = [{ body: { status: n % 3 === 0, id: ['1'], reason: 'token' } }];
    await portal.post('/otp', { ...redirect, phone });
    await portal.post('/otp/code', { ...redirect, code: '123456' });
    if (n % 4 === 0) await portal.post('/otp/message', redirect);
    await portal.post('/click', { ...redirect, boxes: '1', terms: '1', data: '1' });
    stand.portal.clock.advance(1000);
  }
}

async function purged(what: 'otp' | 'tickets', before: number): Promise<number> {
  return stand.store.purge({ what, before, limit: MOST });
}

it('whatever it invents, and ten times the requests leave no more', async () => {
  const far = stand.portal.clock.now() + 1000 * 86_400_000;
  await flood(40);
  await flood(360);

  const tickets = await purged('tickets', far);
  const rows = await purged('otp', far);
  expect(tickets).toBeGreaterThan(PER_ROUTER / 2);
  expect(tickets).toBeLessThanOrEqual(VISITS);
  expect(rows).toBeGreaterThan(5 * PER_ROUTER);
  expect(rows).toBeLessThanOrEqual(BUDGETS + VISITS);
  expect(await purged('otp', far)).toBe(0);
});

it('retention takes all away within three days, and nothing of a day that lasts', async () => {
  const { clock } = stand.portal;
  const purgeAll = async (): Promise<number> => {
    let gone = 0;
    for (const { what, before } of expired(RETENTION, clock.now())) {
      if (what === 'otp' || what === 'tickets') gone += await purged(what, before);
    }
    return gone;
  };
  await flood(40);

  expect(await purgeAll()).toBe(0);
  clock.advance(3 * 86_400_000);
  expect(await purgeAll()).toBeGreaterThan(5 * PER_ROUTER);
  const far = clock.now() + 1000 * 86_400_000;
  // What messages have cost in this month: one row for all.
  expect([await purged('otp', far), await purged('tickets', far)]).toEqual([1, 0]);
});
