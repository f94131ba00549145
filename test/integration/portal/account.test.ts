import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { START_MS } from '../../../portal/village.fixture.ts';
import type { Subscriber } from '../../../store/types.ts';
import { type CitizenStand, hiddenIn, MAC, openCitizenStand } from './citizen-stand.ts';
import { citizen, PASSWORD, PHONE, sender, TICKED } from './siti.ts';

describe('my account', () => {
  let stand: CitizenStand;
  let siti: Subscriber;
  beforeEach(async () => {
    stand = await openCitizenStand();
    siti = await citizen(stand);
  });
  afterEach(() => stand[Symbol.asyncDispose]());
  const { post, fetch } = {
    post: (path: string, form: Record<string, string>) => stand.portal.post(path, form),
    fetch: (path: string) => stand.portal.fetch(path),
  };

  it('is for the phone that is online, and nobody else', async () => {
    expect((await fetch('/account')).headers.location).toBe('/status');
    expect((await fetch('/account/data?lang=en')).headers.location).toBe('/status?lang=en');
    expect((await post('/account/erase', {})).headers.location).toMatch(/^\/status/);
  });

  it('shows the own phones by what they are, not by their MAC, and lets one go', async () => {
    await stand.goOnline(siti);
    const other = await stand.goOnline(siti, 'A2:00:00:00:00:77');
    const { body } = await fetch('/account');

    expect(body).toContain('HP Android');
    expect(body).toContain('Tersambung sejak');
    expect(body).not.toMatch(/A2:00/);
    const handles = [...body.matchAll(/name="handle" value="([0-9a-f]+)"/g)].map((m) => m[1]!);
    expect(handles).toHaveLength(2);
    const phones = await stand.store.phonesOf({ account: siti, mac: MAC, at: START_MS });
    const { handle } = phones.find((phone) => !phone.isThis)!;
    const done = await post('/account/release', { handle });

    expect(done.body).toContain('HP itu dilepas');
    const waiting = await stand.store.claimEnforcement({ at: START_MS + 1, leaseMs: 1, limit: 9 });
    expect(waiting.map(({ session }) => session.id)).toEqual([other]);
    expect((await post('/account/release', { handle: 'x' })).status).toBe(422);
  });

  it('tops up with a voucher, once', async () => {
    await stand.goOnline(siti);
    const voucher = await stand.newVoucher();

    expect((await post('/account/topup', { voucher })).body).toContain('Voucher ditambahkan');
    expect((await stand.store.voucherByCode(voucher))?.disabled).toBe(true);
    expect((await post('/account/topup', { voucher: 'AAAA-AAAA' })).status).toBe(422);
  });

  it('changes a password only for who knows the old one, and to a good one', async () => {
    await stand.goOnline(siti);
    const change = (secret: string, password: string) =>
      post('/account/password', { secret, password });

    expect((await change('salah sama sekali', 'kopi-susu-77')).body).toContain('tidak cocok');
    expect((await change(PASSWORD, '081234567890')).body).toContain('nomor HP Anda');
    expect((await change(PASSWORD, 'kopi-susu-77')).status).toBe(200);
    const after = await stand.store.subscriberByUsername(PHONE);
    expect(after?.passwordHash).toBe(`k$${stand.store.credentialKey('kopi-susu-77')}`);
  });

  it('gives a file with everything to who proves it, and to nobody else', async () => {
    await stand.goOnline(siti);

    expect((await post('/account/export', { secret: 'salah sama sekali' })).status).toBe(422);
    const file = await post('/account/export', { secret: PASSWORD });
    expect(file.headers['content-disposition']).toBe('attachment; filename="data-saya.json"');
    expect(JSON.parse(file.body)).toMatchObject({
      account: { phone: PHONE, displayName: 'Siti' },
      sessions: [{ router: 'kayu-ara-1' }],
    });
  });

  it('withdraws consent, which ends the session', async () => {
    const agreed = await stand.portal.post('/login', {
      ...stand.redirect,
      username: '0812-3456-7890',
      password: PASSWORD,
      ...TICKED,
    });
    await stand.arrive(agreed);
    await stand.goOnline(siti);

    expect((await post('/account/withdraw', { secret: PASSWORD })).body).toContain('ditarik');
    const entries = await stand.store.consentsOf(PHONE);
    expect(entries.map(({ act }) => act)).toEqual(['given', 'withdrawn']);
  });

  it('erases on request, after a day in which it can be taken back', async () => {
    await stand.goOnline(siti);

    expect((await post('/account/erase', { secret: PASSWORD })).body).toContain('paling lambat');
    expect(await stand.store.dueErasures({ at: START_MS + 25 * 3_600_000, limit: 5 })).toHaveLength(
      1,
    );
    expect((await post('/account/keep', {})).body).toContain('dibatalkan');
    expect(await stand.store.dueErasures({ at: START_MS + 99 * 3_600_000, limit: 5 })).toEqual([]);
  });

  it('asks an account without a password for a code to its number', async () => {
    await using coded = await openCitizenStand({ codes: sender([]) });
    const made = await coded.store.ensureCitizen({
      origin: 'otp',
      key: PHONE,
      phone: PHONE,
      tariff: 'harian',
      villageCode: null,
      at: START_MS,
    });
    await coded.goOnline(made);
    const erase = (form: Record<string, string>) => coded.portal.post('/account/erase', form);

    expect((await erase({ secret: '123456' })).status).toBe(422);
    const page = await coded.portal.post('/account/code', {});
    const fields = hiddenIn(page.body, '/account/erase');
    expect((await erase({ ...fields, secret: '000000' })).status).toBe(422);
    expect((await erase({ ...fields, secret: '123456' })).body).toContain('paling lambat');
    const released = await coded.portal.post('/release', { ...coded.redirect, ...fields });
    expect(released.headers.location).toMatch(/^\/\?router/);
  });

  it('takes no first password from an address alone, which would shut its owner out', async () => {
    const made = await stand.store.ensureCitizen({
      ...{ origin: 'click', key: 'v m', tariff: 'harian', villageCode: null, at: START_MS },
    });
    await stand.goOnline(made);

    expect((await post('/account/password', { password: 'kopi-susu-77' })).status).toBe(422);
    expect((await stand.store.profile(made.id))?.hasPassword).toBe(false);
    expect((await post('/account/export', {})).status).toBe(200);
  });

  it('corrects the name', async () => {
    await stand.goOnline(siti);

    expect((await post('/account/name', { name: '  Siti   Aminah ' })).status).toBe(200);
    expect((await stand.store.profile(siti.id))?.displayName).toBe('Siti Aminah');
    expect((await post('/account/name', { name: '<b>x</b>' })).status).toBe(422);
  });

  it('refuses forms of other sites', async () => {
    await stand.goOnline(siti);
    for (const path of [
      'release',
      'topup',
      'password',
      'export',
      'withdraw',
      'erase',
      'keep',
      'name',
    ]) {
      const foreign = { 'Sec-Fetch-Site': 'cross-site' };
      expect((await stand.portal.post(`/account/${path}`, {}, foreign)).status).toBe(403);
    }
  });

  it('lets in by a phone number in whatever form', async () => {
    const login = (username: string) =>
      stand.portal.post('/login', { ...stand.redirect, username, password: PASSWORD, ...TICKED });

    for (const username of ['081234567890', '+62 812-3456-7890', '6281234567890', siti.username]) {
      expect((await login(username)).status).toBe(303);
    }
    expect((await login('081234567891')).status).not.toBe(303);
  });
});

describe('a full account', () => {
  it('lets its owner go online by letting go of another phone', async () => {
    await using stand = await openCitizenStand({
      radius: {
        authenticate: async ({ password }) => ({
          kind: 'reject',
          code: password === PASSWORD ? 'SW-DEVICES' : 'SW-BADCRED',
          text: '',
        }),
      },
    });
    const siti = await citizen(stand);
    await stand.goOnline(siti, 'A2:00:00:00:00:77');
    const form = { ...stand.redirect, username: PHONE };

    const wrong = await stand.portal.post('/login', { ...form, password: 'salah sekali' });
    expect(wrong.body).not.toContain('action="/release"');
    const full = await stand.portal.post('/login', { ...form, password: PASSWORD });
    expect(full.body).toContain('HP Android');
    const fields = hiddenIn(full.body, '/release');
    const stolen = await stand.portal.post('/release', { ...fields, mac: 'A2:00:00:00:00:02' });
    expect(stolen.headers.location).toMatch(/^\/\?router/);
    const done = await stand.portal.post('/release', { ...fields, ...TICKED });
    expect(done.headers.location).toMatch(/^http:\/\/login\.wifi\.home\.arpa\/login\?/);
  });
});

describe('registration by a voucher', () => {
  const typed = { phone: '0812 3456 7890', password: PASSWORD, name: 'Siti' };

  it('looks up no code that RADIUS does not let it: its budget of guesses holds on every page', async () => {
    const radius = {
      authenticate: async () => ({ kind: 'reject', code: 'SW-LIMIT', text: '' }) as const,
    };
    await using stand = await openCitizenStand({ radius });
    const voucher = stand.voucher.code;
    const asked = { ...stand.redirect, ...typed, voucher, ...TICKED };

    expect((await stand.portal.post('/register', asked)).status).toBe(429);
    expect((await stand.store.voucherByCode(voucher))?.disabled).toBe(false);
  });

  it('needs an unused voucher where no codes can be sent, and spends it', async () => {
    await using stand = await openCitizenStand();
    const register = (voucher: string, over: object = {}) =>
      stand.portal.post('/register', { ...stand.redirect, ...typed, ...over, voucher, ...TICKED });

    expect((await register('AAAA-AAAA')).body).toContain('Voucher salah atau sudah dipakai');
    expect((await register(stand.voucher.code)).status).toBe(303);
    expect((await stand.store.voucherByCode(stand.voucher.code))?.disabled).toBe(true);
    const another = await stand.newVoucher();
    const taken = await register(another);
    expect(taken.status).toBe(303);
    expect(await stand.arrive(taken)).toMatchObject({ outcome: 'opened' });
    expect(await stand.store.voucherByCode(another)).toMatchObject({ firstLoginAt: START_MS });
    const again = await register(another, { password: 'milik orang lain 9' });
    expect(again.body).toContain('Voucher salah atau sudah dipakai');
  });

  it.each([
    ['no number', { phone: '0711123456' }, 'Nomor HP tidak cocok'],
    ['a short password', { password: 'pendek' }, 'terlalu pendek'],
    ['the number as password', { password: 'siti081234567890' }, 'nomor HP'],
    ['a common password', { password: 'password1' }, 'mudah ditebak'],
  ])('refuses %s, and keeps what was typed but the password', async (_what, over, said) => {
    await using stand = await openCitizenStand();
    const { body, status } = await stand.portal.post('/register', {
      ...stand.redirect,
      ...typed,
      ...over,
    });

    expect(status).toBe(422);
    expect(body).toContain(said);
    expect(body).toContain('value="Siti"');
    expect(body).not.toContain(PASSWORD);
  });

  it('asks no NIK unless an operator wants it, then checks and masks it', async () => {
    await using off = await openCitizenStand();
    const page = (stand: CitizenStand) =>
      stand.portal.fetch(`/register?${new URLSearchParams(stand.redirect).toString()}`);
    expect((await page(off)).body).not.toContain('name="nik"');

    await using on = await openCitizenStand({}, { 'portal.nik': 'required' });
    expect((await page(on)).body).toContain('name="nik"');
    const form = { ...on.redirect, ...typed, voucher: on.voucher.code, ...TICKED };
    expect((await on.portal.post('/register', form)).body).toContain('NIK tidak cocok');
    const done = await on.portal.post('/register', { ...form, nik: '1606015708900003' });
    expect(done.status).toBe(303);
    const made = await on.store.subscriberByUsername(PHONE);
    expect((await on.store.profile(made!.id))?.nikMasked).toBe('160601******0003');
  });

  it('asks a parent when the NIK says that the citizen is a child', async () => {
    await using stand = await openCitizenStand({}, { 'portal.nik': 'optional' });
    const { body } = await stand.portal.post('/register', {
      ...stand.redirect,
      ...typed,
      nik: '1606010101150001',
      voucher: stand.voucher.code,
      ...TICKED,
    });

    expect(body).toContain('action="/consent"');
    expect(body).toMatch(/name="minor" value="1" checked/);
    expect(await stand.store.listConsents(1)).toEqual([]);
    const next = await stand.portal.post('/login', {
      ...{ ...stand.redirect, username: PHONE, password: PASSWORD, ...TICKED },
    });
    expect(next.body).toMatch(/name="minor" value="1" checked/);
    expect((await stand.store.subscriberByUsername(PHONE))?.child).toBe(true);
  });

  it('is not open where no tariff is set for it', async () => {
    await using stand = await openCitizenStand();
    await stand.store.unsetSetting({ level: 'regency', code: '16.06', name: 'portal.tariff.self' });

    const login = await stand.portal.fetch(`/?${new URLSearchParams(stand.redirect).toString()}`);
    expect(login.body).not.toContain('/register');
    const form = await stand.portal.post('/register', { ...stand.redirect, ...typed });
    expect(form.body).toContain('tidak dibuka');
  });
});
