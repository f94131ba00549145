/** A portal with a whole store, a village with a router, and phones at loopback. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, openTestPortal, type TestPortal } from '../../../portal/portal.fixture.ts';
import type { Authenticator, PortalOptions } from '../../../portal/types.ts';
import { START_MS } from '../../../portal/village.fixture.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { AccountKind, OpenLoginResult, Router } from '../../../store/types.ts';
import { newRouter, newTariff, village } from '../../fixtures/rows.ts';
import { goOnline, spendToken } from './online.ts';

export const MAC = 'A2:00:00:00:00:01';

export interface CitizenStand extends AsyncDisposable {
  readonly store: Store;
  readonly portal: TestPortal;
  readonly router: Router;
  readonly voucher: { readonly id: string; readonly code: string };
  /** What the router sends the phone with. */
  readonly redirect: Readonly<Record<string, string>>;
  newVoucher(): Promise<string>;
  /** The router logs the phone in with the token that an answer of the portal leads back with. */
  arrive(answer: Answer, mac?: string): Promise<OpenLoginResult>;
  /** The phone at loopback is online with this account. */
  goOnline(account: { kind: AccountKind; id: string }, mac?: string): Promise<string>;
}

export async function openCitizenStand(
  over: Partial<PortalOptions> = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<CitizenStand> {
  const folder = await mkdtemp(join(tmpdir(), 'smartwifi-citizen-'));
  const { store } = await openStore({
    store: `sqlite:${join(folder, 'store.db')}`,
    keyFile: join(folder, 'store.key'),
  });
  await store.importVillages({ villages: [village], at: START_MS });
  const router = await store.addRouter({ ...newRouter, at: START_MS });
  const tariff = await store.createTariff({ ...newTariff, devices: 2, at: START_MS });
  for (const [name, value] of Object.entries({ 'portal.tariff.self': tariff.name, ...settings })) {
    const place = { level: 'regency', code: village.regencyCode } as const;
    await store.setSetting({ ...place, name, value, secret: false, at: START_MS });
  }
  const newVouchers = (): Promise<{ id: string; code: string }[]> =>
    store.createVouchers({
      tariff: tariff.name,
      count: 1,
      villageCode: null,
      batch: 'a',
      at: START_MS,
    });
  const voucher = (await newVouchers())[0]!;
  const portal = await openTestPortal({
    store,
    radius: radiusOver(store),
    regency: village.regencyCode,
    ...over,
  });
  return {
    store,
    portal,
    router,
    voucher,
    redirect: {
      router: router.name,
      mac: MAC,
      ip: '127.64.0.20',
      'link-login-only': `http://${router.loginHost}/login`,
    },
    newVoucher: async () => (await newVouchers())[0]!.code,
    arrive: (answer, mac = MAC) => arrive(store, router, answer, mac),
    goOnline: (account, mac = MAC) => {
      const framedIp = mac === MAC ? '127.0.0.1' : '127.64.0.99';
      return goOnline(store, { router, mac, framedIp, at: START_MS }, account);
    },
    [Symbol.asyncDispose]: async () => {
      await portal[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

/** Says of a credential what the store has of it; limits are the RADIUS server's own tests' business. */
function radiusOver(store: Store): Authenticator {
  return {
    authenticate: async ({ username, password }) => {
      const voucher = await store.voucherByCode(username);
      if (voucher?.disabled === false) return { kind: 'accept', account: voucher };
      const subscriber = await store.subscriberByUsername(username);
      const right = subscriber?.passwordHash === `k$${store.credentialKey(password)}`;
      if (subscriber !== null && right) return { kind: 'accept', account: subscriber };
      return { kind: 'reject', code: 'SW-BADCRED', text: '' };
    },
  };
}

async function arrive(
  store: Store,
  router: Router,
  { headers }: Answer,
  mac: string,
): Promise<OpenLoginResult> {
  const query = new URL(String(headers.location)).searchParams;
  const token = { username: query.get('username') ?? '', token: query.get('password') ?? '' };
  return spendToken(store, { router, mac, at: START_MS }, token);
}

/** The hidden fields of the form with this action, as a browser would send them. */
export function hiddenIn(html: string, action: string): Record<string, string> {
  const form = new RegExp(`<form[^>]*action="${action}"[^>]*>([\\s\\S]*?)</form>`).exec(html)?.[1];
  if (form === undefined) throw new Error(`no form ${action}`);
  const fields = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)];
  return Object.fromEntries(
    fields.map(([, name, value]) => [name!, value!.replaceAll('&amp;', '&')]),
  );
}
