/**
 * A day of a citizen whose phone sleeps and walks away: how often the page comes. The router is one that our
 * controller has set up, with its keepalive, leases and MAC authentication; time moves by hand.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Stand } from '../outage/stand.ts';
import { lifeOf, openDay, type Person } from './day-stand.ts';

const FIRST_MAC = '02:00:00:00:0A:01';
const NEXT_MAC = '02:00:00:00:0A:02';
/** Minutes awake, then asleep: ten sleeps in a day, five of them shorter than the keepalive. */
const DAY: readonly (readonly [awake: number, asleep: number])[] = [
  [30, 10],
  [20, 45],
  [60, 5],
  [15, 120],
  [90, 10],
  [25, 200],
  [40, 10],
  [30, 90],
  [60, 10],
  [45, 525],
];

let stand: Stand;
const { person, card, pass } = lifeOf(() => stand);

beforeEach(async () => {
  stand = await openDay();
});
afterEach(() => stand[Symbol.asyncDispose]());

/** What the page was needed for. */
async function wake(
  { assistant }: Person,
  login: Readonly<Record<string, string>>,
): Promise<number> {
  if ((await assistant.join()) === 'internet') return 0;
  await assistant.fill(login);
  expect(assistant.online()).toBe(true);
  return 1;
}

/** A whole day of one phone; the number of pages it took. */
async function liveADay(one: Person, login: Readonly<Record<string, string>>): Promise<number> {
  let pages = 0;
  for (const [awake, asleep] of DAY) {
    pages += await wake(one, login);
    await pass(awake);
    expect((await one.phone.probe()).result).toBe('internet');
    await one.phone.leave();
    await pass(asleep);
  }
  return pages;
}

it('packetfence#5755: a day of 24 hours with ten sleeps costs one page, a rotated MAC one more, and no second voucher', async () => {
  const voucher = await card();
  const login = { voucher, remember: '1' };

  const pages = await liveADay(person(FIRST_MAC), login);
  const rotated = person(NEXT_MAC);
  const more = await wake(rotated, login);
  await rotated.phone.leave();
  await pass(60);
  const after = await wake(rotated, login);

  const minutes = DAY.reduce((sum, [awake, asleep]) => sum + awake + asleep, 0);
  expect([DAY.length, minutes]).toEqual([10, 24 * 60]);
  expect([pages, more, after]).toEqual([1, 1, 0]);
  const used = await stand.store.listSessions({ limit: 100 });
  expect(new Set(used.map(({ accountId }) => accountId)).size).toBe(1);
  expect(used.length).toBeGreaterThan(5);
}, 60_000);

it('without the consent a page comes after each sleep that is longer than the keepalive', async () => {
  const voucher = await card();

  const pages = await liveADay(person(FIRST_MAC), { voucher });

  expect(pages).toBe(5);
}, 60_000);

it('a remembered phone is asked once when the texts have changed since its citizen agreed', async () => {
  const login = { voucher: await card(), remember: '1' };
  const one = person(FIRST_MAC);
  const ticks = { terms: '1', data: '1' };
  const comesBack = async (fields: Readonly<Record<string, string>>, after = 20) => {
    await one.phone.leave();
    await pass(after);
    return wake(one, fields);
  };
  const set = (value: string) =>
    stand.store.setSetting({
      ...{ level: 'regency', code: '16.06', name: 'portal.processors', value },
      ...{ secret: false, at: stand.clock.now() },
    });
  await wake(one, login);
  const before = await comesBack({});
  await set('Fonnte');
  // Nothing is typed: its address has shown which phone it is.
  const soon = [await comesBack(ticks), await comesBack({})];
  await set('Wablas');
  // Remembered it is already: that need not be said again.
  const late = [
    await comesBack({ voucher: login.voucher, ...ticks }, 25 * 60),
    await comesBack({}),
  ];

  expect(before).toBe(0);
  expect(soon).toEqual([1, 0]);
  expect(late).toEqual([1, 0]);
}, 60_000);

it('a remembered phone is asked again when its days are over, or its quota is used up', async () => {
  const voucher = await card();
  const one = person(FIRST_MAC);
  await wake(one, { voucher, remember: '1' });
  await one.phone.leave();
  await pass(20);
  const account = (await stand.store.device(FIRST_MAC))!.accountId;
  await stand.store.changeTariff({ name: 'harian', dailyOctets: 0, at: stand.clock.now() });
  const spent = await one.assistant.join();
  await stand.store.changeTariff({ name: 'harian', dailyOctets: 5e8, at: stand.clock.now() });
  await one.phone.leave();
  await pass(20);
  const again = await one.assistant.join();
  await one.phone.leave();
  stand.clock.advance(31 * 86_400_000);
  await stand.second();
  const late = await one.assistant.join();

  expect(account).not.toBe('');
  expect([spent, again, late]).toEqual(['portal', 'internet', 'portal']);
});
