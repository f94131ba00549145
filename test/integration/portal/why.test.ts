/**
 * "Kenapa saya tidak online?", through the twin: each cause that there is, as it comes about, has a sentence and a next
 * step of its own, and a code that opens the same facts for an officer.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../config/load.ts';
import {
  gatewayOf,
  type Provider,
  startProvider,
} from '../../../portal/gateways/provider.fixture.ts';
import { VERDICTS, type Verdict } from '../../../portal/why/diagnose.ts';
import type { CommandContext } from '../../../scripts/command.ts';
import { COMMANDS } from '../../../scripts/commands.ts';
import type { OpenedPage, Phone } from '../../../simulator/phones/contract.ts';
import type { NewTariff } from '../../../store/types.ts';
import { ASIDE_NAMES } from '../outage/elsewhere.ts';
import { moving as movingOn } from '../outage/moving.ts';
import { PORTS, SERVER } from '../outage/server.ts';
import { outageStand, type Stand } from '../outage/stand.ts';
import { linkTo } from './compatibility-document.ts';

const PORTAL = `http://${SERVER}:${PORTS.portal}`;

let stand: Stand;
let provider: Provider;
let phones = 0;

beforeAll(async () => {
  provider = await startProvider();
  provider.answers = [{ body: { status: true, id: ['1'] } }];
  stand = await outageStand({
    routers: 2,
    settings: () => ({
      'portal.ways': 'voucher,account,otp',
      'portal.tariff.otp': 'warga',
      'portal.grace.kbps': '1024',
      'grace.hosts': 'web.whatsapp.com',
    }),
    elsewhere: ASIDE_NAMES,
    portal: {
      otp: {
        gateways: [gatewayOf('fonnte', provider.origin)],
        ...{ costPerDay: 1_000_000, costPerMonth: 1_000_000 },
      },
      exchange: provider.exchange,
    },
  });
  await stand.serve();
}, 60_000);
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

const router = () => stand.routers[0]!;
const now = () => stand.clock.now();
function newPhone(): Phone {
  phones += 1;
  return stand.phone(0, phones);
}

async function seconds(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await stand.second();
}

/** A card of a tariff of its own. */
async function card(limits: Partial<NewTariff>): Promise<{ id: string; code: string }> {
  const name = `tarif-${phones}`;
  await stand.store.createTariff({ name, at: now(), devices: 1, ...limits });
  const [made] = await stand.store.createVouchers({
    ...{ tariff: name, count: 1, villageCode: null, batch: 'kartu', at: now() },
  });
  return made!;
}

/** A phone that got online with a card of these limits. */
async function onlineWith(limits: Partial<NewTariff>): Promise<{ phone: Phone; code: string }> {
  const phone = newPhone();
  const { code } = await card(limits);
  await phone.join();
  await phone.openPortal();
  expect(await phone.submit({ voucher: code })).toMatchObject({ outcome: 'online' });
  await seconds(2);
  return { phone, code };
}

/** From the page that stands in its way, as a citizen does. */
async function ask(phone: Phone): Promise<OpenedPage> {
  const page = await phone.openPortal();
  return phone.follow(linkTo(page, '/why?'));
}

const why = (params: Record<string, string>) =>
  `${PORTAL}/why?${new URLSearchParams(params).toString()}`;
const elsewhere = async (params: Record<string, string>): Promise<OpenedPage> => {
  const answer = await fetch(why({ ...params, lang: 'id' }));
  const html = await answer.text();
  return { url: answer.url, status: answer.status, html, bytes: html.length, failure: null };
};

interface Cause {
  readonly verdict: Verdict;
  /** The failing check that the page shows; null where it shows what is right. */
  readonly check: string | null;
  /** Of the sentence, and of the next step. */
  readonly says: readonly [RegExp, RegExp];
  /** Brings it about, and opens the page. */
  readonly come: () => Promise<OpenedPage>;
}

/** Nobody's router: there is nothing for an officer to look into. */
const OUTSIDE: Cause = {
  verdict: 'outside',
  check: 'place',
  says: [/tidak memakai WiFi desa/, /pilih WiFi desa/],
  come: () => elsewhere({}),
};

const CAUSES: Readonly<Record<string, Cause>> = {
  'the link of the village is down': {
    verdict: 'down',
    check: 'uplink',
    says: [/Internet desa ini sedang putus/, /Putus sejak .* Bukan salah HP/],
    come: async () => {
      const place = { routerId: router().id, at: now() } as const;
      await stand.store.recordState({ ...place, state: 'down', cause: 'link' });
      return elsewhere({ router: router().name });
    },
  },
  'the router is worked on': {
    verdict: 'maintenance',
    check: 'uplink',
    says: [/sedang dirawat/, /Coba lagi sebentar lagi/],
    come: async () => {
      const place = { routerId: router().id, at: now() + 1 } as const;
      await stand.store.recordState({ ...place, state: 'maintenance', cause: null });
      return elsewhere({ router: router().name });
    },
  },
  'it is outside the opening hours': {
    verdict: 'closed',
    check: 'hours',
    says: [/sedang tutup/, /Buka lagi: .* pukul/],
    come: async () => {
      const place = { level: 'village', code: router().villageCode } as const;
      const phone = newPhone();
      await phone.join();
      const page = await phone.openPortal();
      await stand.store.setOpeningHours({ ...place, hours: closedNow() });
      const asked = await phone.follow(linkTo(page, '/why?'));
      await stand.store.setOpeningHours({ ...place, hours: null });
      return asked;
    },
  },
  'only messengers are open while a code is waited for': {
    verdict: 'pass',
    check: 'policy',
    says: [/Kode Anda belum dimasukkan/, /Masukkan kode dari pesan kami/],
    come: async () => {
      const phone = newPhone();
      await phone.join();
      await moving(phone.openPortal());
      await moving(phone.fill({ phone: '0812 3456 7890' }, '/otp'));
      await seconds(2);
      return moving(phone.follow(why({ lang: 'id' })));
    },
  },
  'nothing is wrong, and it is online': {
    verdict: 'online',
    check: null,
    says: [/HP ini sudah terhubung/, /Coba situs lain/],
    come: async () => {
      const { phone } = await onlineWith({});
      return phone.follow(why({ router: router().name, lang: 'id' }));
    },
  },
  'an officer has disabled the account': {
    verdict: 'disabled',
    check: 'account',
    says: [/dinonaktifkan/, /Tanyakan kepada petugas/],
    come: async () => {
      const phone = newPhone();
      await stand.store.importSubscribers({
        subscribers: [
          { username: 'budi', password: 'sandi-warga-1', tariff: 'warga', villageCode: null },
        ],
        at: now(),
      });
      await phone.join();
      await phone.openPortal();
      const typed = { username: 'budi', password: 'sandi-warga-1' };
      expect(await phone.submit(typed)).toMatchObject({ outcome: 'online' });
      await seconds(2);
      await phone.logout();
      await seconds(2);
      await stand.store.changeSubscriber({ username: 'budi', disabled: true, at: now() });
      return ask(phone);
    },
  },
  'the card is for another village': {
    verdict: 'village',
    check: 'account',
    says: [/untuk desa lain/, /Pakai di desa asalnya/],
    come: async () => {
      const [made] = await stand.store.createVouchers({
        ...{
          tariff: 'warga',
          count: 1,
          villageCode: stand.routers[1]!.villageCode,
          batch: 'lain',
          at: now(),
        },
      });
      const phone = newPhone();
      await phone.join();
      await phone.openPortal();
      const refused = await phone.submit({ voucher: made!.code });
      expect(refused.code).toBe('SW-VILLAGE');
      return phone.follow(linkTo({ ...refused, status: 403, bytes: 0, failure: null }, '/why?'));
    },
  },
  'the validity is over': {
    verdict: 'expired',
    check: 'validity',
    says: [/Masa berlaku Anda sudah habis/, /Minta kode baru/],
    come: async () => {
      const { phone } = await onlineWith({ validitySeconds: 60 });
      await seconds(63);
      return ask(phone);
    },
  },
  'the data of the day are used up': {
    verdict: 'quota',
    check: 'quota',
    says: [/Kuota Anda sudah habis/, /Kuota hari ini sudah terpakai.* besok pukul 00\.00 WIB/],
    come: async () => {
      const { phone } = await onlineWith({ dailyOctets: 20_000 });
      await phone.fetch('http://berita.example/bytes/30000');
      await seconds(3);
      return ask(phone);
    },
  },
  'the time of the week is used up': {
    verdict: 'time',
    check: 'time',
    says: [/Waktu Anda sudah habis/, /Waktu untuk minggu ini .* hari Senin pukul 00\.00 WIB/],
    come: async () => {
      const { phone } = await onlineWith({ weeklySeconds: 60 });
      await seconds(63);
      return ask(phone);
    },
  },
  'other phones have the places': {
    verdict: 'devices',
    check: 'devices',
    says: [/dipakai di HP lain/, /Tekan Keluar di salah satu HP itu/],
    come: async () => {
      const { phone, code } = await onlineWith({ devices: 1, whenFull: 'refuse' });
      await phone.logout();
      await seconds(2);
      const other = newPhone();
      await other.join();
      await other.openPortal();
      expect(await other.submit({ voucher: code })).toMatchObject({ outcome: 'online' });
      await seconds(2);
      return ask(phone);
    },
  },
  'it has not logged in': {
    verdict: 'login',
    check: null,
    says: [/HP ini belum masuk/, /Tekan Masuk untuk melanjutkan/],
    come: async () => {
      const phone = newPhone();
      await phone.join();
      return ask(phone);
    },
  },
};

/** A window of this week that is not now: the clock of the village stands at one of its two halves. */
function closedNow(): string {
  const hour = Number(
    new Intl.DateTimeFormat('en-GB', {
      ...{ timeZone: 'Asia/Jakarta', hour: '2-digit', hour12: false },
    }).format(now()),
  );
  return hour < 12 ? 'mon-sun 13:00-15:00' : 'mon-sun 01:00-03:00';
}

const moving = async <T>(work: Promise<T>): Promise<T> => movingOn(stand.clock, work);

const inside = (html: string, tag: RegExp): string => (tag.exec(html)?.[1] ?? '').trim();

function read(html: string) {
  const main = /<main[\s\S]*<\/main>/.exec(html)?.[0] ?? '';
  return {
    verdict: inside(main, /data-verdict="(\w+)"/),
    heading: inside(main, /<h1>([^<]*)<\/h1>/),
    step: inside(main, /<\/h1>\s*<\/div>\s*<p>([^<]*)<\/p>/),
    bad: [...main.matchAll(/<li class="bad">[\s\S]*?<\/svg>([^<]*)<\/li>/g)].map((one) => one[1]!),
    action: inside(main, /<a class="button" href="[^"]*">([^<]*)</),
    code: inside(main, /<p class="case">([^<]*)<\/p>/),
  };
}

/** `case show CODE`, on the command line beside the server. */
async function caseShow(code: string) {
  let document: unknown;
  let text = '';
  const context: CommandContext = {
    config: { ...loadConfig({ cwd: '/nonexistent' }), ...stand.kept },
    ...{ options: {}, operands: [code], json: false, progress: () => undefined },
    print: (printed, said) => {
      document = JSON.parse(JSON.stringify(printed));
      text = said;
    },
    signal: new AbortController().signal,
  };
  const command = await COMMANDS['case show']!();
  await command.run(context);
  return { facts: (document as { facts: Record<string, unknown> }).facts, text };
}

describe('each cause has words and a next step of its own', () => {
  const seen: { heading: string; step: string }[] = [];

  async function shown({ verdict, check, says, come }: Cause) {
    const page = read((await come()).html);

    expect(page.verdict).toBe(verdict);
    expect(page.heading).toMatch(says[0]);
    expect(page.step).toMatch(says[1]);
    expect(page.action).not.toBe('');
    expect(page.bad.length > 0).toBe(check !== null);
    seen.push({ heading: page.heading, step: page.step });
    return page;
  }

  it('the phone uses another network', async () => {
    expect((await shown(OUTSIDE)).code).toBe('');
  });

  it.each(Object.entries(CAUSES))('%s', async (_name, cause) => {
    const { verdict, check } = cause;
    const page = await shown(cause);

    const { facts, text } = await caseShow(page.code);
    const failed = (facts.checks as { name: string; outcome: string }[]).filter(
      ({ outcome }) => outcome === 'bad',
    );
    expect(facts).toMatchObject({ verdict, router: router().name });
    expect(failed.map(({ name }) => name)).toEqual(check === null ? [] : [check]);
    expect(text).toContain(`told          ${verdict}`);
  });

  it('and no two are the same, nor is one left out', () => {
    const causes = [OUTSIDE, ...Object.values(CAUSES)];

    expect(new Set(causes.map(({ verdict }) => verdict))).toEqual(new Set(VERDICTS));
    for (const part of ['heading', 'step'] as const) {
      expect(new Set(seen.map((one) => one[part])).size).toBe(causes.length);
    }
  });
});
