/** A phone that was never online gets its code: the pass, what it opens, and how it ends. Through the twin. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../../../lib/metrics.ts';
import {
  gatewayOf,
  type Provider,
  startProvider,
} from '../../../portal/gateways/provider.fixture.ts';
import { type Enforcer, startEnforcer } from '../../../radius/enforce.ts';
import { createEnforceMetrics } from '../../../radius/metrics.ts';
import { SILENT } from '../../../radius/radius.fixture.ts';
import type { OpenedPage, Phone } from '../../../simulator/phones/contract.ts';
import { ASIDE_NAMES } from '../outage/elsewhere.ts';
import { moving as movingOn } from '../outage/moving.ts';
import { PLACE, SERVER } from '../outage/server.ts';
import { outageStand, type Stand } from '../outage/stand.ts';

const MESSENGER = `127.33.${PLACE}.2`;
const SETTINGS = {
  'grace.hosts': 'g.whatsapp.net,web.whatsapp.com',
  'portal.ways': 'otp,voucher,account',
  'portal.tariff.otp': 'warga',
  'portal.tariff.self': 'warga',
  'portal.grace.per-mac': '2',
  'portal.grace.kbps': '1024',
};
let provider: Provider;
let stand: Stand;
let enforcer: Enforcer;

beforeAll(async () => {
  provider = await startProvider();
  provider.answers = [{ body: { status: true, id: ['1'] } }];
  stand = await outageStand({
    routers: 1,
    settings: () => SETTINGS,
    portal: {
      otp: {
        gateways: [gatewayOf('fonnte', provider.origin)],
        costPerDay: 1_000_000,
        costPerMonth: 1_000_000,
      },
      exchange: provider.exchange,
    },
    elsewhere: {
      'g.whatsapp.net': MESSENGER,
      'web.whatsapp.com': MESSENGER,
      ...ASIDE_NAMES,
    },
  });
  await stand.serve();
  const { store, clock } = stand;
  const metrics = createEnforceMetrics(createMetrics());
  enforcer = startEnforcer({ store, clock, log: SILENT, metrics, sourceAddress: SERVER });
}, 60_000);
afterAll(async () => {
  await enforcer[Symbol.asyncDispose]();
  await stand[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

const lastMessage = (): string =>
  new URLSearchParams(provider.received.at(-1)!.body).get('message')!;
const lastCode = (): string => /\b\d{6}\b/.exec(lastMessage())![0];
const lastLink = (): string => /https?:\/\/\S+/.exec(lastMessage())![0];

const linkIn = ({ html, url }: OpenedPage, path: string): string => {
  const href = new RegExp(`href="([^"]*${path}[^"]*)"`).exec(html)![1]!;
  return new URL(href.replaceAll('&#38;', '&').replaceAll('&amp;', '&'), url).href;
};
const opens = async (phone: Phone): Promise<Record<string, string>> => ({
  messenger: await moving(phone.https('web.whatsapp.com')),
  other: await moving(phone.https('berita.example')),
});
const moving = async <T>(work: Promise<T>): Promise<T> => movingOn(stand.clock, work);

const toRegister = async (phone: Phone): Promise<OpenedPage> => {
  const login = await moving(phone.openPortal());
  return moving(phone.follow(linkIn(login, '/register')));
};

const pass = async (seconds: number): Promise<void> => {
  for (let i = 0; i < seconds; i += 1) await stand.second();
};

/** Until the pass has ended and the texts are agreed to: the page after the login. */
async function finish(phone: Phone, page: OpenedPage): Promise<OpenedPage> {
  let here = page;
  for (let i = 0; i < 4 && /\/(?:otp|register)\/go\?/.test(here.html); i += 1) {
    await enforcer.enforceNow();
    await stand.second();
    here = await moving(phone.follow(linkIn(here, '/go')));
  }
  if (here.html.includes('action="/consent"')) {
    here = await moving(phone.fill({ terms: '1', data: '1' }, '/consent'));
  }
  return here;
}

describe('a phone that was never online', () => {
  it('nethesis/icaro#196: reaches messengers and nothing else while it waits, and everything with its code', async () => {
    const phone = stand.phone(0, 0);
    await phone.join();
    expect(await opens(phone)).toEqual({ messenger: 'reset', other: 'reset' });

    await moving(phone.openPortal());
    const page = await moving(phone.fill({ phone: '0812 3456 7890' }, '/otp'));
    expect(page.html).toContain('one-time-code');
    expect(page.html).toContain('4 menit');
    const waiting = await opens(phone);
    expect(waiting.messenger).toBe('connected');
    expect(waiting.other).not.toBe('connected');
    expect((await moving(phone.fetch('http://berita.example/'))).status).not.toBe(200);
    // It takes the network for one that works, so the mini-browser closes cleanly.
    expect((await moving(phone.probe())).result).toBe('internet');

    const done = await finish(phone, await moving(phone.fill({ code: lastCode() }, '/otp/code')));
    expect(done.html).not.toContain('one-time-code');
    expect(await opens(phone)).toEqual({ messenger: 'connected', other: 'connected' });
    expect((await moving(phone.fetch('http://berita.example/'))).status).toBe(200);
    await phone.leave();
  });

  it('finishes by the link of the message in its normal browser, with no window left open', async () => {
    const phone = stand.phone(0, 1);
    await phone.join();
    await moving(phone.openPortal());
    await moving(phone.fill({ phone: '0812 3456 7891' }, '/otp'));

    const confirm = await moving(phone.follow(lastLink()));
    expect(confirm.html).toContain('action="/otp/link"');
    await finish(phone, await moving(phone.fill({}, '/otp/link')));

    expect((await opens(phone)).other).toBe('connected');
    await phone.leave();
  });

  it('is captive again when the pass is over, and its window goes on at the code', async () => {
    const phone = stand.phone(0, 2);
    await phone.join();
    await moving(phone.openPortal());
    await moving(phone.fill({ phone: '0812 3456 7892' }, '/otp'));
    await pass(241);

    expect((await opens(phone)).messenger).toBe('reset');
    const page = await moving(phone.openPortal());
    expect(page.html).toContain('one-time-code');
    await finish(phone, await moving(phone.fill({ code: lastCode() }, '/otp/code')));
    expect((await opens(phone)).other).toBe('connected');
    await phone.leave();
  });

  it('gets no third pass in a day, and its code all the same', async () => {
    const phone = stand.phone(0, 3);
    await phone.join();
    const pages: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      await moving(phone.openPortal());
      if (i > 0) await moving(phone.fill({}, '/otp/other'));
      pages.push((await moving(phone.fill({ phone: `0812 3456 78${i}3` }, '/otp'))).html);
      await pass(242);
    }

    expect(pages.map((html) => html.includes('4 menit'))).toEqual([true, true, false]);
    expect(pages.every((html) => html.includes('one-time-code'))).toBe(true);
  });

  it('registers while it has its pass: the code arrives, the window goes on, and the account is the citizen’s', async () => {
    const phone = stand.phone(0, 4);
    await phone.join();
    const typed = { phone: '0812 3456 7894', password: 'rumah biru 7', name: 'Siti' };
    const form = await toRegister(phone);
    expect(form.html).toContain('name="password"');
    const page = await moving(phone.fill(typed, '/register'));
    expect(page.html).toContain('4 menit');
    expect((await opens(phone)).messenger).toBe('connected');
    // The window was closed for the messenger; the status page leads to the code, as the login page does later.
    const status = await moving(phone.follow(new URL('/status', page.url).href));
    expect(status.html).toContain('action="/register/code"');
    await pass(241);
    const reopened = await moving(phone.openPortal());
    expect(reopened.html).toContain('action="/register/code"');

    await finish(phone, await moving(phone.fill({ code: lastCode() }, '/register/code')));
    expect((await opens(phone)).other).toBe('connected');
    expect(await stand.store.subscriberByUsername('+6281234567894')).toMatchObject({
      origin: 'self',
    });
    await phone.leave();
  });

  it('registers by the link of the message in its normal browser, and no other phone does', async () => {
    const phone = stand.phone(0, 5);
    const neighbour = stand.phone(0, 6);
    await phone.join();
    await neighbour.join();
    await toRegister(phone);
    const typed = { phone: '0812 3456 7895', password: 'rumah biru 7' };
    await moving(phone.fill(typed, '/register'));

    await moving(neighbour.openPortal());
    const foreign = await moving(neighbour.follow(lastLink()));
    expect(foreign.html).not.toContain('action="/register/link"');
    const confirm = await moving(phone.follow(lastLink()));
    expect(confirm.html).toContain('action="/register/link"');
    await finish(phone, await moving(phone.fill({}, '/register/link')));
    expect((await opens(phone)).other).toBe('connected');
    await Promise.all([phone.leave(), neighbour.leave()]);
  });

  it('leaves the router as it should be', async () => {
    expect(await stand.planned()).toEqual([]);
  });
});
