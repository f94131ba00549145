/** A ticket of before a new password, a takeover or a withdrawal opens nothing, ends nothing and changes nothing. */
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../portal/portal.fixture.ts';
import type { LoginAnswer } from '../../../portal/types.ts';
import { START_MS } from '../../../portal/village.fixture.ts';
import { type CitizenStand, hiddenIn, openCitizenStand } from './citizen-stand.ts';
import { locationOf, openOtpStand } from './otp-stand.ts';
import { citizen, PASSWORD, PHONE, TICKED } from './siti.ts';

const ROUTER = /^http:\/\/login\.wifi\.home\.arpa\/login\?username=/;
const LOGIN_PAGE = /^\/\?router=/;
const OTHER_PHONE = 'A2:00:00:00:00:77';

/** A login with the password that somebody else knows, too; RADIUS says so of it. */
async function leaked(says: string | null) {
  const stand: CitizenStand = await openCitizenStand({
    radius: {
      authenticate: async ({ username }): Promise<LoginAnswer> => {
        const account = await stand.store.subscriberByUsername(username);
        if (says !== null && account !== null) return { kind: 'reject', code: says, text: '' };
        const found = account ?? (await stand.store.voucherByCode(username));
        return found === null
          ? { kind: 'reject', code: 'SW-BADCRED', text: '' }
          : { kind: 'accept', account: found };
      },
    },
  });
  const siti = await citizen(stand);
  await stand.goOnline(siti, OTHER_PHONE);
  const boxes = says === null ? {} : TICKED;
  const page = await stand.portal.post('/login', {
    ...{ ...stand.redirect, username: PHONE, password: PASSWORD, ...boxes },
  });
  const post = (action: string, over: object): Promise<Answer> =>
    stand.portal.post(action, { ...hiddenIn(page.body, action), ...over });
  const newPassword = async () => {
    const password = 'kopi susu 77';
    await stand.store.setPassword({ subscriberId: siti.id, password, at: START_MS });
    await stand.goOnline(siti, OTHER_PHONE);
  };
  return { stand, siti, page, post, newPassword };
}

describe('a ticket of a password that was changed meanwhile', () => {
  it('lets go of no phone', async () => {
    const { stand, siti, page, post, newPassword } = await leaked('SW-DEVICES');
    await using _ = stand;
    await newPassword();
    const done = await post('/release', { remember: '1' });
    const phones = await stand.store.phonesOf({ account: siti, mac: null, at: START_MS });

    expect(page.body).toContain('action="/release"');
    expect(locationOf(done)).toMatch(LOGIN_PAGE);
    expect(phones).toHaveLength(1);
  });

  it('spends no voucher', async () => {
    const { stand, siti, post, newPassword } = await leaked('SW-QUOTA');
    await using _ = stand;
    await newPassword();
    const done = await post('/topup', { voucher: stand.voucher.code });

    expect(locationOf(done)).toMatch(LOGIN_PAGE);
    expect((await stand.store.ownData(siti)).topUps).toEqual([]);
  });

  it('agrees to nothing', async () => {
    const { stand, post, newPassword } = await leaked(null);
    await using _ = stand;
    await newPassword();

    expect(locationOf(await post('/consent', TICKED))).toMatch(LOGIN_PAGE);
  });

  it('chooses no other in its place', async () => {
    await using stand = await openCitizenStand();
    const vouch = () =>
      stand.store.vouchForCitizen({
        ...{ phone: PHONE, displayName: 'Siti', villageCode: stand.router.villageCode },
        ...{ tariff: 'harian', officer: 'Budi', at: START_MS },
      });
    const login = async () =>
      stand.portal.post('/login', {
        ...{ ...stand.redirect, username: PHONE, password: (await vouch())!.firstPassword },
        ...TICKED,
      });
    const page = await login();
    const siti = (await stand.store.subscriberByUsername(PHONE))!;
    await stand.store.setPassword({ subscriberId: siti.id, password: PASSWORD, at: START_MS });
    await vouch();
    const fields = { ...hiddenIn(page.body, '/choose'), password: 'teh manis 88' };
    const done = await stand.portal.post('/choose', fields);

    expect(locationOf(done)).toMatch(LOGIN_PAGE);
  });

  it('chooses none either once an officer has handed out another', async () => {
    await using stand = await openCitizenStand();
    const vouch = () =>
      stand.store.vouchForCitizen({
        ...{ phone: PHONE, displayName: 'Siti', villageCode: stand.router.villageCode },
        ...{ tariff: 'harian', officer: 'Budi', at: START_MS },
      });
    const form = { ...stand.redirect, username: PHONE, password: (await vouch())!.firstPassword };
    const page = await stand.portal.post('/login', { ...form, ...TICKED });
    const second = (await vouch())!.firstPassword;
    const fields = { ...hiddenIn(page.body, '/choose'), password: 'teh manis 88' };
    const done = await stand.portal.post('/choose', fields);
    const again = await stand.portal.post('/login', { ...form, password: second, ...TICKED });

    expect(locationOf(done)).toMatch(LOGIN_PAGE);
    expect(again.body).toContain('action="/choose"');
  });

  it('is none any more for a login that goes on after an own one was chosen', async () => {
    await using stand = await openCitizenStand();
    const made = await stand.store.vouchForCitizen({
      ...{ phone: PHONE, displayName: 'Siti', villageCode: stand.router.villageCode },
      ...{ tariff: 'harian', officer: 'Budi', at: START_MS },
    });
    const form = { ...stand.redirect, username: PHONE, password: made!.firstPassword, ...TICKED };
    const page = await stand.portal.post('/login', form);
    const fields = { ...hiddenIn(page.body, '/choose'), password: 'teh manis 88' };
    const done = await stand.portal.post('/choose', fields);

    expect(locationOf(done)).toMatch(ROUTER);
    expect((await stand.arrive(done)).outcome).toBe('opened');
  });

  it('changes no number, and proves nothing on "my account"', async () => {
    await using stand = await openOtpStand();
    const siti = await stand.store.ensureCitizen({
      ...{ origin: 'otp', key: PHONE, phone: PHONE, tariff: 'harian', villageCode: null },
      at: START_MS,
    });
    await stand.goOnline(siti);
    const own = await stand.portal.post('/account/code', {});
    const proof = { ...hiddenIn(own.body, '/account/erase'), secret: stand.message().code };
    stand.portal.clock.advance(61_000);
    const fields = { ...hiddenIn(own.body, '/account/erase'), ...proof, phone: '0813 9876 5432' };
    const asked = await stand.portal.post('/account/number', fields);
    const { code } = stand.message();
    await stand.store.setPassword({ subscriberId: siti.id, password: PASSWORD, at: START_MS });
    await stand.goOnline(siti);
    const changed = await stand.portal.post('/account/number', {
      ...{ ...hiddenIn(asked.body, '/account/number'), code },
    });

    expect(asked.body).toContain('name="code"');
    expect(changed.status).toBe(422);
    expect((await stand.store.profile(siti.id))?.phone).toBe(PHONE);
  });
});
