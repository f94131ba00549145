/**
 * A phone that changes its MAC in the middle of a day, at the moments at which its old session is in the way or
 * not: one page more each time, never a second card (docs/operations.md, `--when-full`).
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPage } from '../../../simulator/phones/page.ts';
import type { Stand } from '../outage/stand.ts';
import { lifeOf, openDay, type Person } from './day-stand.ts';

/** Minutes from when the phone was last there under its old MAC; null: it has not even left. */
const MOMENTS: readonly (readonly [what: string, minutes: number | null])[] = [
  ['while the old session is open', null],
  ['5 minutes after leaving', 5],
  ['10 minutes after leaving, within the keepalive', 10],
  ['half an hour after leaving, when the old session has ended', 30],
  ['two hours after leaving', 120],
];

const TWO_DAYS = { validitySeconds: 2 * 86_400 };

let stand: Stand;
const { person, card, pass } = lifeOf(() => stand);

beforeEach(async () => {
  stand = await openDay();
});
afterEach(() => stand[Symbol.asyncDispose]());

/** Screens and taps until the internet is there. */
async function wake(
  { assistant }: Person,
  login: Readonly<Record<string, string>>,
): Promise<{ pages: number; refused: (string | null)[] }> {
  if ((await assistant.join()) === 'internet') return { pages: 0, refused: [] };
  const answer = await assistant.fill(login);
  if (assistant.online()) return { pages: 1, refused: [] };
  const { code } = readPage(answer.html, answer.url);
  await assistant.fill({}, '/release');
  expect(assistant.online()).toBe(true);
  return { pages: 2, refused: [code] };
}

/** A day in which the MAC changes three times, each time after so long. */
async function rotate(
  login: Readonly<Record<string, string>>,
  away: number | null,
): Promise<Awaited<ReturnType<typeof wake>>[]> {
  const seen = [];
  for (let i = 1; i <= 4; i += 1) {
    const one = person(`02:00:00:00:0A:0${i}`);
    seen.push(await wake(one, login));
    await pass(30);
    expect((await one.phone.probe()).result).toBe('internet');
    if (away === null) continue;
    await one.phone.leave();
    await pass(away);
  }
  return seen;
}

async function accountsUsed(): Promise<number> {
  const used = await stand.store.listSessions({ limit: 100 });
  return new Set(used.map(({ accountId }) => accountId)).size;
}

describe.each(MOMENTS)('a MAC that changes %s', (_what, away) => {
  it('costs one page, with a card that lets a new phone take the place of the old', async () => {
    const voucher = await card({ ...TWO_DAYS, whenFull: 'replace' });

    const seen = await rotate({ voucher, remember: '1' }, away);

    expect(seen.map(({ pages }) => pages)).toEqual([1, 1, 1, 1]);
    expect(await accountsUsed()).toBe(1);
  }, 60_000);

  it('costs at most a tap more, with a card that asks which phone to let go of', async () => {
    const voucher = await card({ ...TWO_DAYS, whenFull: 'refuse' });

    const seen = await rotate({ voucher, remember: '1' }, away);

    const isInTheWay = away === null || away < 15;
    const again = isInTheWay ? { pages: 2, refused: ['SW-DEVICES'] } : { pages: 1, refused: [] };
    expect(seen).toEqual([{ pages: 1, refused: [] }, again, again, again]);
    expect(await accountsUsed()).toBe(1);
  }, 60_000);
});
