/**
 * A village that offers every way in, on several routers: cards, accounts, citizens whom an officer vouched for,
 * and on each router phones that are online, each by another way.
 */
import type { Store } from '../../../store/contract.ts';
import type { AccountKind, Router } from '../../../store/types.ts';
import { newRouter, newTariff, village } from '../../fixtures/rows.ts';
import { goOffline, goOnline } from './online.ts';

/** Values by field. */
export type Known = Readonly<Record<string, readonly string[]>>;

interface Place {
  readonly router: Router;
  readonly mac: string;
  readonly from: string;
}

/** A phone in the LAN of a router; `secret` and `phone` are its citizen's. */
export interface Phone extends Place {
  readonly online: boolean;
  readonly secret: string | null;
  readonly phone: string | null;
}

interface Person extends Place {
  readonly account: { readonly kind: AccountKind; readonly id: string };
  readonly secret: string | null;
  readonly phone: string | null;
  /** Online with a pass alone. */
  readonly grace: boolean;
  /** One phone, and that is online: it must stay so. */
  readonly full: boolean;
}

export interface Everything {
  readonly known: Known;
  readonly phones: readonly Phone[];
  /** Names with their passwords. */
  readonly accounts: readonly (readonly [username: string, password: string])[];
  /** Those who were online at first are so again; who changed the password, at these addresses, has it back. */
  readonly settle: (changed?: ReadonlySet<string>) => Promise<void>;
}

export const WEBHOOK_KEY = 'rahasia-webhook-desa';
export const VERIFY_KEY = 'rahasia-verifikasi-desa';
export const PASSWORD = 'rumah biru di hulu';
const ROUTERS = 8;
/** Of each router, besides those that are online. */
const OFFLINE = 24;

const SETTINGS = {
  'portal.ways': 'voucher,account,click,otp,oidc',
  'portal.tariff.click': newTariff.name,
  'portal.tariff.otp': newTariff.name,
  'portal.tariff.self': newTariff.name,
  'portal.tariff.oidc': newTariff.name,
  'portal.nik': 'optional',
  'portal.click-per-day': '10000',
  'portal.click-per-address': '1000',
  'portal.otp.number': '+6281111111111',
  'portal.otp.per-phone': '50',
  'portal.otp.per-mac': '50',
  'portal.otp.per-address': '1000',
  'portal.otp.per-router': '100000',
  'portal.otp.cooldown-seconds': '15',
  'portal.grace.per-phone': '50',
  'portal.grace.per-mac': '50',
  'portal.grace.per-address': '1000',
  'portal.grace.per-router': '100000',
};

export async function seedEverything(store: Store): Promise<Everything> {
  const at = Date.now();
  await store.importVillages({ villages: [village], at });
  await store.createTariff({ ...newTariff, devices: 3, at });
  await store.createTariff({ ...newTariff, name: 'satu', devices: 1, at });
  await store.createTariff({ ...newTariff, name: 'habis', dailyOctets: 0, at });
  for (const [name, value] of Object.entries(SETTINGS)) {
    const place = { level: 'village', code: village.code } as const;
    await store.setSetting({ ...place, name, value, secret: false, at });
  }
  const cards = await cardsOf(store, newTariff.name, 400, at);
  const vouched = await vouchFor(store, 40, at);
  const phones: Phone[] = [];
  const people: Person[] = [];
  const accounts: [string, string][] = vouched;
  for (let i = 0; i < ROUTERS; i += 1) {
    const router = await addRouter(store, i, at);
    people.push(...(await peopleOf(store, router, i, at)));
    for (let n = 0; n < OFFLINE; n += 1) {
      const place = placeOf(router, i, 100 + n);
      phones.push({ ...place, online: false, secret: null, phone: null });
    }
    const names = [`siti${i}`, `penuh${i}a`, `penuh${i}b`, `penuh${i}c`, `habis${i}`];
    accounts.push(...names.map((name): [string, string] => [name, PASSWORD]));
  }
  await settle(store, people);
  phones.push(...people.map((person) => ({ ...person, online: true })));
  const codes = cards.map(({ code }) => code);
  const known = knownOf(phones, codes, store);
  return { known, phones, accounts, settle: (changed) => settle(store, people, changed) };
}

function knownOf(phones: readonly Phone[], codes: readonly string[], store: Store): Known {
  const { router } = phones[0]!;
  return {
    router: [router.name],
    mac: phones.map(({ mac }) => mac),
    ip: phones.map(({ from }) => from),
    'link-login-only': [
      `http://${router.loginHost}/login`,
      `http://${router.hotspotAddress}/login`,
    ],
    error: ['SW-QUOTA kuota habis', 'RADIUS server is not responding'],
    lang: ['id', 'en'],
    voucher: codes,
    scan: codes.slice(0, 50).map((code) => `${code}.${store.voucherSeal(code)}`),
    username: ['siti0', '0812 3456 7890'],
    password: [PASSWORD],
    secret: [PASSWORD],
    phone: Array.from({ length: 500 }, (_, i) => `0812 3400 ${String(1000 + i)}`),
    guardian: ['0813 9876 5432'],
    nik: ['1606014107950003', ''],
    name: ['contoh.example.com', 'a.example.net', 'Zubaidah Qomariah'],
    reason: ['school', 'work'],
    code: ['123 456'],
    minor: ['', '1'],
    for: ['reset', ''],
    way: ['voucher'],
    key: [WEBHOOK_KEY],
    sender: ['6281234001000'],
    message: ['MASUK acd-efg'],
    'hub.mode': ['subscribe'],
    'hub.verify_token': [VERIFY_KEY],
    'hub.challenge': ['1158201444'],
    wait: ['1'],
    sent: ['1'],
  };
}

async function cardsOf(store: Store, tariff: string, count: number, at: number) {
  return store.createVouchers({ tariff, count, villageCode: null, batch: tariff, at });
}

/** An officer's password is for one login. */
async function vouchFor(store: Store, count: number, at: number): Promise<[string, string][]> {
  const accounts: [string, string][] = [];
  for (let i = 0; i < count; i += 1) {
    const vouching = { displayName: 'Warga', villageCode: village.code, officer: 'lurah', at };
    const phone = `+62813440${1000 + i}`;
    const made = await store.vouchForCitizen({ ...vouching, phone, tariff: newTariff.name });
    accounts.push([made!.subscriber.username, made!.firstPassword]);
  }
  return accounts;
}

async function addRouter(store: Store, i: number, at: number): Promise<Router> {
  const name = `kayu-ara-${i + 1}`;
  const router = await store.addRouter({ ...newRouter, name, address: `127.20.0.${i + 1}`, at });
  // On half of them codes come with a pass, which wants a router that is set up.
  const facts = { digest: null, detail: null, at } as const;
  if (i % 2 === 1) {
    await store.recordProvisioning({ routerId: router.id, provisioning: 'applied', ...facts });
  }
  return router;
}

function placeOf(router: Router, i: number, n: number): Place {
  const hex = (number: number): string => number.toString(16).toUpperCase().padStart(2, '0');
  return {
    router,
    mac: `AA:BB:CC:00:${hex(i)}:${hex(n)}`,
    from: router.hotspotAddress.replace(/\d+$/, String(n)),
  };
}

const ORDINARY = { secret: PASSWORD, phone: null, grace: false, full: false };

/** Somebody who is online there: by each way in one, and full accounts. */
async function peopleOf(store: Store, router: Router, i: number, at: number): Promise<Person[]> {
  const { name: tariff } = newTariff;
  const [card] = await cardsOf(store, tariff, 1, at);
  const named = async (username: string, its: string) => {
    const subscribers = [{ username, password: PASSWORD, tariff: its, villageCode: null }];
    await store.importSubscribers({ subscribers, at });
    return (await store.subscriberByUsername(username))!;
  };
  const citizen = async (n: number, origin: 'self' | 'otp') => {
    const phone = `+62812777${1000 + i * 10 + n}`;
    const account = await store.ensureCitizen({
      ...{ origin, key: phone, phone, tariff, villageCode: null, at },
    });
    return { account, phone };
  };
  const siti = await named(`siti${i}`, tariff);
  const full = await Promise.all(['a', 'b', 'c'].map((c) => named(`penuh${i}${c}`, 'satu')));
  // Nothing is left to who comes with it.
  await named(`habis${i}`, 'habis');
  const registered = await citizen(1, 'self');
  await store.setPassword({ subscriberId: registered.account.id, password: PASSWORD, at });
  const pass = await store.ensureGraceAccount({ seconds: 60, kbps: 128, at });
  const voucher = { kind: 'voucher', id: card!.id } as const;
  const people: Omit<Person, keyof Place>[] = [
    { ...ORDINARY, account: voucher, secret: card!.code },
    ...[siti, siti].map((account) => ({ ...ORDINARY, account })),
    ...full.map((account) => ({ ...ORDINARY, account, full: true })),
    { ...ORDINARY, ...registered },
    { ...ORDINARY, ...(await citizen(2, 'otp')), secret: null },
    { ...ORDINARY, account: { kind: 'subscriber', id: pass }, secret: null, grace: true },
  ];
  return people.map((person, n) => ({ ...placeOf(router, i, 10 + n), ...person }));
}

/** Logged in, with the password from the beginning. */
async function settle(
  store: Store,
  people: readonly Person[],
  changed: ReadonlySet<string> = new Set(),
): Promise<void> {
  const at = Date.now();
  for (const { router, mac, from, account, secret, grace, full } of people) {
    // It ends sessions, too.
    if (account.kind === 'subscriber' && secret !== null && changed.has(from)) {
      await store.setPassword({ subscriberId: account.id, password: PASSWORD, at });
    }
    const session = await store.sessionByAddress(from);
    if (session !== null && !full) continue;
    // It may be about to end, and would take no slot then.
    if (session !== null) await goOffline(store, router, session, at);
    const arrival = { router, mac, framedIp: from, at, devices: 1000 };
    await goOnline(store, grace ? { ...arrival, grace } : arrival, account);
  }
}
