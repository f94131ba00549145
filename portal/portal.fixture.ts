/** For tests: a village, its router, a store in memory and someone who answers logins. */
import { request } from 'node:http';
import { pino } from 'pino';
import { type SteppedClock, steppedClock } from '../lib/clock.ts';
import { createMetrics, type Metrics, renderMetrics } from '../lib/metrics.ts';
import type {
  Account,
  AccountUsage,
  NewToken,
  Router,
  Session,
  Tariff,
  Village,
} from '../store/types.ts';
import { type Portal, startPortal } from './role.ts';
import type { LoginAnswer, LoginQuestion, PortalOptions, PortalStore } from './types.ts';

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
};

export const usage: AccountUsage = {
  dayOctets: 380_000_000,
  daySeconds: 5340,
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

/** What may be changed while the portal runs. */
export interface World {
  routers: Router[];
  village: Village;
  session: Session | null;
  account: Account | null;
  usage: AccountUsage;
  answer: (question: LoginQuestion) => Promise<LoginAnswer>;
  readonly tokens: NewToken[];
  readonly questions: LoginQuestion[];
}

export interface TestPortal extends AsyncDisposable {
  readonly portal: Portal;
  readonly world: World;
  readonly clock: SteppedClock;
  readonly metrics: Metrics;
  fetch(path: string, init?: FetchInit): Promise<Answer>;
  post(path: string, form: Readonly<Record<string, string>>, headers?: Headers): Promise<Answer>;
  metricsPage(): Promise<string>;
}

type Headers = Readonly<Record<string, string>>;

export interface FetchInit {
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: string;
  readonly port?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly bytes: Buffer;
}

export const accepting = async (): Promise<LoginAnswer> => ({
  kind: 'accept',
  account: { kind: 'voucher', id: 'v1' },
});

export const rejecting = (code: string) => async (): Promise<LoginAnswer> => ({
  kind: 'reject',
  code,
  text: `${code} alasan`,
});

export function createWorld(): World {
  return {
    routers: [router],
    village,
    session: null,
    account,
    usage,
    answer: accepting,
    tokens: [],
    questions: [],
  };
}

/** A portal on a free port of 127.0.0.1. Its public URL is that address unless `over` says otherwise. */
export async function openTestPortal(
  over: Partial<PortalOptions> = {},
  world: World = createWorld(),
): Promise<TestPortal> {
  const clock = steppedClock(START_MS);
  const metrics = createMetrics();
  const portal = await startPortal({
    listen: { host: '127.0.0.1', port: 0 },
    publicUrl: 'http://127.0.0.1',
    blockAddresses: [],
    store: storeOf(world),
    radius: {
      authenticate: async (question) => {
        world.questions.push(question);
        return world.answer(question);
      },
    },
    clock,
    log: pino({ level: 'silent' }),
    metrics,
    timeZone: 'Asia/Jakarta',
    ...over,
  });
  const get: TestPortal['fetch'] = async (path, init = {}) =>
    exchange(path, { port: portal.port, ...init });
  return {
    portal,
    world,
    clock,
    metrics,
    fetch: get,
    post: async (path, form, headers = {}) =>
      get(path, {
        method: 'POST',
        body: new URLSearchParams(form).toString(),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      }),
    metricsPage: async () => renderMetrics([await metrics.json()]),
    [Symbol.asyncDispose]: async () => portal[Symbol.asyncDispose](),
  };
}

function storeOf(world: World): PortalStore {
  return {
    routerByName: async (name) => world.routers.find((one) => one.name === name) ?? null,
    village: async (code) => (code === world.village.code ? world.village : null),
    sessionByAddress: async (address) =>
      world.session?.framedIp === address ? world.session : null,
    account: async () => world.account,
    usage: async () => world.usage,
    issueToken: async (token) => {
      world.tokens.push(token);
      return { username: `u${world.tokens.length}`, token: `token+/${world.tokens.length}` };
    },
  };
}

/** One request as a client writes it: any path, any Host, no redirect followed. */
async function exchange(path: string, init: FetchInit): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body, port } = init;
    const sent = request(
      { host: '127.0.0.1', port, path, method, headers, agent: false },
      (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => {
          const bytes = Buffer.concat(chunks);
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers,
            body: bytes.toString('utf8'),
            bytes,
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
