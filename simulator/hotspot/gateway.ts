/**
 * The router's TCP side towards phones: servlet for what is addressed to the router, hotspot rules and
 * forwarding for everything else.
 *
 * Loopback cannot intercept connections, so a phone sends them here in proxy form: an absolute URL
 * stands for a connection to port 80 of that host, `CONNECT` for one to any other port. What a real
 * router answers with a reset is a reset here; what it drops ends without an answer.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../lib/clock.ts';
import { parseIpv4, plainAddress } from '../../lib/net.ts';
import { serveDnsStream } from '../dns/sockets.ts';
import type { HotspotConfig, LanConfig } from './config.ts';
import { drain, startFlow } from './flow.ts';
import type { Path } from './forwarding.ts';
import type { Host, Hosts } from './hosts.ts';
import {
  encodeResponse,
  onwardHead,
  type PlainResponse,
  type RequestHead,
  readHead,
  type Wanted,
  wantedOf,
} from './http.ts';
import type { Servlet } from './servlet.ts';
import type { Sessions } from './sessions.ts';
import type { Direction } from './shaper.ts';
import type { Uplink } from './uplink.ts';

export interface GatewayOptions {
  readonly clock: Clock;
  readonly hosts: Hosts;
  readonly sessions: Sessions;
  readonly servlet: Servlet;
  readonly uplink: Uplink;
  readonly lan: () => LanConfig | null;
  readonly httpPort: number;
  readonly owns: (address: string) => boolean;
  /** Addresses of a name as this phone's resolver gives them. */
  readonly resolve: (host: Host, name: string) => Promise<readonly string[]>;
  /** Resolves when address lists hold what they name. */
  readonly listed: () => Promise<void>;
  readonly path: (source: string, address: string, port: number) => Path;
  /** A DNS query over TCP that NAT redirected to the router. */
  readonly dns: (query: Buffer, phone: string) => Promise<Buffer | null>;
  readonly meter: (outward: string, direction: Direction, octets: number) => void;
  readonly failed: (error: Error) => void;
}

export interface Gateway {
  /** Listens on this address, or not at all. */
  listen(address: string | null): void;
  /** Resolves when the listener that was asked for is bound (or has failed). */
  bound(): Promise<void>;
  /** Destroys every connection of phones. */
  cut(): void;
}

interface Request {
  readonly phone: Socket;
  readonly host: Host;
  readonly head: RequestHead;
  readonly wanted: Wanted;
  /** All that the phone has sent so far. */
  readonly received: Buffer;
}

const MAX_FORM = 8192;
const HEAD_TIMEOUT_MS = 10_000;
/** Ports whose connections the hotspot answers with its redirect. */
const REDIRECTED_PORTS: ReadonlySet<number> = new Set([80, 3128, 8080]);
const ESTABLISHED = Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n');

export function createGateway(options: GatewayOptions): Gateway {
  const open = new Set<Socket>();
  let server: Server | null = null;
  let address: string | null = null;
  let ready: Promise<void> = Promise.resolve();

  const accept = (phone: Socket): void => {
    open.add(phone);
    phone.once('close', () => open.delete(phone));
    phone.on('error', () => phone.destroy());
    phone.setNoDelay(true);
    serve(options, phone).catch((error: unknown) => {
      phone.destroy();
      options.failed(error instanceof Error ? error : new Error(String(error)));
    });
  };
  const start = (on: string): Server => {
    const started = createServer({ allowHalfOpen: true }, accept);
    const { promise, resolve } = Promise.withResolvers<void>();
    ready = promise;
    started.once('listening', resolve);
    started.on('error', (error) => {
      options.failed(error);
      if (server === started) {
        server = null;
        address = null;
      }
      resolve();
    });
    started.listen({ host: on, port: options.httpPort, backlog: 64 });
    return started;
  };

  return {
    listen: (on) => {
      if (on === address) return;
      server?.close();
      server = on === null ? null : start(on);
      address = on;
    },
    bound: () => ready,
    cut: () => {
      for (const phone of open) phone.destroy();
    },
  };
}

async function serve(options: GatewayOptions, phone: Socket): Promise<void> {
  const first = await readRequest(phone);
  if (first === null) {
    phone.destroy();
    return;
  }
  const { head, received } = first;
  const wanted = wantedOf(head);
  if (wanted === null) {
    answer(phone, head.method, { status: 400, reason: 'Bad Request', headers: [], body: '' });
    return;
  }
  const host = options.hosts.of(plainAddress(phone.remoteAddress));
  await route(options, { phone, host, head, wanted, received });
}

async function route(options: GatewayOptions, request: Request): Promise<void> {
  const { phone, host, wanted } = request;
  const address = await addressOf(options, host, wanted);
  // Without an address the phone has nowhere to connect to.
  if (address === null || phone.destroyed) {
    phone.destroy();
    return;
  }
  if (options.owns(address)) {
    await toRouter(options, request);
    return;
  }
  const hotspot = options.lan()?.hotspot ?? null;
  if (hotspot === null) {
    await forward(options, request, address, false);
    return;
  }
  await host.macLogin;
  if (phone.destroyed) return;
  const binding = hotspot.binding(host.mac, host.ip);
  if (binding === 'blocked') {
    phone.resetAndDestroy();
    return;
  }
  const open = binding === 'bypassed' || isInGarden(hotspot, request, address);
  if (open || host.session !== null) await forward(options, request, address, open);
  else refuse(options, hotspot, request);
}

/** The router's own names need no resolver, for the router has put them there itself. */
async function addressOf(
  options: GatewayOptions,
  host: Host,
  wanted: Wanted,
): Promise<string | null> {
  if (parseIpv4(wanted.host) !== null) return wanted.host;
  const hotspot = options.lan()?.hotspot;
  if (hotspot !== null && hotspot !== undefined && wanted.host === hotspot.dnsName) {
    return hotspot.address;
  }
  const addresses = await options.resolve(host, wanted.host);
  return addresses.find((address) => address !== '0.0.0.0') ?? null;
}

function isInGarden(hotspot: HotspotConfig, request: Request, address: string): boolean {
  const { host, head, wanted } = request;
  const http = wanted.kind === 'http' ? { method: head.method, path: wanted.path } : null;
  const { host: name, port } = wanted;
  return hotspot.garden.allows({ source: host.ip, address, port, host: name, http });
}

/** Not logged in: HTTP is sent to the login page, everything else is reset. */
function refuse(options: GatewayOptions, hotspot: HotspotConfig, request: Request): void {
  const { phone, host, head, wanted } = request;
  if (wanted.kind !== 'http' || !REDIRECTED_PORTS.has(wanted.port)) {
    phone.resetAndDestroy();
    return;
  }
  const port = wanted.port === 80 ? '' : `:${wanted.port}`;
  const url = `http://${wanted.host}${port}${wanted.path}`;
  const { method, headers } = head;
  const about = { host, hotspot, method, path: wanted.path, headers, body: '' };
  answer(phone, method, options.servlet.redirect(about, url));
}

async function toRouter(options: GatewayOptions, request: Request): Promise<void> {
  const { phone, host, head, wanted } = request;
  const hotspot = options.lan()?.hotspot ?? null;
  const servletPort = wanted.port === 80 || wanted.port === options.httpPort;
  if (wanted.kind !== 'http' || hotspot === null || !servletPort) {
    phone.resetAndDestroy();
    return;
  }
  const body = await readBody(request);
  await host.macLogin;
  const { method, headers } = head;
  const asked = { host, hotspot, method, path: wanted.path, headers, body };
  answer(phone, method, await options.servlet.respond(asked));
}

async function forward(
  options: GatewayOptions,
  request: Request,
  address: string,
  free: boolean,
): Promise<void> {
  const { phone, host, head, wanted, received } = request;
  if (host.session?.addressList != null) await options.listed();
  const path = options.path(host.ip, address, wanted.port);
  if (path.kind === 'router') {
    await redirected(options, request, path.port);
    return;
  }
  const { session } = host;
  const counted = wanted.kind === 'http' ? countRequest(options, request) : 0;
  if (path.kind === 'dropped' || (host.session === null && session !== null && !free)) {
    drain(phone);
    return;
  }
  const upstream =
    path.kind === 'reset'
      ? null
      : await options.uplink.connect(path.address, path.port, path.source).catch(() => null);
  if (upstream === null || path.kind === 'reset') {
    phone.resetAndDestroy();
    return;
  }
  if (phone.destroyed || (!free && host.session !== session)) {
    upstream.destroy();
    phone.resetAndDestroy();
    return;
  }
  const flow = startFlow({
    host,
    phone,
    upstream,
    free,
    counted,
    fasttrack: path.fasttrack,
    clock: options.clock,
    sessions: options.sessions,
    meter: (direction, octets) => options.meter(path.interface, direction, octets),
  });
  const rest = received.subarray(head.size);
  if (wanted.kind === 'connect') {
    flow.pass(rest, received.length);
    flow.reply(ESTABLISHED);
  } else {
    flow.pass(Buffer.concat([onwardHead(head, wanted.path), rest]), received.length);
  }
}

/**
 * The octets of a request that crossed the phone's socket, counted whatever becomes of them further
 * on. A CONNECT stands for a SYN, which has none: it is counted when its connection has come about.
 */
function countRequest(options: GatewayOptions, { host, received }: Request): number {
  const { session } = host;
  if (session === null) return 0;
  const { last } = options.sessions.take(session, 'input', received.length);
  if (last) options.sessions.end(session, 'NAS-Request');
  return received.length;
}

/** NAT led the connection to the router itself: its DNS answers on port 53, nothing else does. */
async function redirected(options: GatewayOptions, request: Request, port: number): Promise<void> {
  const { phone, wanted } = request;
  if (wanted.kind === 'http' && port === 80) {
    await toRouter(options, request);
  } else if (wanted.kind === 'connect' && port === 53) {
    phone.setTimeout(HEAD_TIMEOUT_MS, () => phone.destroy());
    phone.write(ESTABLISHED);
    phone.once('end', () => phone.end());
    serveDnsStream(phone, options.dns, options.failed);
    phone.resume();
  } else {
    phone.resetAndDestroy();
  }
}

function answer(phone: Socket, method: string, response: PlainResponse): void {
  if (phone.destroyed) return;
  phone.write(encodeResponse(response, method));
  drain(phone);
}

/** The head of the connection's request; paused afterwards. Null when none comes. */
function readRequest(phone: Socket): Promise<{ head: RequestHead; received: Buffer } | null> {
  const { promise, resolve } = Promise.withResolvers<{
    head: RequestHead;
    received: Buffer;
  } | null>();
  let received: Buffer = Buffer.alloc(0);
  const settle = (head: RequestHead | null): void => {
    phone.pause();
    phone.removeListener('data', take);
    phone.removeListener('end', ended);
    phone.removeListener('close', ended);
    phone.setTimeout(0);
    resolve(head === null ? null : { head, received });
  };
  const ended = (): void => settle(null);
  const take = (chunk: Buffer): void => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const head = readHead(received);
    if (head !== null) settle(head === 'bad' ? null : head);
  };
  phone.on('data', take);
  phone.once('end', ended);
  phone.once('close', ended);
  phone.setTimeout(HEAD_TIMEOUT_MS, () => phone.destroy());
  return promise;
}

/** The form that follows a head, as far as it comes and the servlet wants to read. */
async function readBody({ phone, head, received }: Request): Promise<string> {
  const wanted = Math.min(MAX_FORM, Number(head.headers.get('content-length') ?? 0) || 0);
  let body = received.subarray(head.size);
  if (body.length >= wanted) return body.subarray(0, wanted).toString('utf8');
  const { promise, resolve } = Promise.withResolvers<void>();
  const take = (chunk: Buffer): void => {
    body = Buffer.concat([body, chunk]);
    if (body.length >= wanted) resolve();
  };
  phone.on('data', take);
  phone.once('end', resolve);
  phone.once('close', resolve);
  phone.resume();
  await promise;
  phone.pause();
  phone.removeListener('data', take);
  return body.subarray(0, wanted).toString('utf8');
}
