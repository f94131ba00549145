/**
 * UDP sockets of a server. A reply must leave from the address its request came to, and a wildcard
 * socket cannot choose: so a wildcard host becomes one socket per local address, and addresses that
 * come and go (a tunnel that comes up late) are followed.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { errorCode, errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { plainAddress } from '../lib/net.ts';
import { RadiusError } from './errors.ts';
import type { Handle } from './exchange.ts';

export interface Listener extends AsyncDisposable {
  readonly port: number;
}

const WILDCARD = '0.0.0.0';
/** About 30,000 datagrams, if net.core.rmem_max allows; the default holds 165. */
const RECEIVE_BYTES = 4 << 20;
const RESCAN_MS = 5000;
const PORT_TRIES = 10;

/** `RADIUS_LISTEN` when the address cannot be bound; port 0 takes a free one. */
export async function listen(
  host: string,
  port: number,
  handle: Handle,
  log: Logger,
): Promise<Listener> {
  const sockets = new Map<string, Socket>();
  const serve = async (address: string, onPort: number): Promise<number> => {
    const socket = await bind(address, onPort);
    sockets.set(address, socket);
    const local = `${address}:${socket.address().port}`;
    const reply = (datagram: Buffer, to: RemoteInfo): void => {
      if (sockets.get(address) === socket) socket.send(datagram, to.port, to.address);
    };
    socket.on('message', (datagram, from) => void answer(handle, datagram, from, local, reply));
    socket.on('error', (error) => log.error({ code: errorCode(error), local }, 'socket failed'));
    return socket.address().port;
  };
  if (host !== WILDCARD) return listener(await serve(host, port), sockets, null);

  const bound = await bindAll(localAddresses(), port, serve, sockets);
  const rescan = setInterval(() => {
    follow(sockets, (address) => serve(address, bound), log);
  }, RESCAN_MS);
  rescan.unref();
  return listener(bound, sockets, rescan);
}

/** A socket that sends to literal addresses without a look-up per datagram. */
export function udpSocket(host: string): Socket {
  const family = host.includes(':') ? 6 : 4;
  return createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    recvBufferSize: RECEIVE_BYTES,
    lookup: (name, options, callback) => {
      const done = (typeof options === 'function' ? options : callback) as typeof callback;
      done(null, name, family);
    },
  });
}

export function bind(host: string, port: number): Promise<Socket> {
  const socket = udpSocket(host);
  return new Promise((resolve, reject) => {
    socket.once('error', (cause) => {
      socket.close();
      const why = `cannot listen on ${host}:${port}: ${errorMessage(cause)}`;
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

function follow(
  sockets: Map<string, Socket>,
  serve: (address: string) => Promise<number>,
  log: Logger,
): void {
  const present = new Set(localAddresses());
  for (const [address, socket] of sockets) {
    if (present.has(address)) continue;
    sockets.delete(address);
    socket.close();
    log.info({ address }, 'address is gone');
  }
  for (const address of present) {
    if (sockets.has(address)) continue;
    serve(address).then(
      () => log.info({ address }, 'address is served'),
      (error: unknown) => log.warn({ address, code: errorCode(error) }, 'address not served'),
    );
  }
}

function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).filter((entry) => entry.family === 'IPv4').map((entry) => entry.address),
  );
}

async function closeAll(sockets: Map<string, Socket>): Promise<void> {
  const open = [...sockets.values()];
  sockets.clear();
  await Promise.all(open.map(closeSocket));
}

function listener(
  port: number,
  sockets: Map<string, Socket>,
  rescan: NodeJS.Timeout | null,
): Listener {
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      if (rescan !== null) clearInterval(rescan);
      await closeAll(sockets);
    },
  };
}
