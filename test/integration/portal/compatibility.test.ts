/**
 * Phones of eight makers through every way in, on a router that our controller has set up, with the whole server:
 * what docs/compatibility.md says of them is what happened here (UPDATE_GOLDEN=1 writes it anew).
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  gatewayOf,
  type Provider,
  startProvider,
} from '../../../portal/gateways/provider.fixture.ts';
import { type Assistant, createAssistant } from '../../../simulator/phones/assistant.ts';
import type { ExchangeRecord, Phone } from '../../../simulator/phones/contract.ts';
import { HABITS, randomMac } from '../../../simulator/phones/habits.ts';
import { PHONE_KINDS, type PhoneKind, PROBES } from '../../../simulator/phones/probes.ts';
import { outageStand, type Stand } from '../outage/stand.ts';

const DOCUMENT = join(resolve(import.meta.dirname, '../../..'), 'docs/compatibility.md');
const MOST_REQUESTS = 5;
const MOST_OCTETS = 40_000;
const TARIFF = 'warga';
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
let numbers = 0;
const seen = new Map<string, string>();

beforeAll(async () => {
  provider = await startProvider();
  provider.answers = [{ body: { status: true, id: ['1'] } }];
  stand = await outageStand({
    routers: 1,
    settings: () => ({
      'portal.ways': 'voucher,account,otp,click',
      'portal.tariff.click': TARIFF,
      'portal.tariff.otp': TARIFF,
      // Passes are the business of grace.test.ts: here the phone waits without one.
      'portal.grace.minutes': '0',
    }),
    portal: {
      otp: {
        gateways: [gatewayOf('fonnte', provider.origin)],
        costPerDay: 1_000_000,
        costPerMonth: 1_000_000,
      },
      exchange: provider.exchange,
    },
  });
  await stand.serve();
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
  await stand[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

function visitor(kind: PhoneKind, mac = randomMac(Math.random)): Visitor {
  const phone = stand.simulator.phone(stand.routers[0]!.name, mac, kind);
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

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** From the connectivity check to the router's answer to the login. */
function untilOnline(exchanges: readonly ExchangeRecord[]): readonly ExchangeRecord[] {
  const last = exchanges.findIndex(({ url }) => /\/login\?.*\busername=/.test(url));
  return exchanges.slice(0, last + 1);
}

function cost(exchanges: readonly ExchangeRecord[]): string {
  const { length } = exchanges;
  const octets = exchanges.reduce((sum, each) => sum + each.octets, 0);
  must(length > 0 && length <= MOST_REQUESTS, `${length} requests until online`);
  must(octets < MOST_OCTETS, `${octets} octets until online`);
  return `${length} requests, under ${5 * Math.ceil(octets / 5000)} kB`;
}

const enters =
  (fields: (kind: PhoneKind) => Promise<Record<string, string>>, path?: string) =>
  async (kind: PhoneKind): Promise<string> => {
    const { phone, assistant } = visitor(kind);
    must((await assistant.join()) === 'portal', 'the portal did not appear');
    await assistant.fill(await fields(kind), path);
    must(assistant.online(), 'not online after the form');
    must(assistant.counts().pages === 2, `${assistant.counts().pages} pages`);
    return cost(untilOnline(await phone.exchanges()));
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
      const { assistant } = visitor(kind, mac);
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
  const text = render();
  if (process.env.UPDATE_GOLDEN === '1') await writeFile(DOCUMENT, text);

  expect(await readFile(DOCUMENT, 'utf8')).toBe(text);
});

function render(): string {
  const head = ['', ...PHONE_KINDS];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const table = (rows: readonly (readonly string[])[]): string =>
    [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
  const habit = (name: string, of: (kind: PhoneKind) => string): string[] => [
    name,
    ...PHONE_KINDS.map(of),
  ];
  return `# Compatibility

Written by \`UPDATE_GOLDEN=1 npx vitest run --project integration test/integration/portal/compatibility\` from what happened there; the test
compares. Phones are simulated (simulator/phones): each asks what its maker asks and shows the portal in a window without cookies and
scripts. They stand for what is known of these makers, not for the phones themselves.

## How each meets a portal

${table([
  habit('asks', (kind) => new URL(PROBES[kind].url).host),
  habit('window', (kind) => HABITS[kind].window),
  habit('opens', (kind) => HABITS[kind].opens),
  habit('closes itself', (kind) => (HABITS[kind].closes ? 'yes' : 'no')),
  habit('leaves when another application is opened', (kind) =>
    HABITS[kind].leavesOnSwitch ? 'yes' : 'no',
  ),
  habit('address', (kind) => HABITS[kind].address),
])}

## Ways in

Requests and octets are those from the connectivity check to being online, headers included.

${table(ROWS.map(({ what }) => [what, ...PHONE_KINDS.map((kind) => seen.get(`${what} ${kind}`) ?? '**no**')]))}
`;
}
