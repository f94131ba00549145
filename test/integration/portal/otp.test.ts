import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gatewayOf } from '../../../portal/gateways/provider.fixture.ts';
import type { Answer } from '../../../portal/portal.fixture.ts';
import { MAC } from './citizen-stand.ts';
import {
  atHome,
  locationOf,
  type OtpStand,
  openOtpStand,
  PHONE,
  path,
  seenFrom,
  walkOf,
} from './otp-stand.ts';

let stand: OtpStand;

const { get, login, askForCode, typeCode, throughConsent } = walkOf(() => stand);

const secretOf = (link: string): string => new URL(link).searchParams.get('k')!;

/** A phone at another address. */
async function fromElsewhere(method: 'GET' | 'POST', link: string): Promise<string> {
  const { portal } = seenFrom(stand, '127.0.0.9');
  const { pathname, search } = new URL(link);
  const answer =
    method === 'GET'
      ? await portal.fetch(pathname + search)
      : await portal.post(pathname, { k: secretOf(link) });
  return answer.body;
}

const other = (code: string): string => (code === '000000' ? '000001' : '000000');

describe('a number and its code', () => {
  beforeEach(async () => {
    stand = await openOtpStand();
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  it('lead to the router with a token of a citizen of their own', async () => {
    const page = await askForCode();
    const { text, code } = stand.message();

    expect(page.status).toBe(200);
    expect(page.body).toContain('0812••••890');
    expect(page.body).not.toContain('81234567890');
    expect(page.body).toMatch(/inputmode="numeric" autocomplete="one-time-code"/);
    expect(text).toContain('adalah kode WiFi Publik Kelurahan Kayu Ara. ');
    expect(text).toContain('Jangan berikan');

    const done = await throughConsent(
      await typeCode(page, ` ${code.slice(0, 3)} ${code.slice(3)}`),
    );
    expect(done.status).toBe(303);
    expect(locationOf(done)).toContain('login.wifi.home.arpa');
    const username = new URL(locationOf(done)).searchParams.get('username')!;
    expect(await stand.store.tokenFacts(username)).toMatchObject({
      mac: MAC,
      grace: false,
      account: { kind: 'subscriber', tariff: { name: 'harian' } },
    });
  });

  it('packetfence#7874: go on where they were when the window was closed and opened again, without cookies', async () => {
    await askForCode();
    const { code } = stand.message();

    const reopened = await login();
    expect(reopened.status).toBe(303);
    const page = await get(locationOf(reopened));

    expect(page.body).toContain('one-time-code');
    // Who only knows the phone's address is not told its number.
    expect(page.body).not.toContain('0812');
    const done = await throughConsent(await typeCode(page, code));
    expect(locationOf(done)).toContain('login.wifi.home.arpa');
  });

  it('are the same citizen the next time', async () => {
    const accounts: string[] = [];
    for (let i = 0; i < 2; i += 1) {
      const page = await askForCode(i === 0 ? PHONE : '+62 812-3456-7890');
      const done = await throughConsent(await typeCode(page, stand.message().code));
      const username = new URL(locationOf(done)).searchParams.get('username')!;
      accounts.push((await stand.store.tokenFacts(username))!.account.id);
      stand.portal.clock.advance(10 * 60_000);
    }

    expect(accounts[0]).toBe(accounts[1]);
  });

  it('have five tries; then another code is needed', async () => {
    const page = await askForCode();
    const wrong = other(stand.message().code);
    const answers: Answer[] = [];
    for (let i = 0; i < 5; i += 1) answers.push(await typeCode(page, wrong));
    const late = await typeCode(page, stand.message().code);

    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422]);
    expect(answers[0]!.body).toContain('Sisa percobaan: 4');
    expect(answers[4]!.body).toContain('tidak berlaku lagi');
    expect(late.status).toBe(422);
  });

  it('are over after five minutes', async () => {
    const page = await askForCode();
    stand.portal.clock.advance(5 * 60_000);

    expect((await typeCode(page, stand.message().code)).body).toContain('tidak berlaku lagi');
  });

  it('are sent anew after a minute, and the one before is dead', async () => {
    const page = await askForCode();
    const first = stand.message().code;
    const early = await stand.portal.post('/otp/again', stand.form(page, '/otp/code'));
    stand.portal.clock.advance(61_000);
    const again = await stand.portal.post('/otp/again', stand.form(page, '/otp/code'));
    const next = await get(locationOf(again));

    expect([early.status, again.status]).toEqual([429, 303]);
    expect(stand.provider.received).toHaveLength(2);
    const { code } = stand.message();
    const dead = first === code ? 422 : (await typeCode(next, first)).status;
    expect(dead).toBe(422);
    expect((await throughConsent(await typeCode(next, code))).status).toBe(303);
  });

  it('begin anew with another number', async () => {
    const page = await askForCode();
    const other = await stand.portal.post('/otp/other', stand.form(page, '/otp/other'));

    const phones = await get(locationOf(other));
    expect(phones.body).toContain('name="phone"');
  });

  it.each(['', '0711123456', '+6591234567', 'x'.repeat(3000)])(
    'refuse %j, and nothing is sent',
    async (phone) => {
      const answer = await askForCode(phone);

      expect(answer.status).toBe(422);
      expect(answer.body).toContain('data-code="SW-BADCRED"');
      expect(stand.provider.received).toEqual([]);
    },
  );

  it('look the same for a number that is known and one that is not', async () => {
    const known = await askForCode();
    await throughConsent(await typeCode(known, stand.message().code));
    stand.portal.clock.advance(10 * 60_000);
    const plain = (page: Answer): string =>
      page.body
        .replaceAll(/value="[^"]*"/g, '')
        .replaceAll(/href="[^"]*"/g, '')
        .replaceAll(/\d/g, '#');
    const again = await askForCode();
    stand.portal.clock.advance(21 * 60_000);
    const unknown = await askForCode('081234567123');

    expect(plain(again)).toBe(plain(unknown));
  });

  it('are refused from a foreign page', async () => {
    const fields = stand.form(await login(), '/otp');
    const foreign = { Origin: 'https://elsewhere.example' };

    const answer = await stand.portal.post('/otp', { ...fields, phone: PHONE }, foreign);

    expect([answer.status, stand.provider.received.length]).toEqual([403, 0]);
  });

  it('belong to their phone: another phone’s redirect finds nothing', async () => {
    await askForCode();
    const elsewhere = { ...stand.redirect, mac: 'A2:00:00:00:00:77' };

    const page = await get(path('/', elsewhere));

    expect(page.status).toBe(200);
  });
});

describe('the link of the message', () => {
  beforeEach(async () => {
    stand = atHome(await openOtpStand());
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  it('finishes in the normal browser of the same phone, also by two taps; a preview spends nothing', async () => {
    await askForCode();
    const { link } = stand.message();
    const preview = await get(link);
    const page = await get(link);
    const fields = stand.form(page, '/otp/link');
    const pressed = await stand.portal.post('/otp/link', fields);
    const twice = await stand.portal.post('/otp/link', { ...fields, terms: '1', data: '1' });
    const elsewhere = await seenFrom(stand, '127.0.0.9').portal.post('/otp/link', fields);
    stand.portal.clock.advance(2 * 60_000);
    const late = await stand.portal.post('/otp/link', fields);

    expect([preview.status, page.status]).toEqual([200, 200]);
    expect(pressed.body).toContain('action="/consent"');
    expect(locationOf(twice)).toMatch(/^http:\/\/login\.wifi\.home\.arpa\/login\?username=/);
    for (const { body } of [elsewhere, late]) {
      expect(body).toContain('Tautan tidak berlaku');
      expect(body).toContain('Lanjut ke halaman WiFi');
    }
  });

  it('lets nobody in from another phone, whoever is talked into pressing it', async () => {
    await askForCode();
    const { link } = stand.message();
    const page = await fromElsewhere('GET', link);
    const pressed = await fromElsewhere('POST', link);

    expect(page).toContain('Buka di HP yang memakai WiFi');
    expect(page).not.toContain('action="/otp/link"');
    expect(pressed).toContain('Buka di HP yang memakai WiFi');
    expect(
      await stand.store.codeOfLink({ link: secretOf(link), at: stand.portal.clock.now() }),
    ).not.toBeNull();
  });

  it.each(['', 'abc', 'A'.repeat(22), "'; --"])('is none when it is %j', async (k) => {
    const answer = await get(path('/otp/link', { k }));

    expect(answer.body).toContain('Tautan tidak berlaku');
  });
});

describe('budgets', () => {
  afterEach(() => stand[Symbol.asyncDispose]());

  it('hold per number and phone a day, and say when to come again', async () => {
    stand = await openOtpStand({ settings: { 'portal.otp.per-phone': '2' } });
    const statuses: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      statuses.push((await askForCode()).status);
      const going = await login();
      if (going.status === 303) {
        const page = await get(locationOf(going));
        await stand.portal.post('/otp/other', stand.form(page, '/otp/other'));
      }
      stand.portal.clock.advance(5 * 60_000);
    }

    expect(statuses).toEqual([200, 200, 429]);
    expect(stand.provider.received).toHaveLength(2);
  });

  it('of money hold for all, in the store', async () => {
    stand = await openOtpStand({
      gateways: (origin) => [gatewayOf('fonnte', origin, { cost: 200_000 })],
    });
    const first = await askForCode();
    stand.portal.clock.advance(21 * 60_000);
    const second = await askForCode('081234567123');

    expect([first.status, second.status]).toEqual([200, 429]);
    expect(stand.provider.received).toHaveLength(1);
  });

  it('are not used up by a gateway that takes nothing', async () => {
    stand = await openOtpStand({ settings: { 'portal.otp.per-phone': '1' } });
    stand.provider.answers = [{ body: { status: false, reason: 'invalid token' } }];
    const failed = await askForCode();
    stand.provider.answers = [{ body: { status: true, id: ['1'] } }];
    stand.portal.clock.advance(61_000);

    expect(failed.status).toBe(503);
    expect((await askForCode()).status).toBe(200);
  });

  it('fail over to the next gateway', async () => {
    stand = await openOtpStand({
      gateways: (origin) => [gatewayOf('whatsapp', origin), gatewayOf('fonnte', origin)],
    });
    stand.provider.answers = [
      { status: 401, body: { error: { code: 190 } } },
      { body: { status: true, id: ['1'] } },
    ];

    expect((await askForCode()).status).toBe(200);
    expect(stand.provider.received.map((one) => one.path)).toEqual([
      '/v23.0/1098/messages',
      '/send',
    ]);
    expect(await stand.portal.metricsPage()).toContain(
      'smartwifi_portal_otp_messages_total{gateway="whatsapp",result="credentials"} 1',
    );
  });
});
