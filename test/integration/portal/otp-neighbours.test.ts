/**
 * Two phones of one village: what the one can do to the other by naming its MAC and its number. Addresses are
 * those of the village's network, and nobody invents them.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gatewayOf } from '../../../portal/gateways/provider.fixture.ts';
import { accounting, newRouter } from '../../fixtures/rows.ts';
import { MAC } from './citizen-stand.ts';
import {
  E164,
  locationOf,
  type OtpStand,
  openOtpStand,
  PHONE,
  path,
  seenFrom,
  WEBHOOK_SECRET,
  walkOf,
} from './otp-stand.ts';

const HOME = '127.64.0.20';
const NEXT = '127.64.0.21';
const HOSTILE = '127.64.0.66';
const HOSTILE_PHONE = '0856 1111 2222';

let stand: OtpStand;
let own: OtpStand;
let foe: OtpStand;
const citizen = walkOf(() => own);
const hostile = walkOf(() => foe);

async function open(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  stand = await openOtpStand({ settings });
  own = seenFrom(stand, HOME);
  foe = seenFrom(stand, HOSTILE);
}
afterEach(() => stand[Symbol.asyncDispose]());

const macOf = (n: number): string => `02:00:00:00:00:${n.toString(16).padStart(2, '0')}`;
const wrong = (code: string): string => (code === '000000' ? '000001' : '000000');

describe('who names the MAC of another phone', () => {
  beforeEach(() => open());

  it('does not find its visit, and spends none of its tries', async () => {
    const page = await citizen.askForCode();
    const { code } = stand.message();
    const looked = await hostile.login();
    for (let n = 0; n < 6; n += 1) {
      await foe.portal.post('/otp/code', { ...stand.redirect, code: wrong(code) });
    }

    expect(looked.status).toBe(200);
    const done = await citizen.throughConsent(await citizen.typeCode(page, code));
    expect(locationOf(done)).toContain('login.wifi.home.arpa');
  });

  it('neither ends nor replaces its visit', async () => {
    await citizen.askForCode();
    const { code } = stand.message();
    await foe.portal.post('/otp/other', { ...stand.redirect });
    await foe.portal.post('/otp/again', { ...stand.redirect });
    await hostile.askForCode(HOSTILE_PHONE);

    const reopened = await citizen.get(locationOf(await citizen.login()));
    const done = await citizen.throughConsent(await citizen.typeCode(reopened, code));
    expect(locationOf(done)).toContain('login.wifi.home.arpa');
  });

  it('plants no number of theirs in it', async () => {
    const planted = await hostile.askForCode(HOSTILE_PHONE);
    await hostile.typeCode(planted, stand.message().code);

    const page = await citizen.login();
    const go = await citizen.get(path('/otp/go', stand.redirect));
    expect([page.status, go.status]).toEqual([200, 303]);
    expect(locationOf(go)).toMatch(/^\/\?/);
  });

  it('takes none of its codes: each address has its own', async () => {
    for (let n = 0; n < 12; n += 1) {
      await hostile.askForCode(`0856 1111 22${n + 10}`);
      stand.portal.clock.advance(25 * 60_000);
    }

    expect((await citizen.askForCode()).status).toBe(200);
  });

  it('does not end the pass that it has', async () => {
    const { store, router } = stand;
    const at = stand.portal.clock.now();
    const phone = { routerId: router.id, mac: MAC };
    const accountId = await store.ensureGraceAccount({ seconds: 240, kbps: 128, at });
    const token = await store.issueToken({
      ...{ ...phone, accountKind: 'subscriber', accountId, at, ttlMs: 60_000 },
      ...{ phone: null, grace: true },
    });
    const opened = await store.openLogin({
      ...{ ...phone, proof: { kind: 'token', ...token }, rate: null, at },
      ...{ sessionTimeoutSeconds: 240, totalLimitOctets: null, validUntil: null },
      ...{ devices: 9, whenFull: 'refuse' },
    });
    if (opened.outcome !== 'opened') throw new Error(opened.outcome);
    const start = { status: 'start', username: token.username, mac: MAC, eventAt: at } as const;
    await store.recordAccounting(
      accounting(router.id, opened.sessionId, { ...start, framedIp: HOME }),
    );

    const page = await hostile.askForCode(HOSTILE_PHONE);
    await hostile.typeCode(page, stand.message().code);

    expect(await store.graceOfPhone(phone)).toMatchObject({ address: HOME, ending: false });
  });
});

describe('who asks for a code in the name and to the number of another', () => {
  it('behind a NAT that hides them both, has no link sent that the other could press', async () => {
    await open();
    foe = seenFrom(stand, '127.0.0.66');

    await hostile.askForCode(PHONE);

    expect(stand.message().link).toBe('');
    expect(stand.message().code).toMatch(/^\d{6}$/);
  });

  it('behind a NAT that hides them both, is let in by no link that was sent before', async () => {
    await open();
    const behind = '127.0.0.66';
    foe = seenFrom(stand, behind);
    own = seenFrom(stand, behind);
    await hostile.askForCode(PHONE);
    const at = stand.portal.clock.now();
    const { router, redirect } = stand;
    const phone = {
      kind: 'otp',
      routerId: router.id,
      mac: redirect.mac!,
      address: behind,
    } as const;
    const ticketId = (await stand.store.ticketOfPhone({ ...phone, at }))!.id;
    const { link } = (await stand.store.issueCode({
      ...{ ticketId, purpose: 'login', phone: E164, at },
      ...{ ttlMs: 60_000, resendMs: 0, tries: 5 },
    }))!;

    const pressed = await own.portal.post('/otp/link', { k: link });

    expect(pressed.body).toContain('Buka di HP yang memakai WiFi');
    expect(await stand.store.codeState({ ticketId, at })).toMatchObject({ provenBy: null });
  });

  it('is let in by no link that they press', async () => {
    await open();
    await hostile.askForCode(PHONE);
    const { link } = stand.message();
    await stand.goOnline({ kind: 'voucher', id: stand.voucher.id });
    own = seenFrom(stand, '127.0.0.1');

    const pressed = await own.portal.post('/otp/link', { k: new URL(link).searchParams.get('k')! });

    expect(pressed.status).toBe(200);
    expect(pressed.body).toContain('Buka di HP yang memakai WiFi');
    expect(await hostile.get(path('/otp/go', stand.redirect))).toMatchObject({ status: 303 });
    expect(locationOf(await hostile.get(path('/otp/go', stand.redirect)))).toMatch(/^\/otp\?/);
  });
});

describe('a number that was proven', () => {
  it('lets its phone in for two minutes, however often it comes back', async () => {
    await open();
    const page = await citizen.askForCode();
    await citizen.typeCode(page, stand.message().code);
    const statuses: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      stand.portal.clock.advance(50_000);
      const answer = await citizen.get(path('/otp/go', stand.redirect));
      statuses.push(answer.status === 200 ? 'in' : locationOf(answer).slice(0, 3));
    }

    expect(statuses).toEqual(['in', 'in', '/?r', '/?r']);
  });
});

describe('a phone that comes back with another address', () => {
  beforeEach(() => open());

  it('begins anew, with all tries; the link of the message before is found from anywhere', async () => {
    const before = await citizen.askForCode();
    const { code, link } = stand.message();
    for (let n = 0; n < 4; n += 1) await citizen.typeCode(before, wrong(code));
    stand.portal.clock.advance(61_000);
    own = seenFrom(stand, NEXT);

    const page = await citizen.login();
    expect(page.status).toBe(200);
    expect(await citizen.get(link)).toMatchObject({ status: 200 });
    expect((await citizen.get(link)).body).not.toContain('Tautan tidak berlaku');
    const again = await citizen.askForCode();
    const next = stand.message().code;
    expect((await citizen.typeCode(again, wrong(next))).body).toContain('Sisa percobaan: 4');
    const done = await citizen.throughConsent(await citizen.typeCode(again, next));
    expect(locationOf(done)).toContain('login.wifi.home.arpa');
  });
});

describe('who is refused another code', () => {
  it('keeps the visit and the code that they have', async () => {
    await open();
    await citizen.askForCode();
    const { code } = stand.message();
    const another = { ...stand.redirect, phone: '0812 3456 7899' };
    const refused = await own.portal.post('/otp', another);

    expect(refused.status).toBe(429);
    const page = await citizen.get(path('/otp', stand.redirect));
    const done = await citizen.throughConsent(await citizen.typeCode(page, code));
    expect(locationOf(done)).toContain('login.wifi.home.arpa');
  });
});

describe('one phone that floods', () => {
  it('with numbers and MACs spends its own codes; neighbours get theirs', async () => {
    await open({ 'portal.otp.per-address': '3', 'portal.otp.per-router': '8' });
    const statuses: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      const phone = `0856 1111 22${n + 10}`;
      const fields = { ...stand.redirect, mac: macOf(n), phone };
      statuses.push((await foe.portal.post('/otp', fields)).status);
      stand.portal.clock.advance(61_000);
    }

    expect(statuses.filter((status) => status === 303)).toHaveLength(3);
    expect(stand.provider.received).toHaveLength(3);
    // Under the very MACs that were named.
    for (let n = 0; n < 5; n += 1) {
      own = seenFrom(stand, `127.64.1.${n}`);
      const answer = await citizen.askForCode(`0857 1111 22${n + 10}`, macOf(n));
      expect(answer.status).toBe(200);
    }
  });

  it('while no gateway takes anything, asks no more than twice that', async () => {
    await open({ 'portal.otp.per-address': '3' });
    stand.provider.answers = [{ body: { status: false, reason: 'invalid token' } }];
    const statuses: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      const fields = { ...stand.redirect, mac: macOf(n), phone: `0856 1111 22${n + 10}` };
      statuses.push((await foe.portal.post('/otp', fields)).status);
      stand.portal.clock.advance(61_000);
    }

    expect(statuses).toEqual([...Array<number>(6).fill(503), ...Array<number>(4).fill(429)]);
  });

  it('with words begins no more visits than that either', async () => {
    await open({ 'portal.otp.per-address': '3', 'portal.otp.number': '+6281100000000' });
    const statuses: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      const fields = { ...stand.redirect, mac: macOf(n) };
      statuses.push((await foe.portal.post('/otp/message', fields)).status);
    }

    expect(statuses).toEqual([...Array<number>(6).fill(303), ...Array<number>(4).fill(429)]);
  });

  it('with wrong codes tries fifteen a day, at whichever numbers', async () => {
    await open({ 'portal.otp.cooldown-seconds': '15' });
    const answers: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      const page = await hostile.askForCode(`0856 1111 22${n + 10}`, macOf(n));
      const code = wrong(stand.message().code);
      for (let i = 0; i < 5; i += 1) {
        const tried = await hostile.typeCode(page, code);
        answers.push(/data-code="(SW-\w+)"/.exec(tried.body)![1]!);
        stand.portal.clock.advance(4000);
      }
    }
    const right = await hostile.askForCode('0856 1111 2299', macOf(99));
    const late = await hostile.typeCode(right, stand.message().code);

    expect(answers.filter((code) => code === 'SW-BADCRED')).toHaveLength(15);
    expect(answers.slice(15)).toEqual(Array<string>(10).fill('SW-LIMIT'));
    expect(late.status).toBe(429);
    const page = await citizen.askForCode();
    expect((await citizen.typeCode(page, wrong(stand.message().code))).status).toBe(422);
  });

  it('with clicks makes three accounts a day; neighbours make theirs', async () => {
    await open({ 'portal.ways': 'click', 'portal.tariff.click': 'harian' });
    const agreed = { boxes: '1', terms: '1', data: '1' };
    const click = async (at: OtpStand, mac: string): Promise<number> =>
      (await at.portal.post('/click', { ...stand.redirect, ...agreed, mac })).status;
    const flood: number[] = [];
    for (let n = 0; n < 8; n += 1) flood.push(await click(foe, macOf(n)));

    expect(flood.map((status) => status !== 403)).toEqual([
      ...Array<boolean>(3).fill(true),
      ...Array<boolean>(5).fill(false),
    ]);
    expect(await click(own, macOf(20))).not.toBe(403);
    expect(await click(foe, macOf(0))).not.toBe(403);
  });
});

describe('the money of a day', () => {
  const openWith = async (cost: number): Promise<void> => {
    stand = await openOtpStand({
      gateways: (origin) => [gatewayOf('fonnte', origin, { cost })],
      settings: { 'portal.otp.per-address': '100' },
    });
  };
  const asks = async (at: OtpStand, router: string, times: number): Promise<number> => {
    let sent = 0;
    for (let n = 0; n < times; n += 1) {
      const fields = { ...stand.redirect, router, mac: macOf(n) };
      const phone = `0856 11${router.at(-1)} ${at.portal === own.portal ? 1 : 2}2${n + 10}`;
      if ((await at.portal.post('/otp', { ...fields, phone })).status === 303) sent += 1;
      stand.portal.clock.advance(61_000);
    }
    return sent;
  };

  it('is spent by half at one router; the next has its own', async () => {
    await openWith(100_000);
    own = seenFrom(stand, HOME);
    const next = await stand.store.addRouter({
      ...newRouter,
      ...{ name: 'kayu-ara-2', address: '127.20.0.2', at: stand.portal.clock.now() },
    });
    const lan = next.lanSubnet.replace(/\.0\/\d+$/, '');
    foe = seenFrom(stand, `${lan}.66`);

    expect(await asks(own, stand.router.name, 8)).toBe(5);
    expect(await asks(foe, next.name, 8)).toBe(5);
    expect(stand.provider.received).toHaveLength(10);
  });

  it('is spent by a quarter from addresses of no village', async () => {
    await openWith(100_000);
    foe = seenFrom(stand, '127.0.0.66');
    own = seenFrom(stand, HOME);

    expect(await asks(foe, stand.router.name, 8)).toBe(2);
    expect(await asks(own, stand.router.name, 8)).toBe(3);
  });
});

describe('a number that a gateway is asked for whose answers break off', () => {
  it('has no more messages of it than of another', async () => {
    await open();
    stand.provider.answers = [{ fault: 'cut' }];
    const statuses: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      const page = await citizen.askForCode();
      statuses.push(page.status);
      stand.portal.clock.advance(61_000);
    }

    expect(statuses).toEqual([503, 503, 503, 503, 429, 429, 429, 429]);
  });
});

it('a message that is repeated proves nothing anew', async () => {
  await open({ 'portal.otp.number': '+6281100000000' });
  const first = await citizen.get(path('/otp', stand.redirect));
  const begun = await own.portal.post('/otp/message', own.form(first, '/otp/message'));
  const word = /MASUK ([A-Z0-9]{6})/.exec((await citizen.get(locationOf(begun))).body)![1]!;
  const send = async (sender: string) =>
    stand.portal.fetch(path('/hooks/otp/fonnte', { key: WEBHOOK_SECRET }), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ sender, message: `MASUK ${word}` }),
    });
  await send('6281234567890');
  await send('6281234567890');
  await send('6285611112222');

  const metrics = await stand.portal.metricsPage();
  expect(metrics).toContain('smartwifi_portal_otp_hooks_total{result="proven"} 1');
  expect(metrics).toContain('smartwifi_portal_otp_hooks_total{result="held"} 2');
});
