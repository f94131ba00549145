/**
 * Phones of eight makers through every way in, on a router that our controller has set up, with the whole server:
 * what docs/compatibility.md says of them is what happened here (UPDATE_GOLDEN=1 writes it anew).
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../../../lib/metrics.ts';
import {
  gatewayOf,
  type Provider,
  startProvider,
} from '../../../portal/gateways/provider.fixture.ts';
import type { PortalOptions } from '../../../portal/types.ts';
import { type Enforcer, startEnforcer } from '../../../radius/enforce.ts';
import { createEnforceMetrics } from '../../../radius/metrics.ts';
import { SILENT } from '../../../radius/radius.fixture.ts';
import { voucherUrl } from '../../../settings/voucher-url.ts';
import { HABITS, randomMac } from '../../../simulator/phones/habits.ts';
import { PHONE_KINDS, type PhoneKind } from '../../../simulator/phones/probes.ts';
import { ASIDE_NAMES } from '../outage/elsewhere.ts';
import { PLACE, SERVER } from '../outage/server.ts';
import { outageStand, type Stand } from '../outage/stand.ts';
import {
  compatibilityDocument,
  cost,
  linkTo,
  MOST_WITH_A_SCREEN,
  must,
  untilOnline,
} from './compatibility-document.ts';
import { numberRows } from './compatibility-number.ts';
import {
  CARD,
  cardOf,
  HOOK_SECRET,
  PORTAL,
  type Row,
  TARIFF,
  type Visitor,
  visitorAt,
  WITH_PASS,
} from './compatibility-stand.ts';
import {
  type Identity,
  ProviderBrowser,
  SECRET,
  startProvider as startIdentity,
} from './oidc-provider.ts';

const DOCUMENT = join(resolve(import.meta.dirname, '../../..'), 'docs/compatibility.md');
const SSO = 'sso.muba.example';
/** Of names that the walled garden, or the pass for messengers, opens: away from the one address of all others. */
const ELSEWHERE = {
  ...ASIDE_NAMES,
  [SSO]: `127.33.${PLACE}.6`,
  'web.whatsapp.com': `127.33.${PLACE}.2`,
};

let stand: Stand;
let provider: Provider;
let identity: Identity;
let enforcer: Enforcer;
let portal: Partial<PortalOptions>;
const seen = new Map<string, string>();

beforeAll(async () => {
  provider = await startProvider();
  provider.answers = [{ body: { status: true, id: ['1'] } }];
  identity = await startIdentity(`${PORTAL}/oidc/callback`, `https://${SSO}`);
  portal = {
    oidc: {
      ...{ issuer: identity.issuer, clientId: 'wifi', scopes: ['openid'], claim: 'sub' },
      ...{ label: 'SSO Muba', auth: { kind: 'secret', secret: SECRET } },
    },
    otp: {
      gateways: [gatewayOf('fonnte', provider.origin, { webhookSecret: HOOK_SECRET })],
      costPerDay: 1_000_000,
      costPerMonth: 1_000_000,
    },
    exchange: provider.exchange,
  };
  stand = await outageStand({
    routers: 2,
    settings: (village) => ({
      'portal.ways': 'voucher,account,otp,click,oidc',
      'portal.tariff.click': TARIFF,
      'portal.tariff.otp': TARIFF,
      'portal.tariff.oidc': TARIFF,
      'portal.tariff.self': TARIFF,
      'portal.otp.number': '+6281100000000',
      'portal.grace.minutes': village === WITH_PASS ? '4' : '0',
      'portal.grace.kbps': '1024',
      'grace.hosts': 'web.whatsapp.com',
    }),
    signInHosts: [SSO],
    elsewhere: ELSEWHERE,
    portal,
  });
  await stand.serve();
  enforcer = startEnforcer({
    ...{ store: stand.store, clock: stand.clock, log: SILENT, sourceAddress: SERVER },
    metrics: createEnforceMetrics(createMetrics()),
  });
  await stand.store.createTariff({
    name: CARD,
    devices: 1,
    whenFull: 'replace',
    at: stand.clock.now(),
  });
  await stand.store.importSubscribers({
    subscribers: PHONE_KINDS.flatMap((kind, i) =>
      [`warga-${kind}`, `mesin-${kind}`, `+62812345670${10 + i}`].map((username) => ({
        username,
        password: 'sandi-warga-1',
        tariff: TARIFF,
        villageCode: null,
      })),
    ),
    at: stand.clock.now(),
  });
}, 60_000);
afterAll(async () => {
  await enforcer[Symbol.asyncDispose]();
  await stand[Symbol.asyncDispose]();
  await identity[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

const visitor = (kind: PhoneKind, from: Parameters<typeof visitorAt>[2] = {}): Visitor =>
  visitorAt(stand, kind, from);
const card = async (): Promise<string> => cardOf(stand);

const enters =
  (fields: (kind: PhoneKind) => Promise<Record<string, string>>, path?: string) =>
  async (kind: PhoneKind): Promise<string> => {
    const { phone, assistant } = visitor(kind);
    must((await assistant.join()) === 'portal', 'the portal did not appear');
    await assistant.fill(await fields(kind), path);
    must(assistant.online(), 'not online after the form');
    must(assistant.counts().pages === 2, `${assistant.counts().pages} pages`);
    return cost(untilOnline(await phone.exchanges(), kind));
  };

const ROWS: readonly Row[] = [
  { what: 'voucher', run: enters(async () => ({ voucher: await card() })) },
  {
    what: 'QR of a card, opened by the camera in the normal browser (requests from there on)',
    run: async (kind) => {
      const { phone, assistant } = visitor(kind);
      await assistant.join();
      await assistant.switchApplication();
      if (HABITS[kind].leavesOnSwitch) await phone.join();
      const typed = await card();
      const code = stand.store.voucherForm(typed)!;
      const before = (await phone.exchanges()).length;
      const page = await phone.follow(voucherUrl(PORTAL, code, stand.store.voucherSeal(code)));
      const shown = /name="voucher" type="text" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
      must(shown === typed, `the field has ${shown}`);
      await phone.fill({ voucher: shown }, '/login');
      must((await phone.probe()).result === 'internet', 'not online after the form');
      return cost(untilOnline((await phone.exchanges()).slice(before), kind));
    },
  },
  {
    what: 'account',
    run: enters(async (kind) => ({ username: `warga-${kind}`, password: 'sandi-warga-1' })),
  },
  {
    what: 'account by phone number, as an officer or a citizen has opened it',
    run: enters(async (kind) => ({
      username: `0812-3456-70${10 + PHONE_KINDS.indexOf(kind)}`,
      password: 'sandi-warga-1',
    })),
  },
  {
    what: 'account that an officer has given, whose first password is changed on the way',
    run: async (kind) => {
      const { phone, assistant } = visitor(kind);
      const made = await stand.store.vouchForCitizen({
        ...{ phone: `+62812345690${10 + PHONE_KINDS.indexOf(kind)}`, displayName: 'Siti' },
        ...{ villageCode: stand.routers[0]!.villageCode, tariff: TARIFF, officer: 'Budi' },
        at: stand.clock.now(),
      });
      const username = `0812-3456-90${10 + PHONE_KINDS.indexOf(kind)}`;
      await assistant.join();
      await assistant.fill({ username, password: made!.firstPassword });
      must(!assistant.online(), 'online with the password that the officer knows');
      await assistant.fill({ password: 'kopi susu 77' }, '/choose');
      must(assistant.online(), 'not online after the choice');
      return cost(untilOnline(await phone.exchanges(), kind), MOST_WITH_A_SCREEN);
    },
  },
  {
    what: 'identity provider (its own screens are counted apart)',
    run: async (kind) => {
      const { phone, assistant } = visitor(kind);
      await assistant.join();
      must((await phone.https(SSO)) === 'connected', 'the provider is not open before the login');
      must((await phone.https('berita.example')) !== 'connected', 'more than the provider is open');
      const begun = await assistant.follow(linkTo(assistant.page(), '/oidc?'));
      must(begun.url.startsWith(`https://${SSO}/`), `not led to the provider: ${begun.url}`);
      // TLS is not simulated: what the window and the provider say to each other is said beside it.
      const browser = new ProviderBrowser();
      const screens = begun.url.replace(`https://${SSO}`, identity.issuer);
      const back = await browser.logIn(screens, `siti-${kind}`, `${PORTAL}/oidc/callback`);
      const page = await assistant.follow(back.href);
      must(page.html.includes('action="/consent"'), 'the texts are not asked');
      await assistant.fill({}, '/consent');
      must(assistant.online(), 'not online after the provider');
      const own = untilOnline(await phone.exchanges(), kind);
      return `${cost(own, MOST_WITH_A_SCREEN)}; ${browser.requests} at the provider`;
    },
  },
  { what: 'one tap', run: enters(async () => ({}), '/click') },
  {
    what: 'a typing error, then right',
    run: async (kind) => {
      const { assistant } = visitor(kind);
      await assistant.join();
      const code = await card();
      const wrong = code.slice(0, -1) + (code.endsWith('A') ? 'C' : 'A');
      const page = await assistant.fill({ voucher: wrong });
      must(page.html.includes('data-code="SW-BADCRED"'), 'the page does not say what is wrong');
      must(!assistant.online(), 'online with a wrong code');
      await assistant.fill({ voucher: code });
      must(assistant.online(), 'not online after the right code');
      return 'yes';
    },
  },
  {
    what: 'window closed half-way',
    run: async (kind) => {
      const { assistant } = visitor(kind);
      await assistant.join();
      await assistant.switchApplication();
      must((await assistant.join()) === 'portal', 'the portal did not appear again');
      await assistant.fill({ voucher: await card() });
      must(assistant.online(), 'not online after coming back');
      return 'yes';
    },
  },
  ...numberRows(() => ({ stand, provider, enforcer })),
  {
    what: 'returns without a page',
    run: async (kind) => {
      const { phone, assistant } = visitor(kind);
      await assistant.join();
      await assistant.fill({ voucher: await card(), remember: '1' });
      must(assistant.online(), 'not online');
      await phone.leave();
      must((await assistant.join()) === 'internet', 'a page came again');
      return 'yes';
    },
  },
  {
    what: 'set up by an operator, by its address',
    run: async (kind) => {
      const mac = randomMac(Math.random);
      const printer = await stand.store.subscriberByUsername(`mesin-${kind}`);
      await stand.store.rememberDevice({
        ...{ mac: mac.toUpperCase(), accountKind: 'subscriber', accountId: printer!.id },
        ...{ label: 'printer sekolah', expiresAt: null, at: stand.clock.now() },
      });
      const { assistant } = visitor(kind, { mac });
      const found = await assistant.join();
      must(found === 'internet', `a page came: ${found}`);
      return 'yes';
    },
  },
  {
    what: 'new address, same card',
    run: async (kind) => {
      const code = await card();
      const first = visitor(kind);
      await first.assistant.join();
      await first.assistant.fill({ voucher: code });
      must(first.assistant.online(), 'not online');
      await first.phone.leave();
      const second = visitor(kind);
      must((await second.assistant.join()) === 'portal', 'the portal did not appear');
      await second.assistant.fill({ voucher: code });
      must(second.assistant.online(), 'the card is locked to the old address');
      return 'yes';
    },
  },
];

describe.each(ROWS)('$what', ({ what, run, isWithoutCodes = false }) => {
  const serveAnew = async (options: Partial<PortalOptions>): Promise<void> => {
    await stand.kill();
    await stand.serve(options);
  };
  if (isWithoutCodes) {
    beforeAll(async () => {
      const { otp: _codes, ...others } = portal;
      await serveAnew(others);
    });
    afterAll(async () => serveAnew(portal));
  }

  it.each([...PHONE_KINDS])('on %s', async (kind) => {
    const note = await run(kind);

    seen.set(`${what} ${kind}`, note);
    expect(note).not.toBe('');
  });
});

it('is what docs/compatibility.md says', async () => {
  const text = compatibilityDocument(
    ROWS.map(({ what }) => what),
    (what, kind) => seen.get(`${what} ${kind}`),
  );
  if (process.env.UPDATE_GOLDEN === '1') await writeFile(DOCUMENT, text);

  expect(await readFile(DOCUMENT, 'utf8')).toBe(text);
});
