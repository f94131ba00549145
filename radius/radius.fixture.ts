/** What the tests of this folder share: a village with routers in a store, and packets of a NAS. */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import type { Store } from '../store/contract.ts';
import type { Account, NewTariff, Router, Village } from '../store/types.ts';
import { Code } from './attributes.ts';
import { type AttributeValue, decodePacket, encodePacket, type Packet } from './codec.ts';
import { hidePassword } from './pap.ts';
import type { PeerProof } from './peer.fixture.ts';
import { type RadiusSecret, radiusSecret } from './secret.ts';
import { signAccessRequest, signRequest } from './sign.ts';

export const SILENT = pino({ level: 'silent' });
export const NAS_SECRET = 'rahasia-router-desa-1';
export const PORTAL = { address: '127.0.0.9', secret: 'rahasia-portal-wifi' };
export const MAC = 'AA:BB:CC:00:00:01';
export const OTHER_MAC = 'AA:BB:CC:00:00:02';
export const START_MS = 1_790_000_000_000;
export const TIME_ZONE = 'Asia/Jakarta';

const village = (code: string, name: string): Village => ({
  code,
  name,
  kind: 'desa',
  districtCode: '16.06.01',
  districtName: 'Sekayu',
  regencyCode: '16.06',
  regencyName: 'Musi Banyuasin',
  provinceName: 'Sumatera Selatan',
  latitude: null,
  longitude: null,
});

/** Two villages with a router each; the first has `address`. */
export async function seedRouters(
  store: Store,
  address: string,
  coaPort = 3799,
): Promise<{ router: Router; far: Router }> {
  const villages = [
    village('16.06.01.2001', 'Muara Teladan'),
    village('16.06.01.2002', 'Bailangu'),
  ];
  await store.importVillages({ villages, at: START_MS });
  const add = (name: string, villageCode: string, at: string): Promise<Router> =>
    store.addRouter({
      name,
      villageCode,
      address: at,
      apiPort: 8728,
      apiUser: 'admin',
      apiPassword: 'x',
      nasSecret: NAS_SECRET,
      coaPort,
      hotspotPort: 80,
      loginHost: 'masuk.wifi',
      lanPool: '172.16.0.0/12',
      at: START_MS,
    });
  return {
    router: await add('rt-teladan', '16.06.01.2001', address),
    far: await add('rt-bailangu', '16.06.01.2002', '10.99.0.2'),
  };
}

export async function seedTariff(
  store: Store,
  name: string,
  limits: Partial<NewTariff> = {},
): Promise<string> {
  await store.createTariff({ name, ...limits, at: START_MS });
  return name;
}

export async function seedVoucher(
  store: Store,
  tariff: string,
  villageCode: string | null = null,
): Promise<{ id: string; code: string }> {
  const made = await store.createVouchers({
    tariff,
    count: 1,
    villageCode,
    batch: 'uji',
    at: START_MS,
  });
  return made[0]!;
}

export async function seedSubscriber(
  store: Store,
  username: string,
  password: string,
  tariff: string,
  networkPassword = false,
): Promise<Account> {
  const subscribers = [{ username, password, tariff, villageCode: null, networkPassword }];
  await store.importSubscribers({ subscribers, at: START_MS });
  return (await store.subscriberByUsername(username))!;
}

export interface LoginPacket {
  readonly username: string;
  readonly password: string;
  readonly secret?: string;
  readonly identifier?: number;
  readonly messageAuthenticator?: boolean;
  readonly more?: readonly AttributeValue[];
  /** Instead of User-Password. */
  readonly proof?: PeerProof;
}

/** A signed Access-Request as a hotspot sends it. */
export function accessRequest(login: LoginPacket): { bytes: Buffer; authenticator: Buffer } {
  const secret = radiusSecret(login.secret ?? NAS_SECRET);
  const authenticator = randomBytes(16);
  const proof: readonly AttributeValue[] = login.proof?.(authenticator) ?? [
    ['User-Password', hidePassword(Buffer.from(login.password), authenticator, secret)],
  ];
  const bytes = encodePacket({
    code: Code.accessRequest,
    identifier: login.identifier ?? 1,
    messageAuthenticator: login.messageAuthenticator ?? true,
    attributes: [
      ['User-Name', login.username],
      ...proof,
      ...(login.more ?? [['Calling-Station-Id', MAC]]),
    ],
  });
  return { bytes: signAccessRequest(bytes, authenticator, secret), authenticator };
}

export function accountingRequest(
  attributes: readonly AttributeValue[],
  secret: RadiusSecret = radiusSecret(NAS_SECRET),
  identifier = 1,
): Buffer {
  const code = Code.accountingRequest;
  const bytes = encodePacket({ code, identifier, messageAuthenticator: false, attributes });
  return signRequest(bytes, secret);
}

export function decodeReply(reply: Buffer | null): Packet {
  if (reply === null) throw new Error('there was no reply');
  return decodePacket(reply);
}
