/**
 * What citizens and operators of other hotspot systems complained of in public, one test a complaint, named after
 * the thread it stands in. On routers that our controller has set up, with the whole server and phones of their makers.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../../../lib/metrics.ts';
import { startEnforcer } from '../../../radius/enforce.ts';
import { createEnforceMetrics } from '../../../radius/metrics.ts';
import { SILENT } from '../../../radius/radius.fixture.ts';
import { startReview } from '../../../radius/review.ts';
import { readPage } from '../../../simulator/phones/page.ts';
import { PHONE_KINDS, PROBES } from '../../../simulator/phones/probes.ts';
import { SERVER } from '../outage/server.ts';
import type { Stand } from '../outage/stand.ts';
import { actsOf, type ComplaintStand, codeAt, openComplaintStand } from './complaints-stand.ts';

const BADCRED = 'SW-BADCRED';
let its: ComplaintStand;
let stand: Stand;
const { visitor, card, atPortal, online, seconds } = actsOf(() => its);

beforeAll(async () => {
  its = await openComplaintStand();
  ({ stand } = its);
}, 60_000);
afterAll(() => its[Symbol.asyncDispose]());

describe('detection', () => {
  it('openwisp-wifi-login-pages#864, #470: the phone notices a login at once, since a whole page leads to the next', async () => {
    const { phone, assistant } = await atPortal(visitor('ios'));
    const login = assistant.page()!;
    await assistant.fill({ voucher: (await card()).code });

    expect(login.html).not.toMatch(/<(?:iframe|script)\b/);
    expect(assistant.online()).toBe(true);
    expect(new URL((await phone.exchanges()).at(-2)!.url).origin).toBe(new URL(login.url).origin);
  });

  it('openwisp-wifi-login-pages#947, PR#945, PR#1004, packetfence#7040, #5627: a phone that asks the capport API is told, and needs nothing intercepted (RFC 8908)', async () => {
    const who = await atPortal();
    const { origin } = new URL(who.assistant.page()!.url);
    const ask = async () =>
      JSON.parse((await who.phone.follow(`${origin}/capport/${stand.routers[0]!.name}`)).html);

    const before = await ask();
    await online((await card({ sessionSeconds: 3600 })).code, who);
    const after = await ask();

    expect(before).toMatchObject({ captive: true });
    expect(before['seconds-remaining']).toBeUndefined();
    expect(after.captive).toBe(false);
    expect(after['seconds-remaining']).toBeGreaterThan(3500);
    expect(after['seconds-remaining']).toBeLessThanOrEqual(3600);
  });

  it('openNDS#720, #476, #241, #641: the portal appears on every phone, and again after failures', async () => {
    const phones = PHONE_KINDS.map((kind) => visitor(kind));
    for (const who of phones) {
      await atPortal(who);
      for (let time = 0; time < 3; time += 1) expect(await codeAt(who, 'AAAA-BBBB')).toBe(BADCRED);
      await who.phone.leave();
    }
    await stand.kill();
    await seconds(70);
    for (const { assistant, phone } of phones) {
      expect(await assistant.join()).toBe('portal');
      expect(assistant.page()!.html).not.toContain('name="voucher"');
      await phone.leave();
    }
    await stand.serve();
    await seconds(70);

    for (const who of phones) {
      await atPortal(who);
      expect(who.assistant.page()!.html).toContain('name="voucher"');
    }
  });

  it('openNDS#199, coova-chilli#222: no walled garden lets a connectivity check pass', async () => {
    const { phone } = await atPortal();
    for (const kind of PHONE_KINDS) {
      const { host } = new URL(PROBES[kind].url);
      for (const name of [host, 'apple.com', 'www.google.com', 'clients3.google.com']) {
        expect((await phone.fetch(`http://${name}/generate_204`)).captive).toBe(true);
      }
    }
  });

  it('coova-chilli#390, #281: a browser that tries https is turned away at once and does not hang', async () => {
    const { phone } = await atPortal();

    // Not `refused`, which a connection that times out is, too.
    expect(await phone.https('www.google.com')).toBe('reset');
  });

  it('coova-chilli#457: no form leads from the portal to the router, so nothing is mixed content', async () => {
    const { assistant } = await atPortal();
    const { html, url } = assistant.page()!;
    const targets = readPage(html, url).forms.map(({ action }) => new URL(action).origin);

    expect(new Set(targets)).toEqual(new Set([new URL(url).origin]));
  });

  it('packetfence#8363: a change of the session (CoA) breaks nothing on the phone', async () => {
    const { code, tariff } = await card({ downKbps: 5000, upKbps: 2000 });
    const who = await online(code, visitor('ios'));
    const before = (await its.session(who))!;
    const deps = { store: stand.store, clock: stand.clock, log: SILENT };
    await using review = startReview({ ...deps, timeZone: 'Asia/Jakarta' });
    await using enforcer = startEnforcer({
      ...{ ...deps, metrics: createEnforceMetrics(createMetrics()), sourceAddress: SERVER },
    });
    await review.reviewNow();
    await stand.store.changeTariff({ name: tariff, downKbps: 1000, at: stand.clock.now() });
    await review.reviewNow();
    await enforcer.enforceNow();
    const after = (await its.session(who))!;
    const [queue] = (await stand.simulator.sessions()).filter(
      (one) => one.mac === who.mac.toUpperCase() && one.endedAt === null,
    );

    expect([before.rate, after.rate]).toEqual([
      expect.stringContaining('/5000k'),
      expect.stringContaining('/1000k'),
    ]);
    expect(after.id).toBe(before.id);
    expect(queue).toBeDefined();
    expect((await who.phone.probe()).result).toBe('internet');
    expect(who.assistant.counts()).toMatchObject({ windows: 1, pages: 2 });
  });

  it('Kupiki-Hotspot-Script#135: without the server the router itself says what is the matter', async () => {
    await stand.kill();
    await seconds(70);
    const { phone } = visitor();
    await phone.join();

    const page = await phone.openPortal();

    expect(page.status).toBe(200);
    expect(page.html).toContain('sedang terganggu');
    await stand.serve();
    await seconds(70);
    expect((await phone.openPortal()).html).toContain('name="voucher"');
  });

  it('rdcore#131: after the login the last page says that the phone is online', async () => {
    const who = await atPortal(visitor('windows'));
    const page = await who.assistant.fill({ voucher: (await card()).code });

    expect([page.status, page.failure]).toEqual([200, null]);
    expect(page.html).toContain('terhubung');
  });
});

describe('the mini-browser', () => {
  it('nodogsplash#402, #379: nothing on the page needs a script, a cookie or another host', async () => {
    const { assistant } = await atPortal();
    const { html } = assistant.page()!;

    expect(html).not.toMatch(
      /<script|<link\b(?! rel="icon" href="data:,")|<img\b|\son\w+=|@import|url\(/i,
    );
  });

  it('openNDS#509, #598: what must be known stands before the last tap', async () => {
    const at = stand.clock.now();
    const place = { level: 'regency', code: '16.06', kind: 'news' } as const;
    const always = { textEn: null, from: null, until: null, position: 0 };
    await stand.store.addAnnouncement({ ...place, ...always, text: 'Posyandu besok pukul 8', at });
    const { assistant } = await atPortal();
    const { html } = assistant.page()!;
    const tap = html.indexOf('<button');

    expect(html.slice(tap)).toMatch(/^<button[^>]*type="submit"/);
    for (const text of ['href="/terms', 'href="/privacy', 'name="terms"', 'Posyandu besok']) {
      expect([text, html.slice(0, tap).includes(text)]).toEqual([text, true]);
    }
  });

  it('openwisp-wifi-login-pages#154, #156: the first page is one answer of less than 14 kB', async () => {
    const { phone, assistant } = await atPortal();
    const { url, bytes } = assistant.page()!;
    const asked = (await phone.exchanges()).filter(
      (one) => new URL(one.url).origin === new URL(url).origin,
    );

    expect(bytes).toBeLessThan(14_336);
    expect(asked).toHaveLength(1);
  });
});

describe('random addresses', () => {
  it('openNDS#375, JuanFi#37, #139, #163: a card is not locked to the address it was first used with', async () => {
    const { code } = await card({ whenFull: 'replace' });
    const first = await online(code);
    await first.phone.leave();

    const second = await online(code);

    expect(second.mac).not.toBe(first.mac);
  });

  it('openNDS#160, openwisp-radius#490, os-issue-tracker#7325: a phone that is remembered goes on in the next village without a page', async () => {
    const { code } = await card({ whenFull: 'replace' });
    const { mac, phone } = await online(code, visitor(), { remember: '1' });
    await phone.leave();

    const next = visitor('android', 1, mac);

    expect(await next.assistant.join()).toBe('internet');
    expect(next.assistant.counts().windows).toBe(0);
  });

  it('packetfence#5755: nobody is asked over and over', async () => {
    const who = await online((await card()).code, visitor(), { remember: '1' });
    for (let time = 0; time < 10; time += 1) {
      await who.phone.leave();
      await seconds(5);
      expect(await who.assistant.join()).toBe('internet');
    }

    expect(who.assistant.counts().windows).toBe(1);
  });
});
