/**
 * What citizens and operators of other hotspot systems complained of in public, one test a complaint, named after
 * the thread it stands in. On routers that our controller has set up, with the whole server and phones of their makers.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../../../lib/metrics.ts';
import { startEnforcer } from '../../../radius/enforce.ts';
import { createEnforceMetrics } from '../../../radius/metrics.ts';
import { SILENT } from '../../../radius/radius.fixture.ts';
import { type Assistant, createAssistant } from '../../../simulator/phones/assistant.ts';
import type { Phone } from '../../../simulator/phones/contract.ts';
import { randomMac } from '../../../simulator/phones/habits.ts';
import { readPage } from '../../../simulator/phones/page.ts';
import { PHONE_KINDS, type PhoneKind, PROBES } from '../../../simulator/phones/probes.ts';
import type { NewTariff } from '../../../store/types.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { SERVER } from '../outage/server.ts';
import { outageStand, type Stand } from '../outage/stand.ts';

const HOUR = 3_600_000;
const REAL_MS = 10_000;

interface Visitor {
  readonly mac: string;
  readonly phone: Phone;
  readonly assistant: Assistant;
}

let stand: Stand;
let tariffs = 0;

beforeAll(async () => {
  stand = await outageStand({
    routers: 2,
    settings: () => ({ 'portal.ways': 'voucher,account' }),
  });
  await stand.serve();
}, 60_000);
afterAll(() => stand[Symbol.asyncDispose]());

function visitor(kind: PhoneKind = 'android', router = 0, mac = randomMac(Math.random)): Visitor {
  const phone = stand.simulator.phone(stand.routers[router]!.name, mac, kind);
  return { mac, phone, assistant: createAssistant(phone, kind) };
}

/** A card of a tariff of its own. */
async function card(limits: Partial<NewTariff> = {}): Promise<{ id: string; code: string }> {
  tariffs += 1;
  const at = stand.clock.now();
  const tariff = await stand.store.createTariff({
    devices: 1,
    at,
    ...limits,
    name: `kartu-${tariffs}`,
  });
  const [made] = await stand.store.createVouchers({
    tariff: tariff.name,
    count: 1,
    villageCode: null,
    batch: 'kartu',
    at,
  });
  return made!;
}

/** Joined, with the login page before it. */
async function atPortal(who: Visitor = visitor()): Promise<Visitor> {
  expect(await who.assistant.join()).toBe('portal');
  return who;
}

async function online(
  code: string,
  who: Visitor = visitor(),
  more: Readonly<Record<string, string>> = {},
): Promise<Visitor> {
  await atPortal(who);
  await who.assistant.fill({ voucher: code, ...more });
  expect(who.assistant.online()).toBe(true);
  return who;
}

async function codeAt(who: Visitor, code: string): Promise<string | null> {
  const page = await who.assistant.fill({ voucher: code });
  return readPage(page.html, page.url).code;
}

async function seconds(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await stand.second();
}

describe('detection', () => {
  it('openwisp-wifi-login-pages#864, #470: the phone notices a login at once, since a whole page leads to the next', async () => {
    const { phone, assistant } = await atPortal(visitor('ios'));
    const login = assistant.page()!;
    await assistant.fill({ voucher: (await card()).code });

    expect(login.html).not.toMatch(/<(?:iframe|script)\b/);
    expect(assistant.online()).toBe(true);
    expect(new URL((await phone.exchanges()).at(-2)!.url).origin).toBe(new URL(login.url).origin);
  });

  it('openwisp-wifi-login-pages#947, packetfence#7040: a phone that asks the capport API is told (RFC 8908)', async () => {
    const who = await atPortal();
    const { origin } = new URL(who.assistant.page()!.url);
    const ask = async (): Promise<unknown> =>
      JSON.parse((await who.phone.follow(`${origin}/capport/${stand.routers[0]!.name}`)).html);

    const before = await ask();
    await online((await card({ sessionSeconds: 3600 })).code, who);

    expect(before).toMatchObject({ captive: true });
    expect(await ask()).toMatchObject({ captive: false });
  });

  it('openNDS#720, #476, #241, #641: the portal appears on every phone, and again after failures', async () => {
    for (const kind of PHONE_KINDS) {
      const { assistant } = visitor(kind);
      for (let time = 0; time < 3; time += 1) expect(await assistant.join()).toBe('portal');
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

    expect(await phone.https('www.google.com')).not.toBe('connected');
  });

  it('coova-chilli#457: no form leads from the portal to the router, so nothing is mixed content', async () => {
    const { assistant } = await atPortal();
    const { html, url } = assistant.page()!;
    const targets = readPage(html, url).forms.map(({ action }) => new URL(action).origin);

    expect(new Set(targets)).toEqual(new Set([new URL(url).origin]));
  });

  it('packetfence#8363: the login needs no change of a session, so nothing breaks the phone’s look', async () => {
    const { mac, assistant } = await online((await card()).code, visitor('ios'));
    const sessions = (await stand.simulator.sessions()).filter(
      (one) => one.mac === mac.toUpperCase(),
    );

    expect(assistant.counts()).toMatchObject({ windows: 1, pages: 2 });
    expect(sessions).toMatchObject([{ endedAt: null }]);
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
    const { assistant } = await atPortal();
    const { html } = assistant.page()!;

    for (const href of ['/terms', '/privacy']) expect(html).toContain(href);
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

  it('openNDS#160, openwisp-radius#490, GrapheneOS#7325: a phone that is remembered goes on in the next village without a page', async () => {
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

describe('quotas, validity, sessions', () => {
  it('phpnuxbill#79: a card that is in use has internet, and coming again begins nothing anew', async () => {
    const { id, code } = await card({ validitySeconds: 86_400 });
    const who = await online(code);
    const first = await stand.store.account('voucher', id);
    await who.phone.logout();
    await seconds(30);
    await online(code, who);

    expect(first?.validUntil).not.toBeNull();
    expect((await stand.store.account('voucher', id))?.validUntil).toBe(first?.validUntil);
  });

  it('phpnuxbill PR#445, #328, phpmixbill#1, mikhmonv3#61, #57: validity ends by itself, whatever the router remembers', async () => {
    const { code } = await card({ validitySeconds: 60 });
    const who = await online(code);
    await stand.simulator.powerCut(stand.routers[0]!.name);
    await stand.simulator.powerOn(stand.routers[0]!.name);
    await seconds(70);

    const again = await atPortal(visitor('android', 0, who.mac));

    expect(await codeAt(again, code)).toBe('SW-EXPIRED');
  });

  it('phpnuxbill PR#328: a session that is open ends with its card, without a job that must run', async () => {
    const { code } = await card({ validitySeconds: 40 });
    const { phone } = await online(code);
    await seconds(45);

    expect((await phone.probe()).result).toBe('portal');
  });

  it('openwisp-radius#617, #437, daloradius#84: a power cut leaves no stale session that locks its card out', async () => {
    const { code } = await card();
    const { mac } = await online(code, visitor('android', 1));
    await stand.simulator.powerCut(stand.routers[1]!.name);
    await stand.simulator.powerOn(stand.routers[1]!.name);
    const stale = await eventually(
      async () => {
        await seconds(5);
        const sessions = await stand.store.listSessions({ limit: 1000 });
        return sessions.find((one) => one.mac === mac.toUpperCase());
      },
      (session) => session?.state === 'closed',
      REAL_MS,
    );

    const { assistant } = await online(code, visitor('android', 1));

    expect(stale?.stopCause).not.toBeNull();
    expect(assistant.counts().pages).toBe(2);
  });

  it('rdcore#16: a remembered phone obeys the quota of its account', async () => {
    const { code } = await card({ dailyOctets: 200_000 });
    const who = await online(code, visitor(), { remember: '1' });
    await who.phone.fetch('http://berita.example/bytes/1000', { minOctets: 260_000 });
    await who.phone.probe();
    await stand.simulator.quiet();
    await who.phone.leave();
    await seconds(5);

    expect(await who.assistant.join()).toBe('portal');
    expect(await codeAt(who, code)).toBe('SW-QUOTA');
  });

  it('Kupiki-Hotspot-Script#80, pfsense/docs#90: logging out and in again gives nothing back', async () => {
    const { id, code } = await card({ dailyOctets: 10_000_000 });
    const who = await online(code);
    await who.phone.fetch('http://berita.example/bytes/1000', { minOctets: 100_000 });
    await who.phone.logout();
    await stand.simulator.quiet();
    const used = await eventually(
      () => usedToday(id),
      (octets) => octets >= 100_000,
      REAL_MS,
    );
    await online(code, who);

    expect(await usedToday(id)).toBeGreaterThanOrEqual(used);
  });

  it('packetfence#7703, #4635: a Disconnect names the address, so that the hotspot ends the session', async () => {
    const { mac, phone } = await online((await card()).code);
    const metrics = createEnforceMetrics(createMetrics());
    await using enforcer = startEnforcer({
      ...{ store: stand.store, clock: stand.clock, log: SILENT, metrics, sourceAddress: SERVER },
    });
    const open = await stand.store.listSessions({ openOnly: true, limit: 1000 });
    const session = open.find((one) => one.mac === mac.toUpperCase());
    await stand.store.requestDisconnect({
      sessionId: session!.id,
      reason: 'operator',
      at: stand.clock.now(),
    });

    await enforcer.enforceNow();

    expect((await phone.probe()).result).toBe('portal');
  });

  it('JuanFi#168, #188, #211: nobody is online without time left, and no page says 7101 weeks', async () => {
    const { code } = await card({ dailySeconds: 120 });
    const who = await online(code, visitor('windows'));
    const status = await who.phone.status();
    await seconds(130);

    expect(status.html).toMatch(/[12] menit/);
    expect(status.html).not.toMatch(/minggu lagi|-\d+ menit/);
    expect((await who.phone.probe()).result).toBe('portal');
  });
});

describe('cards', () => {
  it('opnsense/update#89, opnsense/tools#394: a code is forgiven case, spaces and look-alikes', async () => {
    const { code } = await card();
    const who = await atPortal();

    await who.assistant.fill({ voucher: ` ${code.toLowerCase().replaceAll('-', ' ')} ` });

    expect(who.assistant.online()).toBe(true);
  });

  it('opnsense/core#3655: a code is one field, without a user name', async () => {
    const { assistant } = await atPortal();
    const { html, url } = assistant.page()!;
    const form = readPage(html, url).forms.find(({ fields }) => fields.has('voucher'))!;
    const typed = [...html.matchAll(/<input\b[^>]*type="text"[^>]*>/g)].filter(([tag]) =>
      tag.includes('name="voucher"'),
    );

    expect(form.fields.has('password')).toBe(false);
    expect(typed).toHaveLength(1);
  });

  it('opnsense/core#8860, opnsense/docs#562: the status page says until when a card is good, with day and hour', async () => {
    const { code } = await card({ validitySeconds: 86_400 });
    const who = await online(code, visitor('windows'));

    expect((await who.phone.status()).html).toMatch(
      /sampai[^<]*\d{1,2}[.:]\d{2} WIB|Berlaku sampai/,
    );
  });
});

async function usedToday(id: string): Promise<number> {
  const day = new Date(stand.clock.now() + 7 * HOUR).toISOString().slice(0, 10);
  return (await stand.store.usage('voucher', id, day)).dayOctets;
}
