/** RADIUS is down, or counts too many guesses: no page blames the citizen's code or password for it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoginAnswer } from '../../../portal/types.ts';
import { START_MS } from '../../../portal/village.fixture.ts';
import type { Subscriber } from '../../../store/types.ts';
import { type CitizenStand, openCitizenStand } from './citizen-stand.ts';
import { openOtpStand } from './otp-stand.ts';
import { citizen, PASSWORD, PHONE, TICKED } from './siti.ts';

const SAYS: readonly (readonly [string, LoginAnswer, number, string])[] = [
  ['does not answer', { kind: 'unreachable' }, 503, 'SW-ERROR'],
  ['is out of order', { kind: 'reject', code: 'SW-ERROR', text: '' }, 503, 'SW-ERROR'],
  ['counts too many guesses', { kind: 'reject', code: 'SW-LIMIT', text: '' }, 429, 'SW-LIMIT'],
];

describe.each(SAYS)('where RADIUS %s', (_what, answer, status, code) => {
  let stand: CitizenStand;
  let siti: Subscriber;
  beforeEach(async () => {
    stand = await openCitizenStand({ radius: { authenticate: async () => answer } });
    siti = await citizen(stand);
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  const register = () =>
    stand.portal.post('/register', {
      ...{ ...stand.redirect, ...TICKED, voucher: stand.voucher.code },
      ...{ phone: '0812 3456 7899', password: PASSWORD, name: 'Budi' },
    });

  it('a top-up says so, and keeps the voucher', async () => {
    await stand.goOnline(siti);
    const { status: got, body } = await stand.portal.post('/account/topup', {
      voucher: stand.voucher.code,
    });

    expect([got, body.includes(`data-code="${code}"`)]).toEqual([status, true]);
    expect(body).not.toContain('salah atau sudah dipakai');
    expect(body).toContain(` value="${stand.voucher.code}"`);
    expect((await stand.store.voucherByCode(stand.voucher.code))?.disabled).toBe(false);
  });

  it('registration by a voucher says so, and keeps the voucher', async () => {
    const { status: got, body } = await register();

    expect([got, body.includes(`data-code="${code}"`)]).toEqual([status, true]);
    expect(body).not.toContain('salah atau sudah dipakai');
    expect(body).toContain(` value="${stand.voucher.code}"`);
    expect((await stand.store.voucherByCode(stand.voucher.code))?.disabled).toBe(false);
  });

  it.each(['export', 'erase', 'withdraw'])('%s of one’s data says so', async (act) => {
    await stand.goOnline(siti);
    const { status: got, body } = await stand.portal.post(`/account/${act}`, { secret: PASSWORD });

    expect([got, body.includes(`data-code="${code}"`)]).toEqual([status, true]);
    expect(body).not.toContain('tidak cocok');
  });

  it('a new password says so', async () => {
    await stand.goOnline(siti);
    const { status: got, body } = await stand.portal.post('/account/password', {
      secret: PASSWORD,
      password: 'kopi-susu-77',
    });

    expect([got, body.includes(`data-code="${code}"`)]).toEqual([status, true]);
  });
});

describe('where no gateway takes a message', () => {
  it.each<[string, string, Readonly<Record<string, string>>, boolean]>([
    ['the own number', '/account/code', {}, false],
    ['the old number', '/account/number', { first: '1' }, false],
    ['the new number', '/account/number', { phone: '0813 9876 5432', secret: PASSWORD }, true],
  ])('a code to %s is no attempt too many', async (_what, to, form, password) => {
    await using stand = await openOtpStand();
    stand.provider.answers = [{ body: { status: false, reason: 'invalid token' } }];
    const siti = password
      ? await citizen(stand)
      : await stand.store.ensureCitizen({
          ...{ origin: 'otp', key: PHONE, phone: PHONE, tariff: 'harian', villageCode: null },
          at: START_MS,
        });
    await stand.goOnline(siti);
    const { status, body } = await stand.portal.post(to, form);

    expect([status, body.includes('data-code="SW-ERROR"')]).toEqual([503, true]);
    expect(body).not.toContain('Terlalu banyak percobaan');
  });
});
