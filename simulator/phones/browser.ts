/**
 * A phone's way onto the web through its router, as a mini-browser without scripts and cookies.
 *
 * Names are asked of the router's DNS first, as a phone does. Loopback cannot intercept connections,
 * so every request goes to the router: in origin form when the name leads to the router itself (its
 * hotspot servlet), else in proxy form, which stands for a connection that the router forwards.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Clock } from '../../lib/clock.ts';
import { parseIpv4 } from '../../lib/net.ts';
import {
  DNS_TYPES,
  type DnsAnswer,
  type DnsType,
  encodeQuery,
  queryDns,
  readAnswer,
} from './dns.ts';
import { type HttpExchange, type HttpFailure, type HttpResponse, httpExchange } from './http.ts';
import { parseRefresh, type Refresh, readPage, resolveUrl } from './page.ts';

/** What DHCP gave the phone, and the ports that stand for 80 and 53 of the router. */
export interface Connection {
  readonly ip: string;
  readonly gateway: string;
  readonly dns: string;
  readonly httpPort: number;
  readonly dnsPort: number;
  /** Carries a DNS message to a server other than the router; null is silence, as is no carrier. */
  readonly askDns?: (server: string, query: Buffer) => Promise<Buffer | null>;
}

export interface VisitRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  /** Form data of a POST, and the page that it was entered on. */
  readonly body?: string;
  readonly origin?: string;
  readonly userAgent?: string;
}

export type VisitFailure = HttpFailure | 'name' | 'scheme';

export interface Visit {
  readonly url: string;
  readonly status: number | null;
  /** Null when no complete answer came; `failure` says why. */
  readonly html: string | null;
  readonly failure: VisitFailure | null;
  /** Where the answer sends the phone: absolute `Location`, or the target of a refresh. */
  readonly next: string | null;
  /** How long the page wants to be seen before that. */
  readonly nextSeconds: number;
  /** Octets of the body on the wire, compressed as it came. */
  readonly bodyOctets: number;
  /** A host behind the router, the router in its own name, or the router in the name of a host: captive. */
  readonly answeredBy: 'host' | 'router' | 'captive';
  readonly exchange: HttpExchange | null;
}

export interface Browser {
  visit(connection: Connection, request: VisitRequest): Promise<Visit>;
  /** CONNECT, the form that a TLS connection takes here; closed again at once. */
  connect(connection: Connection, host: string): Promise<HttpExchange | null>;
  /** Asks the server that DHCP gave, remembering its answers, or a `server` of the phone's choice. */
  resolve(
    connection: Connection,
    name: string,
    type?: DnsType,
    server?: string,
  ): Promise<DnsAnswer | null>;
  /** Forgets names, as a phone does that changes networks. */
  forget(): void;
}

export interface BrowserOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly locale: string;
  readonly timeoutMs: number;
}

const MAX_CACHED_NAMES = 64;
const MAX_PAGE = 8 * 1024 * 1024;
const DNS_TRIES = 2;
const unzip = promisify(gunzip);

export function createBrowser(options: BrowserOptions): Browser {
  const cache = new Map<string, { answer: DnsAnswer; until: number }>();

  const resolve: Browser['resolve'] = async (connection, name, type = 'A', server) => {
    if (server !== undefined) return ask(options, connection, server, name, type);
    const key = `${type} ${name.toLowerCase()}`;
    const cached = cache.get(key);
    if (cached !== undefined && cached.until > options.clock.now()) return cached.answer;
    const answer = await ask(options, connection, connection.dns, name, type);
    if (answer !== null && answer.ttl > 0) {
      if (cache.size >= MAX_CACHED_NAMES) cache.clear();
      cache.set(key, { answer, until: options.clock.now() + answer.ttl * 1000 });
    }
    return answer;
  };
  const addressOf = async (connection: Connection, host: string): Promise<string | null> => {
    if (parseIpv4(host) !== null) return host;
    const answer = await resolve(connection, host);
    return answer?.addresses.find((address) => address !== '0.0.0.0') ?? null;
  };

  return {
    resolve,
    forget: () => cache.clear(),
    visit: async (connection, request) => {
      const url = new URL(request.url);
      if (url.protocol !== 'http:') return failed(request.url, 'scheme');
      const address = await addressOf(connection, url.hostname);
      if (address === null) return failed(request.url, 'name');
      const own = address === connection.gateway;
      const exchange = await send(options, connection, request, url, own);
      const isRouter = async (host: string): Promise<boolean> =>
        (await addressOf(connection, host)) === connection.gateway;
      return judge(url, exchange, own, isRouter);
    },
    connect: async (connection, host) => {
      if ((await addressOf(connection, host)) === null) return null;
      return httpExchange({
        host: connection.gateway,
        port: connection.httpPort,
        localAddress: connection.ip,
        method: 'CONNECT',
        target: `${host}:443`,
        headers: { Host: `${host}:443` },
        timeoutMs: options.timeoutMs,
      });
    },
  };
}

async function ask(
  options: BrowserOptions,
  connection: Connection,
  server: string,
  name: string,
  type: DnsType,
): Promise<DnsAnswer | null> {
  const timeoutMs = options.timeoutMs / DNS_TRIES;
  for (let attempt = 0; attempt < DNS_TRIES; attempt += 1) {
    const id = Math.floor(options.random() * 0x1_0000);
    const answer =
      server === connection.gateway
        ? await queryDns({
            server,
            port: connection.dnsPort,
            localAddress: connection.ip,
            name,
            type,
            id,
            timeoutMs,
          })
        : await askFar(connection, server, encodeQuery(id, name, DNS_TYPES[type]));
    if (answer !== null) return answer;
  }
  return null;
}

async function askFar(
  connection: Connection,
  server: string,
  query: Buffer,
): Promise<DnsAnswer | null> {
  const reply = (await connection.askDns?.(server, query)) ?? null;
  return reply === null ? null : readAnswer(query, reply);
}

function send(
  options: BrowserOptions,
  connection: Connection,
  request: VisitRequest,
  url: URL,
  own: boolean,
): Promise<HttpExchange> {
  const path = `${url.pathname}${url.search}`;
  const post = request.method === 'POST';
  return httpExchange({
    host: connection.gateway,
    port: connection.httpPort,
    localAddress: connection.ip,
    method: post ? 'POST' : 'GET',
    target: own ? path : `http://${url.host}${path}`,
    headers: {
      Host: url.host,
      'User-Agent': request.userAgent ?? 'Mozilla/5.0 (Mobile) MiniBrowser',
      Accept: 'text/html,*/*;q=0.8',
      'Accept-Encoding': 'gzip',
      'Accept-Language': options.locale,
      ...(post && { 'Content-Type': 'application/x-www-form-urlencoded' }),
      ...(post && request.origin !== undefined && { Origin: request.origin }),
    },
    ...(post && { body: request.body ?? '' }),
    timeoutMs: options.timeoutMs,
  });
}

async function judge(
  url: URL,
  exchange: HttpExchange,
  own: boolean,
  isRouter: (host: string) => Promise<boolean>,
): Promise<Visit> {
  const { response, status } = exchange;
  const html = response === null ? null : await text(response);
  const onward = response === null ? null : leadOn(response, html ?? '', url.href);
  const next = onward?.url ?? null;
  const captive = next !== null && (await isHotspotRedirect(next, isRouter));
  return {
    url: url.href,
    status,
    html,
    failure: html === null ? (exchange.failure ?? 'malformed') : null,
    next,
    nextSeconds: onward?.seconds ?? 0,
    bodyOctets: response?.body.length ?? 0,
    answeredBy: own ? 'router' : captive ? 'captive' : 'host',
    exchange,
  };
}

function leadOn(response: HttpResponse, html: string, url: string): Refresh | null {
  if (Math.floor(response.status / 100) !== 3) {
    return parseRefresh(response.headers.get('refresh'), url) ?? readPage(html, url).refresh;
  }
  const location = resolveUrl(response.headers.get('location'), url);
  return location === null ? null : { url: location, seconds: 0 };
}

/**
 * While a phone is not logged in, the hotspot servlet answers in the name of any host: it sends the
 * phone to its own login page or, with all its parameters, to the portal. The portal's way back to
 * the router differs: it carries a user name, or leads elsewhere than to `/login`.
 */
async function isHotspotRedirect(
  next: string,
  isRouter: (host: string) => Promise<boolean>,
): Promise<boolean> {
  const url = new URL(next);
  if (url.searchParams.has('link-login-only')) return true;
  if (url.pathname !== '/login' || url.searchParams.has('username')) return false;
  return isRouter(url.hostname);
}

/** Null when the body is not the gzip that it claims to be. */
async function text(response: HttpResponse): Promise<string | null> {
  if (response.headers.get('content-encoding') !== 'gzip') return response.body.toString('utf8');
  try {
    return (await unzip(response.body, { maxOutputLength: MAX_PAGE })).toString('utf8');
  } catch {
    return null;
  }
}

function failed(url: string, failure: VisitFailure): Visit {
  const nothing = { status: null, html: null, next: null, nextSeconds: 0, exchange: null };
  return { url, failure, answeredBy: 'host', bodyOctets: 0, ...nothing };
}
