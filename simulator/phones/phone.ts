/**
 * One citizen's phone at one router: joins, is probed into the portal, logs in, uses the network.
 * It knows only what a phone knows: its lease, what it asked and what it was answered.
 */
import { SmartWifiError } from '../../lib/errors.ts';
import { createBrowser, type Visit } from './browser.ts';
import type {
  Credential,
  Fetched,
  OpenedPage,
  Phone,
  PhoneOptions,
  Submission,
} from './contract.ts';
import { connected, type Device, navigate, octetsOf, press, visit } from './device.ts';
import { type Form, readPage } from './page.ts';
import { judgeProbe, PROBES, type ProbeResult } from './probes.ts';
import { createTally } from './tally.ts';

/** The phone in this process: it also hears that its radio link broke. */
export interface LocalPhone extends Phone {
  linkLost(): void;
}

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
    exchanges: [],
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
    fill: (fields, path) => fill(device, fields, path),
    follow: (url) => navigate(device, { url: new URL(url, device.page?.url).href }),
    fetch: (url, { minOctets = 0 } = {}) => fetchUrl(device, url, minOctets),
    resolve: async (name, type, server) => {
      const answer = await browser.resolve(connected(device), name, type, server);
      return answer === null
        ? { rcode: null, addresses: [], ttl: 0 }
        : { rcode: answer.rcode, addresses: answer.addresses, ttl: answer.ttl };
    },
    https: (host) => https(device, host),
    status: () => openStatus(device),
    logout: () => logout(device),
    counts: () => Promise.resolve(tally.current()),
    sessions: () => Promise.resolve(tally.records()),
    exchanges: () => Promise.resolve([...device.exchanges]),
  };
}

async function join(device: Device): Promise<{ ip: string } | null> {
  const { options, tally } = device;
  const lease = await options.twin.attach({ mac: options.mac });
  disconnect(device);
  if (lease === null) return null;
  const before = tally.records().at(-1);
  if (before !== undefined && before.ip !== lease.ip) tally.end(options.clock.now());
  const { httpPort, dnsPort, twin } = options;
  const { ip, gateway, dns } = lease;
  device.connection = {
    ...{ ip, gateway, dns, httpPort, dnsPort },
    askDns: async (server, query) => (await twin.askDns?.(ip, server, query)) ?? null,
  };
  return { ip };
}

function disconnect(device: Device): void {
  device.connection = null;
  device.page = null;
  device.portal = null;
  device.browser.forget();
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

function openPortal(device: Device): Promise<OpenedPage> {
  const { url, userAgent } = PROBES[device.options.kind];
  return navigate(device, { url, userAgent });
}

async function submit(device: Device, credential: Credential): Promise<Submission> {
  const begun = device.tally.begun();
  const last = await fill(device, { ...credential });
  const { code } = readPage(last.html, last.url);
  const online = code === null && device.tally.begun() > begun && device.tally.online();
  return { outcome: online ? 'online' : 'refused', code, url: last.url, html: last.html };
}

async function fill(
  device: Device,
  fields: Readonly<Record<string, string>>,
  path = '',
): Promise<OpenedPage> {
  const page = device.page ?? (await openPortal(device));
  const names = Object.keys(fields);
  const form = readPage(page.html, page.url).forms.find(
    ({ action, fields: own, boxes }) =>
      names.every((name) => own.has(name) || boxes.has(name)) &&
      new URL(action).pathname.includes(path),
  );
  if (form === undefined) {
    throw missing(page, `a form to ${path || 'anywhere'} with the fields ${names.join(', ')}`);
  }
  return press(device, form, fields);
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
