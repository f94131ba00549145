/** For tests: a running portal, with a store in memory and someone who answers logins. */
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { pino } from 'pino';
import { type SteppedClock, steppedClock } from '../lib/clock.ts';
import { createMetrics, type Metrics, renderMetrics } from '../lib/metrics.ts';
import type {
  Account,
  AccountUsage,
  Announcement,
  Backlog,
  CaseFacts,
  Device,
  NewToken,
  Policy,
  Router,
  RouterStateNow,
  Session,
  StoredSetting,
  Village,
} from '../store/types.ts';
import { type Portal, startPortal } from './role.ts';
import type { LoginAnswer, LoginQuestion, PortalOptions, PortalStore } from './types.ts';
import { account, router, START_MS, usage, village } from './village.fixture.ts';

/** What may be changed while the portal runs. */
export interface World {
  routers: Router[];
  village: Village;
  settings: readonly StoredSetting[];
  announcements: readonly Announcement[];
  policies: Policy[];
  state: RouterStateNow | null;
  /** The one before, which is over. */
  lastSession: Session | null;
  /** What any MAC is remembered as. */
  device: Device | null;
  readonly cases: CaseFacts[];
  readonly appeals: Parameters<PortalStore['recordAppeal']>[0][];
  backlog: Backlog;
  session: Session | null;
  account: Account | null;
  usage: AccountUsage;
  /** Where it differs from day to day. */
  usageOf?: (day: string) => AccountUsage;
  /** Whether everybody has agreed to the texts before. */
  consented: boolean;
  voucherForm: (text: string) => string | null;
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
  /** Of loopback: the phone's own. */
  readonly from?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly bytes: Buffer;
}

/** As an operator sets it for the village of the fixture. */
export function set(name: string, value: string): StoredSetting {
  return { level: 'village', code: village.code, name, value, secret: false, setAt: START_MS };
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
    settings: [],
    announcements: [],
    policies: [],
    state: null,
    lastSession: null,
    device: null,
    cases: [],
    appeals: [],
    backlog: {
      appeals: { open: 0, allowed: 0, rejected: 0 },
      oldestAppealAt: null,
      cases: { waiting: 0, answered: 0 },
      oldestCaseAt: null,
    },
    session: null,
    account,
    usage,
    consented: true,
    voucherForm: (text) => text,
    answer: accepting,
    tokens: [],
    questions: [],
  };
}

/** A portal on a free port of 127.0.0.1. Its public URL is there unless `over` says otherwise. */
export async function openTestPortal(
  over: Partial<PortalOptions> = {},
  world: World = createWorld(),
): Promise<TestPortal> {
  const clock = steppedClock(START_MS);
  const metrics = createMetrics();
  const portal = await startPortal({
    listen: { host: '127.0.0.1', port: 0 },
    publicUrl: 'http://127.0.0.1:0',
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
    retention: { sessionDays: 180, dailyDays: 800 },
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

/** What the pages about the village, the case and the appeal ask for. */
function storeOfPages(world: World) {
  return {
    listPolicies: async () => world.policies,
    routerState: async () => world.state,
    lastSessionAt: async ({ framedIp }) =>
      world.lastSession?.framedIp === framedIp ? world.lastSession : null,
    device: async () => world.device,
    backlog: async () => world.backlog,
    openCase: async ({ facts }) => {
      world.cases.push(facts);
      return { id: `c${world.cases.length}`, code: 'ACD-EFG' };
    },
    recordAppeal: async (appeal) => void world.appeals.push(appeal),
  } satisfies Partial<PortalStore>;
}

/** What my account and my data ask for. */
const ACCOUNTS = {
  withdrawConsent: none,
  erasureOf: none,
  cancelErasure: none,
  requestErasure: none,
  topUp: none,
  registerByVoucher: none,
  correctProfile: none,
  setPassword: none,
  replaceFirstPassword: none,
  changePhone: none,
  ownData: none,
  usageDays: none,
  releasePhone: none,
  phonesOf: none,
  profile: none,
} satisfies Partial<PortalStore>;

function storeOf(world: World): PortalStore {
  return {
    routerByName: async (name) => world.routers.find((one) => one.name === name) ?? null,
    village: async (code) => (code === world.village.code ? world.village : null),
    settingsAt: async (code) =>
      world.settings.filter((row) => code === row.code || code.startsWith(`${row.code}.`)),
    announcementsAt: async () => world.announcements,
    ...storeOfPages(world),
    credentialKey: (secret) => createHash('sha256').update(secret).digest('hex'),
    sessionByAddress: async (address) =>
      world.session?.framedIp === address ? world.session : null,
    account: async () => world.account,
    usage: async (_kind, _id, day) => world.usageOf?.(day) ?? world.usage,
    hasConsented: async () => world.consented,
    keepTexts: async () => {},
    withdrawalsSince: async () => 0,
    markChild: none,
    subscriberByUsername: async () => null,
    voucherByCode: async () => null,
    ...ACCOUNTS,
    openTicket: none,
    ticketBySecret: none,
    ticketOfPhone: async () => null,
    closeTicket: none,
    voucherForm: (text) => world.voucherForm(text),
    listRouters: async () => world.routers,
    clickCitizen: none,
    ensureCitizen: none,
    rememberDevice: none,
    forgetDevice: async () => false,
    moveTicket: none,
    chargeOtp: none,
    giveBackOtp: none,
    issueCode: none,
    tryCode: none,
    codeState: none,
    codeOfLink: none,
    spendLink: none,
    expectMessage: none,
    proveByMessage: none,
    ensureGraceAccount: none,
    graceOfPhone: none,
    requestDisconnect: none,
    issueToken: async (token) => {
      world.tokens.push(token);
      return { username: `u${world.tokens.length}`, token: `token+/${world.tokens.length}` };
    },
  };
}

/** What only a whole store can do: test/integration/portal has one. */
async function none(): Promise<never> {
  throw new Error('this store in memory cannot do that');
}

/** One request as a client writes it: any path, any Host, no redirect followed. */
async function exchange(path: string, init: FetchInit): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body, port, from } = init;
    const sent = request(
      {
        ...{ host: '127.0.0.1', port, path, method, headers, agent: false },
        ...(from === undefined ? {} : { localAddress: from }),
      },
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
