/** An account with nothing left: its owner tops up on the page that says so, and is online. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoginAnswer } from '../../../portal/types.ts';
import { createAssistant } from '../../../simulator/phones/assistant.ts';
import type { Subscriber } from '../../../store/types.ts';
import { outageStand, type Stand } from '../outage/stand.ts';
import { type CitizenStand, hiddenIn, openCitizenStand } from './citizen-stand.ts';
import { locationOf } from './otp-stand.ts';
import { citizen, PASSWORD, PHONE, TICKED } from './siti.ts';

const ROUTER = /^http:\/\/login\.wifi\.home\.arpa\/login\?username=/;
const LOGIN_PAGE = /^\/\?router=/;
const reject = (code: string): LoginAnswer => ({ kind: 'reject', code, text: '' });

describe('the page of an account that has nothing left', () => {
  let stand: CitizenStand;
  let siti: Subscriber;
  /** What RADIUS says of the right password, and of codes. */
  const says = { account: 'SW-QUOTA', code: null as LoginAnswer | null };
  beforeEach(async () => {
    says.account = 'SW-QUOTA';
    says.code = null;
    stand = await openCitizenStand({
      radius: {
        authenticate: async ({ username, password }) => {
          if (password === PASSWORD) return reject(says.account);
          const voucher = await stand.store.voucherByCode(username);
          if (voucher === null) return reject('SW-BADCRED');
          return says.code ?? { kind: 'accept', account: voucher };
        },
      },
    });
    siti = await citizen(stand);
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  const login = (over: object = {}) =>
    stand.portal.post('/login', {
      ...{ ...stand.redirect, username: PHONE, password: PASSWORD, ...TICKED, ...over },
    });
  const topUp = (html: string, voucher: string, over: object = {}) =>
    stand.portal.post('/topup', { ...hiddenIn(html, '/topup'), voucher, ...over });
  const credit = async () =>
    (await stand.store.ownData({ kind: 'subscriber', id: siti.id })).topUps.length;

  it.each(['SW-QUOTA', 'SW-TIME', 'SW-EXPIRED'])(
    'says %s, takes a voucher and lets in',
    async (code) => {
      says.account = code;
      const page = await login();
      const done = await topUp(page.body, stand.voucher.code.toLowerCase());

      expect([page.status, page.body.includes(`data-code="${code}"`)]).toEqual([403, true]);
      expect(locationOf(done)).toMatch(ROUTER);
      expect(await credit()).toBe(1);
      expect((await stand.store.voucherByCode(stand.voucher.code))?.disabled).toBe(true);
    },
  );

  it.each(['SW-BADCRED', 'SW-DISABLED', 'SW-VILLAGE', 'SW-HOURS', 'SW-LIMIT', 'SW-ERROR'])(
    'is not shown for %s, which no voucher mends',
    async (code) => {
      says.account = code;

      expect((await login()).body).not.toContain('action="/topup"');
    },
  );

  it('is not shown to who has a voucher: another one is typed into the login page', async () => {
    says.code = reject('SW-QUOTA');
    const page = await login({ voucher: stand.voucher.code });

    expect(page.body).toContain('data-code="SW-QUOTA"');
    expect(page.body).not.toContain('action="/topup"');
  });

  it('stays in the other language, and after a reload', async () => {
    const page = await login();
    const link = /class="lang" href="([^"]+)"/.exec(page.body)![1]!.replaceAll('&amp;', '&');
    const english = await stand.portal.fetch(link);

    expect(english.body).toContain('<html lang="en">');
    expect(english.body).toContain('data-code="SW-QUOTA"');
    expect(locationOf(await topUp(english.body, stand.voucher.code, TICKED))).toMatch(ROUTER);
  });

  it('keeps a voucher that was not added in its field, and says what is wrong', async () => {
    const page = await login();
    const wrong = await topUp(page.body, await fake());
    const { code } = stand.voucher;
    const typo = code.slice(0, -1) + (code.endsWith('A') ? 'C' : 'A');
    const mistyped = await topUp(page.body, typo);
    says.code = { kind: 'unreachable' };
    const down = await topUp(page.body, stand.voucher.code);
    says.code = reject('SW-LIMIT');
    const limited = await topUp(wrong.body, stand.voucher.code);

    expect([wrong, mistyped, down, limited].map(({ status }) => status)).toEqual([
      422, 422, 503, 429,
    ]);
    expect(wrong.body).toContain('salah atau sudah dipakai');
    expect(mistyped.body).toContain('Ada huruf atau angka yang keliru');
    expect(mistyped.body).toContain(`value="${typo}"`);
    for (const { body } of [down, limited]) {
      expect(body).not.toContain('salah atau sudah dipakai');
      expect(body).toContain(`value="${stand.voucher.code}"`);
    }
    expect(await credit()).toBe(0);
    says.code = null;
    expect(locationOf(await topUp(limited.body, stand.voucher.code))).toMatch(ROUTER);
  });

  it('gives the second tap the answer of the first, and the voucher once', async () => {
    const { body } = await login();
    const answers = [await topUp(body, stand.voucher.code)];
    says.code = reject('SW-DISABLED');
    answers.push(await topUp(body, stand.voucher.code));
    stand.portal.clock.advance(2 * 60_000);
    const late = await topUp(body, stand.voucher.code);

    expect(answers.map(locationOf)).toEqual([
      expect.stringMatching(ROUTER),
      expect.stringMatching(ROUTER),
    ]);
    expect(locationOf(late)).toMatch(LOGIN_PAGE);
    expect(await credit()).toBe(1);
  });

  it('is the phone’s that the password was typed on, and takes no forms of other sites', async () => {
    const { body } = await login();
    const stolen = await topUp(body, stand.voucher.code, { mac: 'A2:00:00:00:00:02' });
    const released = await stand.portal.post('/release', {
      ...{ ...hiddenIn(body, '/topup'), handle: 'a'.repeat(20) },
    });
    const foreign = await stand.portal.post(
      '/topup',
      { ...hiddenIn(body, '/topup'), voucher: stand.voucher.code },
      { 'Sec-Fetch-Site': 'cross-site' },
    );

    expect([stolen, released].map(locationOf)).toEqual([
      expect.stringMatching(LOGIN_PAGE),
      expect.stringMatching(LOGIN_PAGE),
    ]);
    expect(foreign.status).toBe(403);
    expect(await credit()).toBe(0);
  });

  /** Well formed, and nobody's. */
  async function fake(): Promise<string> {
    await using elsewhere = await openCitizenStand();
    return elsewhere.voucher.code;
  }
});

describe('through a router', () => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await outageStand({
      routers: 1,
      settings: () => ({ 'portal.ways': 'voucher,account' }),
    });
    await stand.serve();
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  it('a citizen whose day is used up fills in one voucher, and is online', async () => {
    const { store } = stand;
    const router = stand.routers[0]!;
    const at = stand.clock.now();
    await store.createTariff({ name: 'habis', devices: 2, dailyOctets: 0, at });
    await store.createTariff({ name: 'tambahan', devices: 1, dailyOctets: 100_000_000, at });
    const siti = await store.ensureCitizen({
      ...{ origin: 'self', key: PHONE, phone: PHONE, tariff: 'habis', villageCode: null, at },
    });
    await store.setPassword({ subscriberId: siti.id, password: PASSWORD, at });
    const [voucher] = await store.createVouchers({
      ...{ tariff: 'tambahan', count: 1, villageCode: router.villageCode, batch: 'a', at },
    });
    const phone = stand.simulator.phone(router.name, '02:00:00:00:0C:01', 'android');
    const assistant = createAssistant(phone, 'android');

    expect(await assistant.join()).toBe('portal');
    await assistant.fill({ username: '081234567890', password: PASSWORD });
    const before = assistant.online();
    await assistant.fill({ voucher: voucher!.code });

    expect([before, assistant.online()]).toEqual([false, true]);
  });
});
