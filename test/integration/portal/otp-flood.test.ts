/**
 * What one phone can take from its village: budgets as the portal charges them, judged as the store judges
 * them, over a day of requests that say whatever they like.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ASKER, AT, HOUR, ROUTER, settingsWith } from '../../../portal/otp/charges.fixture.ts';
import {
  type Asker,
  askCharges,
  clickCharges,
  graceCharges,
  sendCharges,
  TRIES,
  tryCharge,
} from '../../../portal/otp/charges.ts';
import { CODE_TRIES } from '../../../portal/otp/sender.ts';
import { type Source, sourceAt } from '../../../portal/source.ts';
import { SETTINGS } from '../../../settings/known.ts';
import type { Settings } from '../../../settings/resolve.ts';
import { judgeCharges } from '../../../store/otp-budget.ts';
import type { OtpCharge, OtpSpent } from '../../../store/types.ts';

const fallback = (name: keyof typeof SETTINGS): number => Number(SETTINGS[name].fallback);

/** What a store keeps, for one day. */
function ledger() {
  const spent = new Map<string, OtpSpent>();
  const idOf = ({ scope, key, endsAt }: OtpCharge): string => `${scope} ${key} ${endsAt}`;
  return {
    spent,
    take: (charges: readonly OtpCharge[], at: number): boolean => {
      const answer = judgeCharges(charges, (one) => spent.get(idOf(one)), at);
      if (answer.kind === 'refused') return false;
      for (const one of charges) {
        const before = spent.get(idOf(one))?.amount ?? 0;
        spent.set(idOf(one), { amount: before + one.amount, lastAt: at });
      }
      return true;
    },
  };
}

interface Request {
  readonly phone: number;
  readonly mac: number;
  readonly after: number;
  /** Instead of a code. */
  readonly word: boolean;
}

/** One phone that does what it wants, then everybody else. */
describe('one phone that floods', () => {
  const request = fc.record({
    phone: fc.integer({ min: 0, max: 400 }),
    mac: fc.nat(400),
    after: fc.constantFrom(0, 1000, 61_000, 600_000),
    word: fc.boolean(),
  });
  const limits = fc.record({
    'portal.otp.per-phone': fc.integer({ min: 1, max: 50 }),
    'portal.otp.per-mac': fc.integer({ min: 1, max: 50 }),
    'portal.otp.per-address': fc.integer({ min: 1, max: 1000 }),
    'portal.otp.per-router': fc.integer({ min: 1, max: 200 }),
    'portal.grace.per-address': fc.integer({ min: 0, max: 1000 }),
    'portal.grace.per-router': fc.integer({ min: 0, max: 200 }),
    'portal.click-per-address': fc.integer({ min: 0, max: 1000 }),
    'portal.click-per-day': fc.integer({ min: 0, max: 200 }),
  });
  const macOf = (n: number) => `02:00:00:00:${n % 256}:${n >> 8}`;
  const endsAt = AT + 15 * HOUR;
  const askerAt = (source: Source, phone: number, mac: number): Asker => ({
    ...{ phone: `+62812${phone}`, mac: macOf(mac), routerId: 'r1', source },
  });

  function flood(source: Source, settings: Settings, requests: readonly Request[]) {
    const { take, spent } = ledger();
    const taken = { codes: 0, passes: 0, clicks: 0 };
    let at = AT;
    // Over and over, as long as the day lasts.
    for (let round = 0; round < 12; round += 1) {
      for (const { phone, mac, after, word } of requests) {
        at = Math.min(at + after, endsAt - 1);
        const asker = askerAt(source, phone + round * 1000, mac + round * 1000);
        const asked = askCharges(asker, settings, endsAt);
        const send = word ? [] : sendCharges(asker, settings, at, endsAt);
        if (take([...asked, ...send], at)) {
          if (!word) taken.codes += 1;
          if (take(graceCharges(asker, settings, endsAt), at)) taken.passes += 1;
        }
        if (take(clickCharges(asker, settings, endsAt), at)) taken.clicks += 1;
      }
    }
    return { take, spent, taken, at };
  }

  it.each([
    ['an address of the village', '172.16.0.66', 'phone'],
    ['an address of many', '203.0.113.9', 'many'],
  ] as const)('takes from %s three quarters at most; neighbours get theirs', (_, address, kind) => {
    const source = sourceAt(ROUTER, address);
    fc.assert(
      fc.property(
        limits,
        fc.array(request, { minLength: 20, maxLength: 60 }),
        (values, requests) => {
          const settings = settingsWith(values);
          const { take, taken, at } = flood(source, settings, requests);

          const share = (most: number, perAddress: number): number => {
            const open = most - Math.floor(most / 4);
            return kind === 'phone' ? Math.max(1, Math.min(open, perAddress)) : Math.max(1, open);
          };
          const perRouter = values['portal.otp.per-router'];
          expect(taken.codes).toBeLessThanOrEqual(
            share(perRouter, values['portal.otp.per-address']),
          );
          expect(taken.passes).toBeLessThanOrEqual(
            share(values['portal.grace.per-router'], values['portal.grace.per-address']),
          );
          expect(taken.clicks).toBeLessThanOrEqual(
            share(values['portal.click-per-day'], values['portal.click-per-address']),
          );
          // As many neighbours as the reserve holds, each from an address of the village, under the very MACs
          // that were named.
          for (let n = 0; n < Math.floor(perRouter / 4); n += 1) {
            const neighbour = askerAt(sourceAt(ROUTER, `172.16.1.${n}`), 900_000 + n, n);
            const charges = [
              ...askCharges(neighbour, settings, endsAt),
              ...sendCharges(neighbour, settings, at, endsAt),
            ];
            expect(take(charges, at)).toBe(true);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('as villages are set up, takes 4 % of the codes, 2 % of the passes, 2 % of the clicks', () => {
    const share = (perAddress: keyof typeof SETTINGS, perRouter: keyof typeof SETTINGS): number =>
      fallback(perAddress) / fallback(perRouter);

    expect(share('portal.otp.per-address', 'portal.otp.per-router')).toBeLessThanOrEqual(0.04);
    expect(share('portal.grace.per-address', 'portal.grace.per-router')).toBeLessThanOrEqual(0.02);
    expect(share('portal.click-per-address', 'portal.click-per-day')).toBeLessThanOrEqual(0.02);
  });

  it('behind the NAT of a village locks the others out until the next hour, not for the day', () => {
    const { take } = ledger();
    const settings = settingsWith();
    const source = sourceAt(ROUTER, '203.0.113.9');
    const ask = (n: number, at: number): boolean => {
      const asker = askerAt(source, n, n);
      return take(
        [...askCharges(asker, settings, endsAt), ...sendCharges(asker, settings, at, endsAt)],
        at,
      );
    };
    const neighbours: boolean[] = [];
    for (let hour = 0; hour < 7; hour += 1) {
      const at = AT + hour * HOUR;
      neighbours.push(ask(900_000 + hour, at));
      for (let n = 0; n < 200; n += 1) ask(hour * 1000 + n, at + 1000);
    }

    expect(neighbours).toEqual(Array<boolean>(7).fill(true));
  });

  it('at a neighbour’s number leaves its owner a code', () => {
    const { take } = ledger();
    const settings = settingsWith();
    const charges = (address: string, at: number) =>
      sendCharges({ ...ASKER, source: sourceAt(ROUTER, address) }, settings, at, endsAt);
    let at = AT;
    for (let n = 0; n < 50; n += 1) {
      at += 61_000;
      take(charges('172.16.0.66', at), at);
    }

    expect(take(charges('172.16.0.7', at + 61_000), at + 61_000)).toBe(true);
  });

  it('makes so many rows a router and day, whatever it invents', () => {
    const wide = {
      'portal.otp.per-address': 1000,
      'portal.otp.per-router': 20,
      'portal.grace.per-address': 1000,
      'portal.grace.per-router': 10,
      'portal.click-per-address': 1000,
      'portal.click-per-day': 10,
    };
    const settings = settingsWith(wide);
    const { take, spent } = ledger();
    // The worst: each request from an address of its own, with a number and a MAC of its own.
    for (let n = 0; n < 1000; n += 1) {
      const asker = askerAt(sourceAt(ROUTER, `172.16.${n % 4}.${n >> 2}`), n, n);
      const asked = askCharges(asker, settings, endsAt);
      if (!take([...asked, ...sendCharges(asker, settings, AT, endsAt)], AT)) take(asked, AT);
      take(graceCharges(asker, settings, endsAt), AT);
      take(clickCharges(asker, settings, endsAt), AT);
      take([tryCharge(asker.source, endsAt)], AT);
    }
    const rows = [...spent.keys()].filter((id) => !id.startsWith('tries ')).length;

    // Requests are twice the codes: an address each, and four rows more for each code; three a pass, two a click.
    expect(rows).toBeLessThanOrEqual(2 * 20 + 4 * 20 + 3 * 10 + 2 * 10 + 4);
  });
});

describe('the chance to guess a stranger’s code in a year', () => {
  const inYear = (triesPerDay: number): number => 1 - (1 - 1e-6) ** (triesPerDay * 365);

  it('is below 1 % for one number, whoever and however many try', () => {
    expect(inYear(fallback('portal.otp.per-phone') * CODE_TRIES)).toBeLessThan(0.01);
  });

  it('is below 0.6 % for one phone, at all numbers together', () => {
    const { take } = ledger();
    let tries = 0;
    for (let n = 0; n < 1000; n += 1) {
      if (take([tryCharge(ASKER.source, 9)], AT)) tries += 1;
    }

    expect(tries).toBe(TRIES);
    expect(inYear(tries)).toBeLessThan(0.006);
  });
});
