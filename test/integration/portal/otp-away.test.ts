import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../../portal/portal.fixture.ts';
import { accounting } from '../../fixtures/rows.ts';
import { MAC } from './citizen-stand.ts';
import {
  E164,
  locationOf,
  type OtpStand,
  openOtpStand,
  PHONE,
  path,
  WEBHOOK_SECRET,
  walkOf,
} from './otp-stand.ts';

let stand: OtpStand;

const { get, login, askForCode, typeCode, throughConsent } = walkOf(() => stand);

describe('during a pass', () => {
  beforeEach(async () => {
    stand = await openOtpStand();
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  /** The phone at loopback is online by a pass, as the router says. */
  async function onPass(): Promise<void> {
    const { store, router } = stand;
    const at = stand.portal.clock.now();
    const accountId = await store.ensureGraceAccount({ seconds: 240, kbps: 128, at });
    const phone = { routerId: router.id, mac: MAC };
    const token = await store.issueToken({
      ...{ ...phone, accountKind: 'subscriber', accountId, at, ttlMs: 60_000 },
      ...{ phone: null, grace: true },
    });
    const opened = await store.openLogin({
      ...{ ...phone, proof: { kind: 'token', ...token }, rate: '128k/128k', at },
      ...{ sessionTimeoutSeconds: 240, totalLimitOctets: null, validUntil: null },
      ...{ devices: 9, whenFull: 'refuse' },
    });
    const { sessionId } = opened as Extract<typeof opened, { outcome: 'opened' }>;
    const start = { status: 'start', username: token.username, mac: MAC, eventAt: at } as const;
    await store.recordAccounting(
      accounting(router.id, sessionId, { ...start, framedIp: '127.0.0.1' }),
    );
  }

  it('the normal browser finds the page of the code by itself, knowing nothing', async () => {
    await askForCode();
    await onPass();
    const status = await get('/status');
    const page = await get(locationOf(status));

    expect(status.status).toBe(303);
    expect(page.body).toContain('one-time-code');
    const waiting = await typeCode(page, stand.message().code);
    expect(waiting.headers.refresh).toMatch(/^2; url=\/otp\/go\?/);
    const pass = await stand.store.graceOfPhone({ routerId: stand.router.id, mac: MAC });
    expect(pass).toMatchObject({ ending: true });
  });

  it('another number gets its code, and no second pass is begun', async () => {
    await stand[Symbol.asyncDispose]();
    stand = await openOtpStand({ settings: { 'portal.grace.minutes': '4' } });
    await onPass();
    const phones = await get(path('/otp', stand.redirect));
    const fields = stand.form(phones, '/otp');
    const asked = await stand.portal.post('/otp', { ...fields, phone: PHONE });

    expect(locationOf(asked)).toMatch(/^\/otp\?ticket=/);
    expect((await get(locationOf(asked))).body).toContain('tersambung 4 menit');
  });

  it('none is given at a router whose rules are not there yet', async () => {
    await stand[Symbol.asyncDispose]();
    stand = await openOtpStand({ settings: { 'portal.grace.minutes': '4' } });

    const page = await askForCode();

    expect(stand.router.provisioning).not.toBe('applied');
    expect(page.body).not.toContain('tersambung 4 menit');
    expect(await stand.portal.metricsPage()).toContain(
      'smartwifi_portal_grace_passes_total{result="off"} 1',
    );
  });

  it('of which nobody waits for a code any more, the status page is shown', async () => {
    await onPass();

    expect((await get('/status')).status).toBe(200);
  });

  it('that does not end, the way goes on after a while all the same', async () => {
    await askForCode();
    await onPass();
    const page = await get('/otp');
    let here = await typeCode(page, stand.message().code);
    for (let waits = 0; waits < 8; waits += 1) {
      here = await get(String(here.headers.refresh).replace('2; url=', ''));
    }

    expect(locationOf(await throughConsent(here))).toContain('login.wifi.home.arpa');
  });
});

describe('a word sent to the number of the village', () => {
  beforeEach(async () => {
    stand = await openOtpStand({ settings: { 'portal.otp.number': '+6281100000000' } });
  });
  afterEach(() => stand[Symbol.asyncDispose]());

  async function askForWord(): Promise<{ page: Answer; word: string }> {
    const first = await login();
    const begun = await stand.portal.post('/otp/message', stand.form(first, '/otp/message'));
    const page = await get(locationOf(begun));
    return { page, word: /MASUK ([A-Z0-9]{6})/.exec(page.body)![1]! };
  }
  const sendWord = async (
    fields: Readonly<Record<string, string>>,
    key = WEBHOOK_SECRET,
    gateway = 'fonnte',
  ): Promise<Answer> =>
    stand.portal.fetch(path(`/hooks/otp/${gateway}`, { key }), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(fields),
    });

  it('proves the number it comes from; the page goes on by itself', async () => {
    const { page, word } = await askForWord();
    const waiting = await get(path('/otp', stand.redirect));
    const hook = await sendWord({
      sender: '6281234567890',
      message: `masuk ${word.toLowerCase()}`,
    });
    const again = await sendWord({ sender: '6281234567890', message: `masuk ${word}` });

    expect(page.headers.refresh).toBe('5');
    expect(page.body).toContain('https://wa.me/6281100000000?text=MASUK');
    expect([waiting.status, hook.status, again.status]).toEqual([200, 200, 200]);
    const moved = await get(path('/otp', stand.redirect));
    const done = await throughConsent(await get(locationOf(moved)));
    const username = new URL(locationOf(done)).searchParams.get('username')!;
    const facts = await stand.store.tokenFacts(username);
    const known = await stand.store.subscriberByUsername(E164);
    expect(facts?.account.id).toBe(known?.id);
    expect(stand.provider.received).toEqual([]);
  });

  it('proves nothing from somebody who is not the provider', async () => {
    const { word } = await askForWord();
    const message = { sender: '6281234567890', message: word };
    const refused = [
      await sendWord(message, 'wrong'),
      await sendWord(message, ''),
      await sendWord(message, WEBHOOK_SECRET, 'nobody'),
    ];

    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect((await get(path('/otp', stand.redirect))).body).toContain(word);
    expect(await stand.portal.metricsPage()).toContain(
      'smartwifi_portal_otp_hooks_total{result="refused"} 3',
    );
  });

  it('that nobody waits for changes nothing, and is acknowledged', async () => {
    const answers = [
      await sendWord({ sender: '6281234567890', message: 'halo apa kabar' }),
      await sendWord({ sender: 'x', message: 'MASUK ACDEFG' }),
      await sendWord({}),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('is not offered where no number is set', async () => {
    await stand[Symbol.asyncDispose]();
    stand = await openOtpStand();

    for (const to of ['/', '/otp']) {
      expect((await get(path(to, stand.redirect))).body).not.toContain('/otp/message');
    }
  });
});
