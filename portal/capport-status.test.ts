/** RFC 8908's answer and the status page are of one account: at the same instant they say the same. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatOctets, formatSeconds } from '../lib/units.ts';
import type { Account, AccountUsage, FairUseStep, Session } from '../store/types.ts';
import { createWorld, openTestPortal } from './portal.fixture.ts';
import { account, router, START_MS, session, tariff, usage } from './village.fixture.ts';

const HOST = { Host: 'wifi.example.go.id' };
const RUNS = 150;

const maybe = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: null });
const octets = fc.integer({ min: 0, max: 3_000_000_000 });
const seconds = fc.integer({ min: 0, max: 30_000 });
const steps = fc.array(
  fc.record<FairUseStep>({
    period: fc.constantFrom('day', 'week', 'month'),
    afterOctets: octets,
    rate: fc.constantFrom('block' as const, { downKbps: 512, upKbps: 128 }),
  }),
  { maxLength: 2 },
);
const accounts: fc.Arbitrary<Account> = fc
  .record({
    kind: fc.constantFrom('voucher' as const, 'subscriber' as const),
    validUntil: fc.option(fc.integer({ min: START_MS - 1000, max: START_MS + 10 ** 8 }), {
      nil: null,
    }),
    tariff: fc.record({
      ...{ dailySeconds: maybe(90_000), weeklySeconds: maybe(90_000) },
      ...{ monthlySeconds: maybe(90_000), dailyOctets: maybe(2e9), weeklyOctets: maybe(2e9) },
      ...{ monthlyOctets: maybe(2e9), fairUse: steps },
    }),
  })
  .map((over) => ({ ...account, ...over, tariff: { ...tariff, ...over.tariff } }));
const usages: fc.Arbitrary<AccountUsage> = fc
  .record({
    ...{ dayOctets: octets, weekOctets: octets, monthOctets: octets },
    ...{ daySeconds: seconds, weekSeconds: seconds, monthSeconds: seconds },
  })
  .map((over) => ({ ...usage, ...over }));
const sessions: fc.Arbitrary<Session> = fc
  .record({
    ...{ seconds, inputOctets: octets, outputOctets: octets },
    ...{ sessionTimeoutSeconds: maybe(90_000), totalLimitOctets: maybe(5e9) },
  })
  .map((over) => ({ ...session, ...over }));

it('the API and the status page never disagree, whatever limits there are and as time goes by', async () => {
  const world = createWorld();
  world.session = session;
  await using test = await openTestPortal({ publicUrl: `https://${HOST.Host}` }, world);
  const ask = async () => {
    const api = await test.fetch(`/capport/${router.name}`, { headers: HOST });
    const page = await test.fetch('/status?lang=id', { headers: HOST });
    return { api, page };
  };
  let unlimited = 0;
  let over = 0;

  await fc.assert(
    fc.asyncProperty(
      fc.option(accounts, { nil: null }),
      usages,
      sessions,
      fc.integer({ min: 0, max: 2000 }),
      async (someAccount, someUsage, someSession, later) => {
        Object.assign(world, { account: someAccount, usage: someUsage, session: someSession });
        test.clock.advance(later);

        const { api, page } = await ask();
        const state = JSON.parse(api.body) as Record<string, unknown>;
        const said = [...page.body.matchAll(/<b>([^<]*)<\/b>/g)].map((match) => match[1]);
        const time = state['seconds-remaining'] as number | undefined;
        const data = state['bytes-remaining'] as number | undefined;

        expect(said.slice(0, 2)).toEqual([
          time === undefined ? 'Tanpa batas' : formatSeconds(time, 'id'),
          data === undefined ? 'Tanpa batas' : formatOctets(data, 'id'),
        ]);
        // RFC 8908 §5: whole numbers, and none of them negative.
        for (const left of [time, data]) {
          expect(left === undefined || (Number.isInteger(left) && left >= 0)).toBe(true);
        }
        expect(state).toMatchObject({
          captive: false,
          'user-portal-url': expect.stringMatching(/^https:/),
          'venue-info-url': expect.stringMatching(/^https:/),
          'can-extend-session': someAccount?.kind === 'subscriber',
        });
        expect(api.headers).toMatchObject({
          'content-type': 'application/captive+json',
          'cache-control': 'private, no-store',
        });
        if (time === undefined || data === undefined) unlimited += 1;
        if (time === 0 || data === 0) over += 1;
      },
    ),
    { numRuns: RUNS },
  );

  // The runs met both ends.
  expect(Math.min(unlimited, over)).toBeGreaterThan(0);
});

it('both say that a phone is not logged in, and only that', async () => {
  await using test = await openTestPortal({ publicUrl: `https://${HOST.Host}` });

  const api = await test.fetch(`/capport/${router.name}`, { headers: HOST });
  const page = await test.fetch(`/status?router=${router.name}&lang=id`, { headers: HOST });

  expect(JSON.parse(api.body)).toMatchObject({ captive: true });
  expect(Object.keys(JSON.parse(api.body))).not.toContain('seconds-remaining');
  expect(page.body).toContain('Anda belum terhubung');
});
