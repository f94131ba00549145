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
import { type Enforcer, startEnforcer } from '../../../radius/enforce.ts';
import { createEnforceMetrics } from '../../../radius/metrics.ts';
import { SILENT } from '../../../radius/radius.fixture.ts';
import { type Assistant, createAssistant } from '../../../simulator/phones/assistant.ts';
import type { OpenedPage, Phone } from '../../../simulator/phones/contract.ts';
import { HABITS, randomMac } from '../../../simulator/phones/habits.ts';
import { PHONE_KINDS, type PhoneKind } from '../../../simulator/phones/probes.ts';
import { ASIDE_NAMES } from '../outage/elsewhere.ts';
import { moving as movingOn } from '../outage/moving.ts';
import { PLACE, PORTS, SERVER } from '../outage/server.ts';
import { outageStand, type Stand } from '../outage/stand.ts';
import {
  compatibilityDocument,
  cost,
  linkTo,
  MOST_WITH_A_SCREEN,
  must,
  untilOnline,
} from './compatibility-document.ts';
import {
  type Identity,
  ProviderBrowser,
  SECRET,
  startProvider as startIdentity,
} from './oidc-provider.ts';

const DOCUMENT = join(resolve(import.meta.dirname, '../../..'), 'docs/compatibility.md');
const TARIFF = 'warga';
const SSO = 'sso.muba.example';
const PORTAL = `http://${SERVER}:${PORTS.portal}`;
/** Of names that the walled garden, or the pass for messengers, opens: away from the one address of all others. */
const ELSEWHERE = {
  ...ASIDE_NAMES,
  [SSO]: `127.33.${PLACE}.6`,
  'web.whatsapp.com': `127.33.${PLACE}.2`,
};
/** The village whose phones get a pass while they wait for their code; the others wait without. */
const WITH_PASS = 1;
/** One phone at a time, the newest: an address that changed is a new phone. */
const CARD = 'kartu';

interface Visitor {
  readonly phone: Phone;
  readonly assistant: Assistant;
}

interface Row {
  readonly what: string;
  /** Throws what is wrong; resolves to a note for the table. */
  readonly run: (kind: PhoneKind) => Promise<string>;
}

let stand: Stand;
let provider: Provider;
let identity: Identity;
let enforcer: Enforcer;
let numbers = 0;
const seen = new Map<string, string>();

beforeAll(async () => {
  provider = await startProvider();
  provider.answers = [{ body: { status: true, id: ['1'] } }];
  identity = await startIdentity(`${PORTAL}/oidc/callback`, `https://${SSO}`);
  stand = await outageStand({
    routers: 2,
    settings: (village) => ({
      'portal.ways': 'voucher,account,otp,click,oidc',
      'portal.tariff.click': TARIFF,
      'portal.tariff.otp': TARIFF,
      'portal.tariff.oidc': TARIFF,
      'portal.grace.minutes': village === WITH_PASS ? '4' : '0',
      'portal.grace.kbps': '1024',
      'grace.hosts': 'web.whatsapp.com',
    }),
    signInHosts: [SSO],
    elsewhere: ELSEWHERE,
    portal: {
      oidc: {
        ...{ issuer: identity.issuer, clientId: 'wifi', scopes: ['openid'], claim: 'sub' },
        ...{ label: 'SSO Muba', auth: { kind: 'secret', secret: SECRET } },
      },
      otp: {
        gateways: [gatewayOf('fonnte', provider.origin)],
        costPerDay: 1_000_000,
        costPerMonth: 1_000_000,
      },
      exchange: provider.exchange,
    },
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

function visitor(kind: PhoneKind, { mac = randomMac(Math.random), village = 0 } = {}): Visitor {
  const phone = stand.simulator.phone(stand.routers[village]!.name, mac, kind);
  return { phone, assistant: createAssistant(phone, kind) };
}

async function card(): Promise<string> {
  const [made] = await stand.store.createVouchers({
    tariff: CARD,
    count: 1,
    villageCode: null,
    batch: 'kartu',
    at: stand.clock.now(),
  });
  return made!.code;
}

function sent(): { readonly code: string; readonly link: string } {
  const message = new URLSearchParams(provider.received.at(-1)!.body).get('message') ?? '';
  return {
    code: /\b\d{6}\b/.exec(message)?.[0] ?? '',
    link: /https?:\/\/\S+/.exec(message)?.[0] ?? '',
  };
}

/** In the village with passes, after the number was given. */
async function waiting(kind: PhoneKind): Promise<Visitor> {
  const one = visitor(kind, { village: WITH_PASS });
  await one.assistant.join();
  numbers += 1;
  const phone = `0812 3457 78${String(numbers).padStart(2, '0')}`;
  await moving(one.assistant.fill({ phone }, '/otp'));
  must((await moving(one.phone.https('berita.example'))) !== 'connected', 'the pass opens all');
  return one;
}

/** The pass becomes a session (CoA); the texts are agreed to on the way. */
async function lifted(phone: Phone, page: OpenedPage): Promise<void> {
  let here = page;
  for (let i = 0; i < 4 && here.html.includes('/otp/go?'); i += 1) {
    await enforcer.enforceNow();
    await stand.second();
    here = await moving(phone.follow(linkTo(here, '/otp/go?')));
  }
  if (here.html.includes('action="/consent"')) await moving(phone.fill({}, '/consent'));
  must((await moving(phone.https('berita.example'))) === 'connected', 'not online after the code');
  await phone.leave();
}

const moving = async <T>(work: Promise<T>): Promise<T> => movingOn(stand.clock, work);

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
  {
    what: 'code by WhatsApp, read in another application',
    run: async (kind) => {
      const { assistant } = visitor(kind);
      await assistant.join();
      numbers += 1;
      await assistant.fill({ phone: `0812 3456 78${String(numbers).padStart(2, '0')}` }, '/otp');
      await assistant.switchApplication();
      const message = new URLSearchParams(provider.received.at(-1)!.body).get('message') ?? '';
      const code = /\b\d{6}\b/.exec(message)?.[0] ?? '';
      await assistant.join();
      const page = assistant.page();
      must(page?.html.includes('one-time-code') === true, 'the window does not go on at the code');
      const next = await assistant.fill({ code }, '/otp/code');
      if (next.html.includes('action="/consent"')) await assistant.fill({}, '/consent');
      must(assistant.online(), 'not online after the code');
      return 'yes';
    },
  },
  {
    what: 'code by WhatsApp with a pass for messengers, window opened again',
    run: async (kind) => {
      const { phone, assistant } = await waiting(kind);
      await assistant.switchApplication();
      if (HABITS[kind].leavesOnSwitch) await moving(assistant.join());
      must((await moving(phone.https('web.whatsapp.com'))) === 'connected', 'no messenger');
      // The pass looks like the internet to the phone: its citizen opens the page by hand.
      const page = await moving(phone.follow(`${PORTAL}/status`));
      must(page.html.includes('one-time-code'), 'the window does not go on at the code');
      const last = await moving(phone.fill({ code: sent().code }, '/otp/code'));
      await lifted(phone, last);
      return 'yes';
    },
  },
  {
    what: 'code by WhatsApp with a pass, link of the message in the normal browser',
    run: async (kind) => {
      const { phone } = await waiting(kind);
      await moving(phone.follow(sent().link));
      await lifted(phone, await moving(phone.fill({}, '/otp/link')));
      return 'yes';
    },
  },
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

describe.each(ROWS)('$what', ({ what, run }) => {
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
