/** For tests: a village, its router, and a phone with its session. */
import fc from 'fast-check';
import type { Account, AccountUsage, Router, Session, Tariff, Village } from '../store/types.ts';

/** 24 November 2026, 10.00 WIB. */
export const START_MS = Date.UTC(2026, 10, 24, 3);
export const MAC = 'A2:00:00:00:00:01';

export const village: Village = {
  code: '16.06.01.2001',
  name: 'Sukarami',
  kind: 'desa',
  districtCode: '16.06.01',
  districtName: 'Sekayu',
  regencyCode: '16.06',
  regencyName: 'Kabupaten Musi Banyuasin',
  provinceName: 'Sumatera Selatan',
  latitude: null,
  longitude: null,
};

export const router: Router = {
  id: 'r1',
  name: 'sukarami-1',
  villageCode: village.code,
  villageName: village.name,
  districtCode: village.districtCode,
  districtName: village.districtName,
  latitude: null,
  longitude: null,
  address: '10.66.0.2',
  apiPort: 8728,
  apiUser: 'smartwifi',
  coaPort: 3799,
  lanSubnet: '172.16.0.0/22',
  hotspotAddress: '172.16.0.1',
  hotspotPort: 80,
  loginHost: 'login.sukarami.example',
  requireMessageAuthenticator: 'yes',
  limitProxyState: 'yes',
  openingHours: null,
  timeZone: 'Asia/Jakarta',
  createdAt: START_MS,
  appliedDigest: null,
  appliedAt: null,
  provisioning: 'applied',
  provisioningDetail: null,
  bootAt: null,
};

export const tariff: Tariff = {
  id: 't1',
  name: 'warga',
  downKbps: 5000,
  upKbps: 2000,
  sessionSeconds: 7200,
  dailySeconds: 14_400,
  dailyOctets: 1_000_000_000,
  validitySeconds: 7 * 86_400,
  devices: 2,
  burstDownKbps: null,
  burstUpKbps: null,
  burstSeconds: null,
  sessionOctets: null,
  weeklySeconds: null,
  weeklyOctets: null,
  monthlySeconds: null,
  monthlyOctets: null,
  whenFull: 'refuse',
  fairUse: [],
  priceMinor: null,
};

export const account: Account = {
  kind: 'voucher',
  id: 'v1',
  tariff,
  villageCode: null,
  disabled: false,
  firstLoginAt: START_MS - 3_600_000,
  validUntil: START_MS + 6 * 86_400_000,
};

export const session: Session = {
  id: 's1',
  routerId: router.id,
  router: router.name,
  villageCode: village.code,
  accountKind: 'voucher',
  accountId: 'v1',
  username: 'opaque',
  mac: MAC,
  framedIp: '127.0.0.1',
  acctSessionId: '80000001',
  state: 'open',
  startedAt: START_MS - 1_800_000,
  updatedAt: START_MS - 60_000,
  stoppedAt: null,
  stopCause: null,
  inputOctets: 20_000_000,
  outputOctets: 160_000_000,
  seconds: 1740,
  sessionTimeoutSeconds: 7200,
  totalLimitOctets: null,
  tariffId: 't1',
  rate: null,
};

export const usage: AccountUsage = {
  dayOctets: 380_000_000,
  daySeconds: 5340,
  weekOctets: 380_000_000,
  weekSeconds: 5340,
  monthOctets: 380_000_000,
  monthSeconds: 5340,
  open: [{ id: 's1', mac: MAC, routerId: router.id, startedAt: session.startedAt }],
};

/** What the router sends a phone to the portal with. */
export const redirectQuery: Readonly<Record<string, string>> = {
  router: router.name,
  mac: MAC,
  ip: '172.16.0.20',
  'link-login-only': `http://${router.loginHost}/login`,
  'link-orig': 'http://www.gstatic.com/generate_204',
  error: '',
  'link-logout': `http://${router.loginHost}/logout`,
  'server-name': 'sw-hs1',
};

export function redirectPath(over: Readonly<Record<string, string>> = {}): string {
  return `/?${new URLSearchParams({ ...redirectQuery, ...over }).toString()}`;
}

/** Any text at all, up to `maxLength` UTF-16 units: controls and lone surrogates too. */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  return fc
    .array(fc.oneof(fc.nat(0x7f), fc.nat(0xffff)), { maxLength })
    .map((units) => String.fromCharCode(...units));
}
