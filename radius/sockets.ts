/**
 * UDP sockets of a server. A reply must leave from the address its request came to, and a wildcard
 * socket cannot choose: so a wildcard host becomes one socket per local address of its family, and
 * addresses that come and go (a tunnel that comes up late) are followed.
 *
 * Several threads or processes may share a port (SO_REUSEPORT). The kernel picks one by the addresses
 * and ports of both ends, so that all packets of one socket of a NAS, its retransmits among them, come
 * to the same one.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { errorCode, errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { type HostPort, plainAddress } from '../lib/net.ts';
import { RadiusError } from './errors.ts';
import type { Handle } from './exchange.ts';

export interface ListenOptions {
  /** `0.0.0.0` is every local IPv4 address, `::` every IPv6 address but link-local ones. */
  readonly at: HostPort;
  /** Others that share too may bind the same port; without it a port is ours alone. */
  readonly sharePort?: boolean;
  readonly handle: Handle;
  readonly log: Logger;
  /** What a wildcard stands for; asked again every 5 s. The machine's own by default. */
  readonly localAddresses?: (family: Family) => readonly string[];
}

export interface Listener extends AsyncDisposable {
  readonly port: number;
  /** Literal addresses that are served now. */
  addresses(): string[];
  /** Follows the addresses of the machine now, and not at the next turn. */
  rescan(): Promise<void>;
}

export type Family = 'IPv4' | 'IPv6';

const WILDCARDS: ReadonlyMap<string, Family> = new Map([
  ['0.0.0.0', 'IPv4'],
  ['::', 'IPv6'],
]);
/** About 30,000 datagrams, if net.core.rmem_max allows; the default holds 165. */
const RECEIVE_BYTES = 4 << 20;
const RESCAN_MS = 5000;
const PORT_TRIES = 10;

/** `RADIUS_LISTEN` when the address cannot be bound; port 0 takes a free one. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { at, handle, log, sharePort = false } = options;
  const sockets = new Map<string, Socket>();
  const serve = async (address: string, onPort: number): Promise<number> => {
    const socket = await bind(address, onPort, sharePort);
    sockets.set(address, socket);
    const local = hostPort(address, socket.address().port);
    const reply = (datagram: Buffer, to: RemoteInfo): void => {
      if (sockets.get(address) === socket) socket.send(datagram, to.port, to.address);
    };
    socket.on('message', (datagram, from) => void answer(handle, datagram, from, local, reply));
    socket.on('error', (error) => log.error({ code: errorCode(error), local }, 'socket failed'));
    return socket.address().port;
  };
  const family = WILDCARDS.get(at.host);
  if (family === undefined) return fixed(await serve(at.host, at.port), sockets);

  const local = options.localAddresses ?? localAddresses;
  const port = await bindAll(local(family), at.port, serve, sockets);
  return following({ port, sockets, serve, present: () => local(family), log });
}

/** A socket that sends to literal addresses without a look-up per datagram. */
export function udpSocket(host: string, sharePort = false): Socket {
  const family = host.includes(':') ? 6 : 4;
  return createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    recvBufferSize: RECEIVE_BYTES,
    reusePort: sharePort,
    lookup: (name, options, callback) => {
      const done = (typeof options === 'function' ? options : callback) as typeof callback;
      done(null, name, family);
    },
  });
}

export function bind(host: string, port: number, sharePort = false): Promise<Socket> {
  const socket = udpSocket(host, sharePort);
  return new Promise((resolve, reject) => {
    socket.once('error', (cause) => {
      socket.close();
      const why = `cannot listen on ${hostPort(host, port)}: ${errorMessage(cause)}`;
      reject(new RadiusError('RADIUS_LISTEN', why, { cause }));
    });
    socket.bind(port, host, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

export function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}

/** `192.0.2.1:1812`, `[2001:db8::1]:1812`. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A reply that comes after its socket was closed is dropped by `send`. */
async function answer(
  handle: Handle,
  datagram: Buffer,
  from: RemoteInfo,
  local: string,
  send: (reply: Buffer, to: RemoteInfo) => void,
): Promise<void> {
  const reply = await handle(datagram, {
    address: plainAddress(from.address),
    port: from.port,
    local,
  });
  if (reply !== null) send(reply, from);
}

/** The first address takes the port, the others the same one; a free port may be free on one only. */
async function bindAll(
  addresses: readonly string[],
  port: number,
  serve: (address: string, port: number) => Promise<number>,
  sockets: Map<string, Socket>,
): Promise<number> {
  if (addresses.length === 0 && port === 0) {
    throw new RadiusError('RADIUS_LISTEN', 'there is no local address to listen on');
  }
  for (let tried = 1; ; tried += 1) {
    try {
      let bound = port;
      for (const address of addresses) bound = await serve(address, bound);
      return bound;
    } catch (error) {
      await closeAll(sockets);
      if (port !== 0 || tried >= PORT_TRIES) throw error;
    }
  }
}

function fixed(port: number, sockets: Map<string, Socket>): Listener {
  return {
    port,
    addresses: () => [...sockets.keys()],
    rescan: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => closeAll(sockets),
  };
}

interface Following {
  readonly port: number;
  readonly sockets: Map<string, Socket>;
  readonly serve: (address: string, port: number) => Promise<number>;
  readonly present: () => readonly string[];
  readonly log: Logger;
}

function following(deps: Following): Listener {
  const { port, sockets } = deps;
  /** One after the other: a scan that is still binding must not meet the next. */
  let scans = Promise.resolve();
  let closed = false;
  const rescan = (): Promise<void> => {
    scans = scans.then(() => (closed ? undefined : follow(deps)));
    return scans;
  };
  const timer = setInterval(() => void rescan(), RESCAN_MS);
  timer.unref();
  return {
    port,
    addresses: () => [...sockets.keys()],
    rescan,
    [Symbol.asyncDispose]: async () => {
      closed = true;
      clearInterval(timer);
      await scans;
      await closeAll(sockets);
    },
  };
}

async function follow({ port, sockets, serve, present, log }: Following): Promise<void> {
  const now = new Set(present());
  for (const [address, socket] of sockets) {
    if (now.has(address)) continue;
    sockets.delete(address);
    await closeSocket(socket);
    log.info({ address }, 'address is gone');
  }
  for (const address of now) {
    if (sockets.has(address)) continue;
    await serve(address, port).then(
      () => log.info({ address }, 'address is served'),
      (error: unknown) => log.warn({ address, code: errorCode(error) }, 'address not served'),
    );
  }
}

/** Link-local addresses need a zone to be bound or replied from, and no router is told of one. */
function localAddresses(family: Family): string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? [])
      .filter((entry) => entry.family === family && !/^fe[89ab]/i.test(entry.address))
      .map((entry) => entry.address),
  );
}

async function closeAll(sockets: Map<string, Socket>): Promise<void> {
  const open = [...sockets.values()];
  sockets.clear();
  await Promise.all(open.map(closeSocket));
}
