/** However often the button is pressed: a login that waits in a ticket ends in one token, and the rest is refused. */
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../portal/portal.fixture.ts';
import { hiddenIn, openCitizenStand } from './citizen-stand.ts';
import { locationOf, PHONE as NUMBER, openOtpStand, path, seenFrom } from './otp-stand.ts';
import { TICKED } from './siti.ts';

const ROUTER = /^http:\/\/login\.wifi\.home\.arpa\/login\?username=/;
const LOGIN_PAGE = /^\/\?router=/;
const PRESSED = 60;

async function press(act: () => Promise<Answer>): Promise<Answer[]> {
  const first = await Promise.all([act(), act()]);
  const later: Answer[] = [];
  for (let i = first.length; i < PRESSED; i += 1) later.push(await act());
  return [...first, ...later];
}

/** Names of the tokens that answers lead back with. */
const tokensOf = (answers: readonly Answer[]): Set<string | null> =>
  new Set(
    answers
      .map(locationOf)
      .filter((location) => ROUTER.test(location))
      .map((location) => new URL(location).searchParams.get('username')),
  );
const refused = (answers: readonly Answer[]): number =>
  answers.filter(({ status }) => status === 429).length;

describe('pressing on', () => {
  it('at the boxes gets one token, and is an attempt each time', async () => {
    await using stand = await openCitizenStand();
    const { portal, redirect, voucher } = stand;
    const page = await portal.post('/login', { ...redirect, voucher: voucher.code });
    const agree = () => portal.post('/consent', { ...hiddenIn(page.body, '/consent'), ...TICKED });
    const answers = await press(agree);
    portal.clock.advance(90_000);
    const again = await agree();
    portal.clock.advance(40_000);
    const late = await agree();

    expect(tokensOf(answers).size).toBe(1);
    expect(refused(answers)).toBeGreaterThan(PRESSED / 2);
    expect(locationOf(again)).toMatch(ROUTER);
    expect(locationOf(late)).toMatch(LOGIN_PAGE);
  });

  it('at the boxes is nobody else’s, who was not told', async () => {
    await using stand = await openOtpStand();
    const { portal, redirect, voucher } = stand;
    const page = await portal.post('/login', { ...redirect, voucher: voucher.code });
    const fields = { ...hiddenIn(page.body, '/consent'), ...TICKED };
    await portal.post('/consent', { ...redirect, voucher: voucher.code });
    await portal.post('/consent', fields);
    const elsewhere = await seenFrom(stand, '127.0.0.9').portal.post('/consent', fields);

    expect(locationOf(elsewhere)).toMatch(LOGIN_PAGE);
  });

  it('after a code gets one token, too', async () => {
    await using stand = await openOtpStand();
    const { portal, redirect } = stand;
    const sent = await portal.post('/otp', { ...redirect, phone: NUMBER });
    const page = await portal.fetch(locationOf(sent));
    const fields = hiddenIn(page.body, '/otp/code');
    const code = { ...fields, code: stand.message().code, ...TICKED };
    await stand.arrive(await portal.post('/otp/code', code));
    await stand.store.chainConsents({ limit: 9 });
    portal.clock.advance(60_000);
    const go = () => portal.fetch(path('/otp/go', { ticket: fields.ticket! }));
    const answers = await press(go);

    expect(tokensOf(answers).size).toBe(1);
    expect(refused(answers)).toBeGreaterThan(PRESSED / 2);
  });
});
