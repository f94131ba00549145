/** What guessing voucher codes is worth, worked out from the budgets in force, and tried on the server. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuthHandler } from '../../../radius/auth.ts';
import type { AttributeValue } from '../../../radius/codec.ts';
import { GUESS_BUDGETS } from '../../../radius/guesses.ts';
import { START_MS } from '../../../radius/radius.fixture.ts';
import { newVoucherCode } from '../../../store/voucher-code.ts';
import { type AuthStand, authStand, verdict } from './auth-stand.ts';

const GUESS_BUDGET = GUESS_BUDGETS.router;
const YEAR_MS = 365 * 86_400_000;
const ROUTERS = 242;
const LIVE_CODES = 100_000;
/** Letters and digits that a code is made of, and how many of them are drawn: the last follows from them. */
const LETTERS = 26;
const DRAWN = 11;

it('a year of guessing at every router finds one of 100,000 codes in less than 1 of 10,000 years', () => {
  // All addresses that are of no router have as much as one.
  const looked = (ROUTERS + 1) * (GUESS_BUDGET.burst + YEAR_MS / GUESS_BUDGET.refillMs);

  const chance = (looked * LIVE_CODES) / LETTERS ** DRAWN;

  expect(chance).toBeLessThan(1 / 10_000);
});

describe('a code', () => {
  it('is drawn from as many as that reckons with, each character alike', () => {
    const seen = Array.from({ length: DRAWN }, () => new Map<string, number>());
    for (let i = 0; i < 5000; i += 1) {
      const drawn = Array.from(newVoucherCode().replaceAll('-', '')).slice(0, DRAWN);
      for (const [at, c] of drawn.entries()) seen[at]!.set(c, (seen[at]!.get(c) ?? 0) + 1);
    }

    for (const counts of seen) {
      expect(counts.size).toBe(LETTERS);
      // 5000/26 is 192, its standard deviation 13.6: six of them to either side.
      for (const count of counts.values()) expect(Math.abs(count - 192)).toBeLessThan(82);
    }
  });
});

describe('a guesser who changes the address of the phone at will', () => {
  let stand: AuthStand;
  let tariff: string;

  beforeEach(async () => {
    stand = await authStand();
    tariff = await stand.tariff({ devices: 5 });
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  const newCard = async (): Promise<string> => {
    const [card] = await stand.store.createVouchers({
      tariff,
      count: 1,
      villageCode: null,
      batch: 'b',
      at: START_MS,
    });
    return card!.code;
  };
  const macOf = (n: number): string =>
    `AA:BB:CC:00:${Buffer.from([n >> 8, n & 255])
      .toString('hex')
      .replace(/^../, '$&:')}`;
  const phone = (n: number): AttributeValue[] => [['Calling-Station-Id', macOf(n)]];
  type Try = (code: string, n: number, by?: AuthHandler) => Promise<string>;
  const tryCode: Try = async (code, n, by = stand.handler()) =>
    verdict(await stand.fromNas({ username: code, password: code, more: phone(n) }, by));
  /** At the portal, from an address that changes as the MAC does. */
  const typeCode: Try = async (code, n, by = stand.handler()) => {
    const at = { mac: macOf(n), address: `172.16.${(n >> 8) & 3}.${n & 255}` };
    return verdict(await stand.fromPortal(code, code, by, at));
  };
  /** Until the router has none left; how many codes were looked up, by two servers of one store. */
  const guessAll = async (by: readonly Try[] = [tryCode]): Promise<number> => {
    const servers = [stand.handler(), stand.handler()];
    for (let made = 0; ; made += 1) {
      const way = by[made % by.length]!;
      const said = await way(newVoucherCode(), 900 + made, servers[(made >> 1) % 2]!);
      if (said === 'SW-LIMIT') return made;
    }
  };

  it.each([
    ['at the router', [tryCode]],
    ['at the portal', [typeCode]],
    ['at both', [tryCode, typeCode]],
  ])('is slowed %s by what the router permits, however many servers there are', async (_, ways) => {
    expect(await guessAll(ways)).toBeLessThanOrEqual(GUESS_BUDGET.burst);
  });

  it('looks up in days what that reckons with, whatever the phone says that it is', async () => {
    const days = 4;
    const server = stand.handler();
    let looked = 0;
    for (let day = 0; day < days; day += 1) {
      for (let n = 0; ; n += 1) {
        const guessed = newVoucherCode();
        if ((await typeCode(guessed, (day << 8) + n, server)) === 'SW-LIMIT') break;
        looked += 1;
      }
      stand.clock.advance(86_400_000);
    }

    const reckoned = GUESS_BUDGET.burst + (days * 86_400_000) / GUESS_BUDGET.refillMs;
    expect(looked).toBeGreaterThan(reckoned / 2);
    expect(looked).toBeLessThanOrEqual(reckoned);
  });

  it('locks nobody out who was there before, has an account, or scans the card', async () => {
    const server = stand.handler();
    const [known, fresh] = [await newCard(), await newCard()];
    const username = stand.unique('siti');
    await stand.store.importSubscribers({
      subscribers: [{ username, password: 'rahasia-1', tariff, villageCode: null }],
      at: START_MS,
    });
    const first = await tryCode(known, 1, server);
    await guessAll();

    const again = await tryCode(known, 1, server);
    const account = await stand.fromNas({ username, password: 'rahasia-1' }, server);
    const form = stand.store.voucherForm(fresh)!;
    const scanned = await stand.fromPortal(
      form,
      `${form}.${stand.store.voucherSeal(form)}`,
      server,
    );

    expect([first, again, verdict(account), verdict(scanned)]).toEqual(Array(4).fill('accept'));
  });

  it('takes what all outside have, and nothing of a card that is typed in the village', async () => {
    const card = await newCard();
    const server = stand.handler();
    let looked = 0;
    for (let n = 0; n < 500; n += 1) {
      stand.clock.advance(2000);
      const at = { mac: macOf(n), address: `203.0.113.${n & 255}` };
      const guessed = newVoucherCode();
      if (verdict(await stand.fromPortal(guessed, guessed, server, at)) === 'SW-BADCRED')
        looked += 1;
    }

    expect(looked).toBe(GUESS_BUDGET.burst);
    expect(await typeCode(card, 2, server)).toBe('accept');
  });

  it('in the village, from a few addresses, stops no card that others type, for days', async () => {
    const server = stand.handler();
    const heard: string[] = [];
    for (let hour = 0; hour < 72; hour += 1) {
      stand.clock.advance(3_600_000);
      for (let i = 0; i < 30; i += 1) {
        const at = { mac: macOf(hour * 30 + i), address: `172.16.1.${i % 15}` };
        const guessed = newVoucherCode();
        await stand.fromPortal(guessed, guessed, server, at);
      }
      heard.push(await typeCode(await newCard(), 512 + hour, server));
    }

    expect(new Set(heard)).toEqual(new Set(['accept']));
  });

  it('makes a new card wait at that router until the budget has grown, and nowhere else', async () => {
    const card = await newCard();
    await guessAll();
    const server = stand.handler();

    const refused = await tryCode(card, 2, server);
    stand.clock.advance(GUESS_BUDGET.refillMs);

    expect([refused, await tryCode(card, 2, server)]).toEqual(['SW-LIMIT', 'accept']);
  });
});
