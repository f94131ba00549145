import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { START_MS } from '../../../portal/village.fixture.ts';
import type { Subscriber } from '../../../store/types.ts';
import { type CitizenStand, hiddenIn, MAC, openCitizenStand } from './citizen-stand.ts';
import { citizen, PASSWORD, PHONE, sender } from './siti.ts';

const NEW = '+6281398765432';
const PAGE = '/account/number';

describe('another phone number', () => {
  let stand: CitizenStand;
  let siti: Subscriber;
  let sent: string[];
  beforeEach(async () => {
    sent = [];
    stand = await openCitizenStand({ codes: sender(sent) });
    siti = await citizen(stand);
    await stand.goOnline(siti);
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  const post = (form: Record<string, string>) => stand.portal.post(PAGE, form);
  const ask = (form: object = {}) => post({ phone: '0813-9876-5432', secret: PASSWORD, ...form });
  const answer = (html: string, code: string) => post({ ...hiddenIn(html, PAGE), code });
  const named = async (phone: string) => (await stand.store.subscriberByUsername(phone))?.id;

  it('is the account’s once its code came back; the old one is free, phones and sessions stay', async () => {
    const { sessionId } = { sessionId: await stand.goOnline(siti, 'A2:00:00:00:00:77') };
    const mac = { mac: MAC, accountKind: 'subscriber', accountId: siti.id } as const;
    await stand.store.rememberDevice({ ...mac, label: '', expiresAt: null, at: START_MS });
    expect((await stand.portal.fetch('/account')).body).toContain('href="/account/number?lang=id"');

    const asked = await ask();
    expect(sent).toEqual([`register ${NEW}`]);
    const wrong = await answer(asked.body, '000000');
    expect([wrong.status, await named(PHONE)]).toEqual([422, siti.id]);
    const done = await answer(wrong.body, '123456');

    expect(done.body).toContain('Nomor HP diganti');
    expect([await named(NEW), await named(PHONE)]).toEqual([siti.id, undefined]);
    expect(await stand.store.profile(siti.id)).toMatchObject({ phone: NEW, phoneProved: true });
    expect((await stand.store.session(sessionId))?.state).not.toBe('closed');
    expect(await stand.store.claimEnforcement({ at: START_MS + 1, leaseMs: 1, limit: 9 })).toEqual(
      [],
    );
    expect((await stand.store.device(MAC))?.accountId).toBe(siti.id);
    const [entry] = await stand.store.listAudit(1);
    expect(entry).toMatchObject({ action: 'subscriber.number', subject: siti.username });
    expect(JSON.stringify(entry)).not.toMatch(/8139876|81234567/);

    const next = { origin: 'otp', key: PHONE, phone: PHONE, tariff: 'harian' } as const;
    const made = await stand.store.ensureCitizen({ ...next, villageCode: null, at: START_MS });
    expect(made.id).not.toBe(siti.id);
  });

  it.each([
    ['without the password', { secret: 'salah sama sekali' }, 'tidak cocok'],
    ['that is none', { phone: '0711 123456' }, 'Nomor HP tidak cocok'],
    ['that it has already', { phone: PHONE }, 'sudah nomor akun Anda'],
  ])('is not asked for %s', async (_what, over, said) => {
    const { status, body } = await ask(over);

    expect([status, sent]).toEqual([422, []]);
    expect(body).toContain(said);
    expect(await named(PHONE)).toBe(siti.id);
  });

  it('is not taken from who has proved it, which only its holder is told', async () => {
    const free = await ask();
    const other = { origin: 'otp', key: NEW, phone: NEW, tariff: 'harian' } as const;
    const made = await stand.store.ensureCitizen({ ...other, villageCode: null, at: START_MS });
    const taken = await ask();

    const blank = (html: string): string =>
      html.replaceAll(/(?:ticket=|name="ticket" value=")[\w-]{22}/g, '');
    expect(blank(taken.body)).toBe(blank(free.body));
    expect((await answer(taken.body, '123456')).body).toContain('sudah punya akun sendiri');
    expect([await named(NEW), await named(PHONE)]).toEqual([made.id, siti.id]);
  });

  it('is taken from who only claimed it', async () => {
    const claimed = await stand.store.registerByVoucher({
      ...{ code: stand.voucher.code, phone: NEW, password: PASSWORD, tariff: 'harian' },
      ...{ villageCode: stand.router.villageCode, day: '2026-11-24', at: START_MS },
    });
    const done = await answer((await ask()).body, '123456');

    expect(done.body).toContain('Nomor HP diganti');
    expect(await named(NEW)).toBe(siti.id);
    expect(await stand.store.profile(claimed!.id)).toMatchObject({ phone: null });
  });

  it('needs a code to the old number where there is no password', async () => {
    await using stand = await openCitizenStand({ codes: sender(sent) });
    const otp = { origin: 'otp', key: '+6281200001111', phone: '+6281200001111' } as const;
    const budi = await stand.store.ensureCitizen({
      ...{ ...otp, tariff: 'harian', villageCode: null, at: START_MS },
    });
    await stand.goOnline(budi);
    const form = { phone: '0813-9876-5432', secret: '123456' };
    const send = (fields: Record<string, string>) => stand.portal.post(PAGE, fields);

    expect((await send(form)).status).toBe(422);
    const first = await send({ first: '1' });
    const asked = await send({ ...hiddenIn(first.body, PAGE), ...form });
    const done = await send({ ...hiddenIn(asked.body, PAGE), code: '123456' });

    expect(sent).toEqual([`reset ${otp.phone}`, `register ${NEW}`]);
    expect(done.body).toContain('Nomor HP diganti');
    expect((await stand.store.subscriberByUsername(NEW))?.id).toBe(budi.id);
  });

  it('belongs to the ticket, account and page that it was asked on', async () => {
    const asked = await ask();
    const fields = hiddenIn(asked.body, PAGE);
    const elsewhere = await stand.portal.post('/register', {
      ...stand.redirect,
      ...fields,
      code: '123456',
    });
    const foreign = await stand.portal.post(PAGE, fields, { 'Sec-Fetch-Site': 'cross-site' });
    stand.portal.clock.advance(11 * 60_000);
    const late = await post({ ...fields, code: '123456' });

    expect([elsewhere.status, foreign.status, late.status]).toEqual([422, 403, 422]);
    expect(late.body).toContain('Kode sudah lewat');
    expect(await named(PHONE)).toBe(siti.id);
  });
});

it('is not offered where no codes are sent, nor to a voucher', async () => {
  await using stand = await openCitizenStand();
  await stand.goOnline(await citizen(stand));

  expect((await stand.portal.fetch('/account')).body).not.toContain(PAGE);
  expect((await stand.portal.fetch(PAGE)).headers.location).toBe('/account');
});
