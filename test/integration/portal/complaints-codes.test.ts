/** What was complained of in public about codes to phone numbers and about consent: see complaints.test.ts. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MAC } from './citizen-stand.ts';
import { locationOf, type OtpStand, openOtpStand, path, walkOf } from './otp-stand.ts';

const COOLDOWN = 90;
const OTHER = '0857 1234 5678';

let stand: OtpStand;
const { get, login, askForCode, typeCode, throughConsent } = walkOf(() => stand);

beforeEach(async () => {
  stand = await openOtpStand({ settings: { 'portal.otp.cooldown-seconds': String(COOLDOWN) } });
});
afterEach(() => stand[Symbol.asyncDispose]());

const token = /^http:\/\/login\.wifi\.home\.arpa\/login\?username=/;

it('openNDS#62: who has agreed to what, where and when is recorded with the login, and only then', async () => {
  const ledger = async () => {
    await stand.store.chainConsents({ limit: 100 });
    return stand.store.listConsents(10);
  };
  const done = await throughConsent(await typeCode(await askForCode(), stand.message().code));
  const before = await ledger();
  const opened = await stand.arrive(done);
  const [entry] = await ledger();

  expect(before).toEqual([]);
  expect(opened.outcome).toBe('opened');
  expect(entry).toMatchObject({ act: 'given', method: 'otp', language: 'id' });
  expect(entry).toMatchObject({ router: stand.router.name, at: stand.portal.clock.now() });
  expect(entry!.villageCode).toBe(stand.router.villageCode);
  expect([entry!.terms, entry!.privacy]).toEqual([
    expect.stringMatching(/^[0-9a-f]{64}$/),
    expect.stringMatching(/^[0-9a-f]{64}$/),
  ]);
});

it('openwisp-radius#481, #485: another code is sent once the cool-down is over, and not before', async () => {
  const page = await askForCode();
  const again = () => stand.portal.post('/otp/again', stand.form(page, '/otp/code'));
  const early = await again();
  stand.portal.clock.advance((COOLDOWN - 1) * 1000);
  const stillEarly = await again();
  const sentBefore = stand.provider.received.length;
  stand.portal.clock.advance(1000);
  const late = await again();

  expect([early.status, stillEarly.status, late.status]).toEqual([429, 429, 303]);
  expect([sentBefore, stand.provider.received.length]).toEqual([1, 2]);
});

it.each([
  '+1 202 555 0147',
  '+60 12 345 6789',
  '+881 612 345 678',
  '0900 123 4567',
  '021 555 1234',
])(
  'openwisp-radius#170: no code goes to %s, which is no mobile number of this country',
  async (phone) => {
    const answer = await askForCode(phone);

    expect(answer.status).toBe(422);
    expect(stand.provider.received).toEqual([]);
  },
);

it('openwisp-radius PR#790: nothing but the proof of a number leads past it', async () => {
  const page = await askForCode();
  const fields = stand.form(page, '/otp/code');
  const ticket = fields.ticket!;
  const skipped = [
    await get(path('/otp/go', { ticket })),
    await get(path('/otp/go', { ...stand.redirect })),
    await get(path('/otp/go', { ticket, n: '9' })),
    await stand.portal.post('/consent', { ...stand.redirect, ticket, terms: '1', data: '1' }),
    await stand.portal.post('/otp/code', { ...fields, code: '' }),
    await stand.portal.post('/otp/code', { ...fields, code: ['000000', ticket].join(' ') }),
    await stand.portal.post('/otp/again', { ...fields, code: '1' }),
    await login(),
  ];
  // The code of another's visit, asked for by another phone.
  const elsewhere = { ...stand.redirect, mac: 'A2:00:00:00:00:77', phone: OTHER };
  await stand.portal.post('/otp', elsewhere);
  const others = await typeCode(page, stand.message().code);

  for (const answer of [...skipped, others]) {
    expect(locationOf(answer)).not.toMatch(token);
    expect(answer.body).not.toContain('action="/consent"');
  }
  expect(stand.provider.received).toHaveLength(2);
  expect(await stand.store.device(MAC)).toBeNull();
});
