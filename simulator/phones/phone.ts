/**
 * One citizen's phone at one router: joins, is probed into the portal, logs in, uses the network.
 *
 * It knows only what a phone knows: its lease, what it asked and what it was answered. Arguments and
 * results are plain JSON values, so that a phone may live in another process than its user.
 */
import type { Clock } from '../../lib/clock.ts';
import { SmartWifiError } from '../../lib/errors.ts';
import {
  type Browser,
  type Connection,
  createBrowser,
  type Visit,
  type VisitFailure,
  type VisitRequest,
} from './browser.ts';
import type { DnsType } from './dns.ts';
import { allowsFormTarget } from './form-policy.ts';
import { encodeForm, type Form, readPage } from './page.ts';
import { judgeProbe, type PhoneKind, PROBES, type ProbeResult } from './probes.ts';
import { createTally, type SessionCount, type SessionRecord } from './tally.ts';

export interface Lease {
  readonly ip: string;
  readonly gateway: string;
  readonly dns: string;
  readonly leaseSeconds: number;
}

/** The radio and the cable of a router, as far as a phone reaches them. */
export interface AccessPoint {
  attach(phone: { readonly mac: string }): Lease | null | Promise<Lease | null>;
  detach(mac: string): void | Promise<void>;
}

export type Credential =
  | { readonly voucher: string }
  | { readonly username: string; readonly password: string };

export interface OpenedPage {
  readonly url: string;
  /** Null when the last step of the way gave no answer; `failure` says why. */
  readonly status: number | null;
  readonly html: string;
  /** Octets of the page's body on the wire. */
  readonly bytes: number;
  readonly failure: PageFailure | null;
}

/** `policy`: the page's form-action forbids the redirect that answered its form; browsers stop there. */
export type PageFailure = VisitFailure | 'policy';

export interface Submission {
  readonly outcome: 'online' | 'refused';
  /** The page's `data-code`, `SW-…`; null when the refusal carried none. */
  readonly code: string | null;
  readonly url: string;
  readonly html: string;
}

export interface Fetched {
  /** Of the last answer; null when none came. */
  readonly status: number | null;
  /** Octets that this phone sent, and got, in all requests of the call. */
  readonly octetsIn: number;
  readonly octetsOut: number;
  /** The filter stands in the way: the block page came, or the name leads nowhere. */
  readonly blocked: boolean;
  /** The router's login page stands in the way. */
  readonly captive: boolean;
  readonly failure: VisitFailure | null;
}

export interface Resolved {
  /** Null when no answer came. */
  readonly rcode: number | null;
  readonly addresses: readonly string[];
  readonly ttl: number;
}

export interface Phone {
  /** Null when the router gives no lease: switched off, no DHCP, no address left. */
  join(): Promise<{ ip: string } | null>;
  leave(): Promise<void>;
  /** The maker's connectivity check; `location` is where it was sent instead. */
  probe(): Promise<{ result: ProbeResult; location?: string }>;
  /** What the mini-browser shows: the page at the end of the probe's redirects. */
  openPortal(): Promise<OpenedPage>;
  /** Fills in the form for this credential on the page at hand (opens the portal when there is none). */
  submit(credential: Credential): Promise<Submission>;
  /** GETs `url`, again and again until at least `minOctets` (both directions) went over the wire. */
  fetch(url: string, options?: { readonly minOctets?: number }): Promise<Fetched>;
  resolve(name: string, type?: DnsType): Promise<Resolved>;
  /** Whether a connection to port 443 of `host` comes about. */
  https(host: string): Promise<'connected' | 'reset' | 'refused'>;
  /** The portal's status page. */
  status(): Promise<OpenedPage>;
  /** Presses log-out on the status page and follows it to the router's own log-out. */
  logout(): Promise<OpenedPage>;
  /** Forwarded octets of the session at hand, or of the last one. */
  counts(): Promise<SessionCount>;
  sessions(): Promise<SessionRecord[]>;
}

export interface PhoneOptions {
  readonly mac: string;
  readonly kind: PhoneKind;
  readonly twin: AccessPoint;
  /** The router's ports that stand for 80 and 53. */
  readonly httpPort: number;
  readonly dnsPort: number;
  readonly clock: Clock;
  /** Accept-Language; Indonesian when absent. */
  readonly locale?: string;
  readonly random?: () => number;
  /** For one exchange, machine time; 10 s when absent. */
  readonly timeoutMs?: number;
}

/** The phone in this process: it also hears that its radio link broke. */
export interface LocalPhone extends Phone {
  linkLost(): void;
}

interface Device {
  readonly options: PhoneOptions;
  readonly browser: Browser;
  readonly tally: ReturnType<typeof createTally>;
  connection: Connection | null;
  page: OpenedPage | null;
  /** Content-Security-Policy of that page. */
  policy: string | undefined;
  /** Origin of the first page that a redirect of the router led to. */
  portal: string | null;
}

const MAX_HOPS = 12;
const MAX_FETCHES = 10_000;
const DEFAULT_TIMEOUT_MS = 10_000;

export function createPhone(options: PhoneOptions): LocalPhone {
  const browser = createBrowser({
    clock: options.clock,
    random: options.random ?? Math.random,
    locale: options.locale ?? 'id',
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  });
  const tally = createTally(options.mac);
  const device: Device = {
    options,
    browser,
    tally,
    connection: null,
    page: null,
    policy: undefined,
    portal: null,
  };
  return {
    join: () => join(device),
    leave: async () => {
      disconnect(device);
      await options.twin.detach(options.mac);
    },
    linkLost: () => {
      disconnect(device);
      tally.end(options.clock.now());
    },
    probe: () => probe(device),
    openPortal: () => openPortal(device),
    submit: (credential) => submit(device, credential),
    fetch: (url, { minOctets = 0 } = {}) => fetchUrl(device, url, minOctets),
    resolve: async (name, type) => {
      const answer = await browser.resolve(connected(device), name, type);
      return answer === null
        ? { rcode: null, addresses: [], ttl: 0 }
        : { rcode: answer.rcode, addresses: answer.addresses, ttl: answer.ttl };
    },
    https: (host) => https(device, host),
    status: () => openStatus(device),
    logout: () => logout(device),
    counts: () => Promise.resolve(tally.current()),
    sessions: () => Promise.resolve(tally.records()),
  };
}

async function join(device: Device): Promise<{ ip: string } | null> {
  const { options, tally } = device;
  const lease = await options.twin.attach({ mac: options.mac });
  disconnect(device);
  if (lease === null) return null;
  const before = tally.records().at(-1);
  if (before !== undefined && before.ip !== lease.ip) tally.end(options.clock.now());
  const { httpPort, dnsPort } = options;
  device.connection = { ip: lease.ip, gateway: lease.gateway, dns: lease.dns, httpPort, dnsPort };
  return { ip: lease.ip };
}

function disconnect(device: Device): void {
  device.connection = null;
  device.page = null;
  device.portal = null;
  device.browser.forget();
}

function connected(device: Device): Connection {
  if (device.connection === null) {
    throw new SmartWifiError('PHONE_NOT_JOINED', 'the phone has no lease: call join() first');
  }
  return device.connection;
}

/** One step on the web; what was forwarded is counted, and a login page in the way ends the session. */
async function visit(device: Device, request: VisitRequest): Promise<Visit> {
  const { browser, options, tally } = device;
  const result = await browser.visit(connected(device), request);
  if (result.answeredBy === 'host') tally.add(octetsOf(result));
  if (result.answeredBy === 'captive') tally.end(options.clock.now());
  return result;
}

function octetsOf({ exchange }: Visit): SessionCount {
  return {
    inputOctets: exchange?.sentOctets ?? 0,
    outputOctets: exchange?.receivedOctets ?? 0,
  };
}

async function probe(device: Device): Promise<{ result: ProbeResult; location?: string }> {
  const { kind, clock } = device.options;
  const { url, userAgent } = PROBES[kind];
  const answer = await visit(device, { url, userAgent });
  const result = judgeProbe(kind, answer.exchange?.response ?? null);
  if (result === 'internet' && !device.tally.online()) {
    // Nobody logged in and yet the internet answers: the router knows this phone by its MAC.
    device.tally.begin(connected(device).ip, null, clock.now());
    device.tally.add(octetsOf(answer));
  }
  return answer.next === null ? { result } : { result, location: answer.next };
}

/** Follows redirects as browsers do (RFC 9110 §15.4: 307 and 308 keep the method), to the last page. */
async function navigate(
  device: Device,
  first: VisitRequest,
  mayLeadTo: (url: string) => boolean = () => true,
): Promise<OpenedPage> {
  let request = first;
  let mayGo = mayLeadTo;
  for (let hop = 0; ; hop += 1) {
    const answer = await visit(device, request);
    noteRouterAnswer(device, request, answer);
    if (answer.next === null || hop === MAX_HOPS) return keepPage(device, answer, answer.failure);
    // A page that came whole ends the form's own way; what it leads to is a new one.
    if (Math.floor((answer.status ?? 0) / 100) !== 3) mayGo = () => true;
    if (!mayGo(answer.next)) return keepPage(device, answer, 'policy');
    const next = new URL(answer.next);
    if (next.searchParams.has('link-login-only')) device.portal = next.origin;
    await device.options.clock.sleep(answer.nextSeconds * 1000);
    const keep = answer.status === 307 || answer.status === 308;
    request = keep ? { ...request, url: answer.next } : { url: answer.next };
  }
}

function keepPage(device: Device, answer: Visit, failure: PageFailure | null): OpenedPage {
  const { url, status, html, bodyOctets: bytes } = answer;
  device.policy = answer.exchange?.response?.headers.get('content-security-policy');
  device.page = { url, status, html: html ?? '', bytes, failure };
  return device.page;
}

/** The router's answers to a login and a log-out begin and end the session. */
function noteRouterAnswer(device: Device, request: VisitRequest, answer: Visit): void {
  const { tally, options } = device;
  const url = new URL(request.url);
  if (answer.answeredBy !== 'router' || answer.status === null || answer.status >= 400) return;
  if (url.pathname === '/logout') tally.end(options.clock.now());
  if (url.pathname !== '/login') return;
  const sent = request.method === 'POST' ? new URLSearchParams(request.body) : url.searchParams;
  const username = sent.get('username');
  if (username === null || isLoginAgain(answer)) return;
  tally.begin(connected(device).ip, username, options.clock.now());
}

/** A refused login shows the login page anew: the router's own form, or the way to the portal. */
function isLoginAgain(answer: Visit): boolean {
  if (answer.next !== null) return new URL(answer.next).searchParams.has('link-login-only');
  const { forms } = readPage(answer.html ?? '', answer.url);
  return forms.some((form) => form.fields.has('password'));
}

function openPortal(device: Device): Promise<OpenedPage> {
  const { url, userAgent } = PROBES[device.options.kind];
  return navigate(device, { url, userAgent });
}

async function submit(device: Device, credential: Credential): Promise<Submission> {
  const page = device.page ?? (await openPortal(device));
  const names = Object.keys(credential);
  const form = readPage(page.html, page.url).forms.find((each) =>
    names.every((name) => each.fields.has(name)),
  );
  if (form === undefined) throw missing(page, `a form with the fields ${names.join(', ')}`);
  const begun = device.tally.begun();
  const last = await press(device, form, { ...credential });
  const { code } = readPage(last.html, last.url);
  const online = code === null && device.tally.begun() > begun && device.tally.online();
  return { outcome: online ? 'online' : 'refused', code, url: last.url, html: last.html };
}

function press(
  device: Device,
  form: Form,
  typed: Readonly<Record<string, string>>,
): Promise<OpenedPage> {
  const body = encodeForm(form, typed);
  const page = device.page?.url ?? form.action;
  const { policy } = device;
  const mayLeadTo = (url: string): boolean => allowsFormTarget(policy, page, url);
  if (!mayLeadTo(form.action)) {
    throw new SmartWifiError('PHONE_POLICY', `${page} forbids its own form to ${form.action}`);
  }
  if (form.method === 'POST') {
    const { origin } = new URL(page);
    return navigate(device, { url: form.action, method: 'POST', body, origin }, mayLeadTo);
  }
  const url = new URL(form.action);
  url.search = body;
  return navigate(device, { url: url.href }, mayLeadTo);
}

async function fetchUrl(device: Device, url: string, minOctets: number): Promise<Fetched> {
  let octetsIn = 0;
  let octetsOut = 0;
  for (let round = 1; ; round += 1) {
    const answer = await visit(device, { url });
    const { inputOctets, outputOctets } = octetsOf(answer);
    octetsIn += inputOctets;
    octetsOut += outputOctets;
    const { status, failure } = answer;
    const captive = answer.answeredBy === 'captive';
    const blocked = !captive && isBlocked(answer);
    const enough = octetsIn + octetsOut >= minOctets || round === MAX_FETCHES;
    if (enough || captive || blocked || failure !== null) {
      return { status, octetsIn, octetsOut, blocked, captive, failure };
    }
  }
}

/** The name leads nowhere; or the block page came: by redirect, or in the site's place (RFC 7725). */
function isBlocked({ url, next, status, failure }: Visit): boolean {
  if (failure === 'name' || status === 451) return true;
  return new URL(next ?? url).pathname === '/blocked';
}

async function https(device: Device, host: string): Promise<'connected' | 'reset' | 'refused'> {
  const exchange = await device.browser.connect(connected(device), host);
  if (exchange === null) return 'refused';
  if (exchange.response?.status === 200) {
    const { sentOctets, receivedOctets } = exchange;
    device.tally.add({ inputOctets: sentOctets, outputOctets: receivedOctets });
    return 'connected';
  }
  return exchange.failure === 'reset' || exchange.failure === 'closed' ? 'reset' : 'refused';
}

async function openStatus(device: Device): Promise<OpenedPage> {
  const { page, portal } = device;
  const isStatus = (url: string): boolean => /\/status\/?$/.test(new URL(url).pathname);
  const links = page === null ? [] : [page.url, ...readPage(page.html, page.url).links];
  const known = links.find((url) => isStatus(url));
  if (known !== undefined) return navigate(device, { url: known });
  if (portal !== null) return navigate(device, { url: new URL('/status', portal).href });
  throw new SmartWifiError('PHONE_NO_PORTAL', 'the phone has not been sent to a portal yet');
}

async function logout(device: Device): Promise<OpenedPage> {
  const find = (page: OpenedPage | null): Form | undefined =>
    page === null
      ? undefined
      : readPage(page.html, page.url).forms.find(({ action }) =>
          /\/logout\b/.test(new URL(action).pathname),
        );
  const form = find(device.page);
  if (form !== undefined) return press(device, form, {});
  const page = await openStatus(device);
  const there = find(page);
  if (there === undefined) throw missing(page, 'a log-out form');
  return press(device, there, {});
}

function missing(page: OpenedPage, what: string): SmartWifiError {
  const state = page.status === null ? `no answer: ${page.failure}` : `status ${page.status}`;
  return new SmartWifiError('PHONE_FORM_MISSING', `${page.url} (${state}) does not have ${what}`);
}
