/** The portal's listening sockets: their limits, and the answer to those who speak no HTTP. */
import type { Server, ServerOptions } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { lineOf, plainAddress } from '../lib/net.ts';
import { createConnectionShare, type ShareLimits } from './connection-share.ts';
import { BASE_HEADERS } from './security.ts';
import type { Address } from './types.ts';

export interface SocketLimits {
  readonly http: ServerOptions;
  /** Without a byte in either direction, milliseconds. */
  readonly idleMs: number;
  readonly requestsPerSocket: number;
  readonly connections: ShareLimits;
}

/** Slow links need seconds for a request; nobody needs minutes, or large headers. */
export const SOCKET_LIMITS: SocketLimits = {
  http: {
    requestTimeout: 20_000,
    headersTimeout: 10_000,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: 2000,
    maxHeaderSize: 8192,
  },
  idleMs: 30_000,
  requestsPerSocket: 200,
  connections: {
    total: 4000,
    address: { floor: 32, part: 1 / 8 },
    network: { floor: 128, part: 1 / 3 },
  },
};

/** How long answers under way may take at the end. */
const GRACE_MS = 5000;

const STATUS_OF: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** Where connections come from, and what becomes of those that are turned away. */
export interface Door {
  /** Addresses of one network share what they may hold. */
  networkOf(address: string): string;
  refused(): void;
}

/** Binds `server`; gives the port in use. */
export async function listenOn(
  server: Server | TlsServer,
  address: Address,
  limits: SocketLimits,
  door: Door,
): Promise<number> {
  server.timeout = limits.idleMs;
  server.maxConnections = limits.connections.total;
  server.maxRequestsPerSocket = limits.requestsPerSocket;
  server.on('connection', sharing(limits.connections, door));
  server.on('drop', () => door.refused());
  server.on('clientError', refuseBytes);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

/** Answers under way are finished, up to {@link GRACE_MS}; idle connections end at once. */
export async function closeServer(server: Server | TlsServer): Promise<void> {
  await new Promise<void>((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), GRACE_MS);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function sharing(limits: ShareLimits, door: Door): (socket: Socket) => void {
  const share = createConnectionShare(limits);
  return (socket) => {
    const address = lineOf(plainAddress(socket.remoteAddress));
    const network = door.networkOf(address);
    if (!share.open(address, network)) {
      door.refused();
      socket.destroy();
      return;
    }
    socket.once('close', () => share.close(address, network));
  };
}

/** What was sent is no HTTP, too large or too slow: the connection ends, as nothing behind it can be trusted. */
function refuseBytes(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS_OF[error.code ?? ''] ?? '400 Bad Request';
  const headers = Object.entries({ ...BASE_HEADERS, Connection: 'close', 'Content-Length': '0' });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status}\r\n${lines}\r\n`);
}
