/**
 * RADIUS over TLS (RFC 6614): authentication, accounting and Status-Server on one connection, replies in
 * whatever order they are ready. The router is the one that its certificate names; the shared secret is
 * "radsec", and the packets are judged as those that come by UDP are.
 *
 * TLS 1.3, certificates on both sides. What cannot be trusted any more (a bad length, a wrong signature)
 * ends the connection (RFC 6613 §2.6.4). Everything that waits has an end: a handshake, a packet half
 * sent, a silent peer.
 */
import { constants } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import {
  createServer,
  type PeerCertificate,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls';
import { errorCode, errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { type HostPort, plainAddress } from '../lib/net.ts';
import type { Store } from '../store/contract.ts';
import type { Nas } from '../store/types.ts';
import { Code } from './attributes.ts';
import { RadiusError } from './errors.ts';
import type { Handle } from './exchange.ts';
import type { DropReason, RadiusMetrics } from './metrics.ts';
import { type RadsecFiles, type RadsecKeys, readRadsecFiles, sameKeys } from './radsec-files.ts';
import { serveStream } from './radsec-stream.ts';
import { radiusSecret } from './secret.ts';
import { hostPort } from './sockets.ts';

export interface RadsecServerOptions extends RadsecFiles {
  readonly listen: HostPort;
  /** As for the UDP ports. */
  readonly sharePort?: boolean;
  /** Machine time after which a silent connection is closed; a quarter of an hour by default. */
  readonly idleMs?: number;
  /** Machine time in which a packet that has begun must be whole; ten seconds by default. */
  readonly frameMs?: number;
  /** Connections at once, those still shaking hands included; 4,096 by default. */
  readonly maxConnections?: number;
}

export interface RadsecDeps {
  readonly store: Pick<Store, 'nasByName'>;
  readonly log: Logger;
  readonly metrics: RadiusMetrics;
  readonly auth: Handle;
  readonly acct: Handle;
}

export interface RadsecServer extends AsyncDisposable {
  readonly port: number;
  /** Looks now, and not at the next turn, whether the files hold others. False when they cannot be used. */
  reload(): Promise<boolean>;
}

const SECRET = radiusSecret('radsec');
const IDLE_MS = 15 * 60_000;
const FRAME_MS = 10_000;
const HANDSHAKE_MS = 10_000;
const MAX_CONNECTIONS = 4096;
const RELOAD_MS = 10_000;
const KEEP_ALIVE_MS = 60_000;
/** Names of one certificate that are looked up. */
const MAX_NAMES = 16;

/** `RADIUS_CERTIFICATE` for files that cannot be used, `RADIUS_LISTEN` for a port that cannot be had. */
export async function startRadsec(
  options: RadsecServerOptions,
  deps: RadsecDeps,
): Promise<RadsecServer> {
  let keys = await readRadsecFiles(options);
  const server = createServer({
    ...contextOf(keys),
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: HANDSHAKE_MS,
  });
  const sockets = new Set<Socket>();
  let open = 0;
  const refuse = refusals(deps);
  server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
  server.on('drop', () => refuse('radsec_limit'));
  server.on('tlsClientError', (error) => refuse('radsec_peer', errorCode(error)));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('secureConnection', (socket) => {
    open += 1;
    deps.metrics.radsecConnections(open);
    socket.once('close', () => {
      open -= 1;
      deps.metrics.radsecConnections(open);
    });
    void connected(options, deps, socket, refuse);
  });
  const port = await listening(server, options);
  server.on('error', (error) => deps.log.error({ code: errorCode(error) }, 'socket failed'));
  const reload = async (): Promise<boolean> => {
    try {
      const found = await readRadsecFiles(options);
      if (sameKeys(found, keys)) return true;
      server.setSecureContext(contextOf(found));
      keys = found;
      deps.log.info({ certFile: options.certFile }, 'certificate of RADIUS over TLS renewed');
      return true;
    } catch (error) {
      const why = { code: errorCode(error), reason: errorMessage(error) };
      deps.log.error(why, 'certificate files cannot be used; those before stay');
      return false;
    }
  };
  const timer = setInterval(() => void reload(), RELOAD_MS);
  timer.unref();
  return {
    port,
    reload,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Sessions are not resumed: a resumed one would not be checked against the authorities of today. */
function contextOf(keys: RadsecKeys): SecureContextOptions {
  return { ...keys, minVersion: 'TLSv1.3', secureOptions: constants.SSL_OP_NO_TICKET };
}

function listening(server: Server, { listen, sharePort = false }: RadsecServerOptions) {
  return new Promise<number>((resolve, reject) => {
    server.once('error', (cause) => {
      const at = hostPort(listen.host, listen.port);
      const why = `cannot listen on ${at}: ${errorMessage(cause)}`;
      reject(new RadiusError('RADIUS_LISTEN', why, { cause }));
    });
    server.listen({ ...listen, reusePort: sharePort, ipv6Only: listen.host === '::' }, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function connected(
  options: RadsecServerOptions,
  deps: RadsecDeps,
  socket: TLSSocket,
  refuse: (reason: DropReason, detail?: string) => void,
): Promise<void> {
  const address = plainAddress(socket.remoteAddress);
  const local = `tls|${socket.localAddress}|${socket.localPort}`;
  const port = socket.remotePort ?? 0;
  const names = namesOf(socket.getPeerCertificate());
  const end = (reason: DropReason, detail?: string): void => {
    refuse(reason, detail);
    socket.destroy();
  };
  /** Asked for each packet: a router that is removed is served no more. */
  const router = async (): Promise<Nas | null> => {
    try {
      const nas = await routerOf(deps.store, names);
      if (nas === null) end('radsec_peer', names[0] ?? address);
      return nas;
    } catch (error) {
      deps.log.error({ code: errorCode(error), reason: errorMessage(error) }, 'request failed');
      deps.metrics.dropped('store_error');
      return null;
    }
  };
  serveStream(socket, {
    idleMs: options.idleMs ?? IDLE_MS,
    frameMs: options.frameMs ?? FRAME_MS,
    broken: () => end('radsec_framing', address),
    answer: async (packet) => {
      const nas = await router();
      if (nas === null) return null;
      const handle = packet[0] === Code.accountingRequest ? deps.acct : deps.auth;
      const client = { kind: 'nas', nas, secret: SECRET } as const;
      return handle(packet, { address, port, local, client, forged: () => socket.destroy() });
    },
  });
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  const nas = await router();
  if (nas !== null) deps.log.info({ router: nas.router, address }, 'router speaks over TLS');
}

async function routerOf(store: RadsecDeps['store'], names: readonly string[]): Promise<Nas | null> {
  for (const name of names) {
    const nas = await store.nasByName(name);
    if (nas !== null) return nas;
  }
  return null;
}

/**
 * Common Name, then the DNS names. Node quotes a name that has anything unusual in it, so that none can
 * pass itself off as two; quoted ones are no router's.
 */
function namesOf(certificate: PeerCertificate): string[] {
  const common: unknown = certificate.subject?.CN;
  const alternative = (certificate.subjectaltname ?? '')
    .split(', ')
    .flatMap((entry) => /^DNS:([A-Za-z0-9.-]+)$/.exec(entry)?.[1] ?? []);
  const all = [...(typeof common === 'string' ? [common] : []), ...alternative];
  return [...new Set(all)].slice(0, MAX_NAMES);
}

/** Counted always, logged once in ten seconds for each reason. */
function refusals({ log, metrics }: RadsecDeps) {
  const last = new Map<DropReason, number>();
  return (reason: DropReason, detail?: string): void => {
    metrics.dropped(reason);
    const now = performance.now();
    if (now - (last.get(reason) ?? Number.NEGATIVE_INFINITY) < 10_000) return;
    last.set(reason, now);
    log.warn({ reason, detail }, 'connection of RADIUS over TLS refused');
  };
}
