/**
 * Sockets of the router's DNS: a UDP and a TCP listener on its LAN address (RFC 1035 §4.2), and one
 * question at a time to a server, from an address of the caller's choice. TCP takes over when a UDP
 * answer is truncated.
 */
import type { Socket } from 'node:dgram';
import type { EventEmitter } from 'node:events';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import { plainAddress } from '../../lib/net.ts';
import { createUdp } from '../nas/udp.ts';
import { isTruncated, readQuestion } from './wire.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Answers a message from a phone; null: silence. */
export type DnsHandler = (query: Buffer, phone: string) => Promise<Buffer | null>;

export interface DnsListener {
  /** Resolves when both sockets are bound, or have failed. */
  readonly bound: Promise<void>;
  close(): void;
}

const MAX_UDP = 1232;
const IDLE_MS = 10_000;

/** Binds at once; `failed` hears of a port that is taken. */
export function listenDns(
  endpoint: Endpoint,
  handler: DnsHandler,
  failed: (error: Error) => void,
): DnsListener {
  const udp = createUdp();
  let closed = false;
  const open = new Set<TcpSocket>();
  udp.on('message', (query, peer) => {
    void handler(query, plainAddress(peer.address)).then((reply) => {
      if (reply === null || closed) return;
      udp.send(fitted(reply), peer.port, peer.address, () => {
        // The phone has gone: as on the air, nobody hears of it.
      });
    }, failed);
  });
  udp.on('error', failed);
  const tcp: Server = createServer((socket) => {
    open.add(socket);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
    serveDnsStream(socket, handler, failed);
  });
  tcp.on('error', failed);
  const bound = Promise.all([eventOrError(udp, 'listening'), eventOrError(tcp, 'listening')]);
  udp.bind({ port: endpoint.port, address: endpoint.host });
  tcp.listen({ port: endpoint.port, host: endpoint.host });
  return {
    bound: bound.then(() => undefined),
    close: () => {
      if (closed) return;
      closed = true;
      udp.close();
      tcp.close();
      for (const socket of open) socket.destroy();
    },
  };
}

function eventOrError(emitter: EventEmitter, event: string): Promise<void> {
  return new Promise((resolve) => {
    emitter.once(event, () => resolve());
    emitter.once('error', () => resolve());
  });
}

/** Length-prefixed queries on a connection, answered one by one. */
export function serveDnsStream(
  socket: TcpSocket,
  handler: DnsHandler,
  failed: (error: Error) => void,
): void {
  const phone = plainAddress(socket.remoteAddress);
  let buffered = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
      const end = 2 + buffered.readUInt16BE(0);
      const query = buffered.subarray(2, end);
      buffered = buffered.subarray(end);
      void handler(query, phone).then((reply) => {
        if (reply !== null && socket.writable) socket.write(prefixed(reply));
      }, failed);
    }
  });
}

/** One query over UDP from `source`; null after `timeoutMs` of machine time. */
export function askUdp(
  source: string,
  target: Endpoint,
  query: Buffer,
  timeoutMs: number,
): Promise<Buffer | null> {
  const { promise, resolve } = Promise.withResolvers<Buffer | null>();
  const socket: Socket = createUdp();
  let settled = false;
  const settle = (reply: Buffer | null): void => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    socket.close();
    resolve(reply);
  };
  const timer = setTimeout(() => settle(null), timeoutMs);
  socket.on('error', () => settle(null));
  socket.on('message', (reply, peer) => {
    const expected = plainAddress(peer.address) === target.host && peer.port === target.port;
    if (expected && reply.length >= 2 && reply.readUInt16BE(0) === query.readUInt16BE(0))
      settle(reply);
  });
  socket.bind({ port: 0, address: source }, () => {
    socket.send(query, target.port, target.host, (error) => {
      if (error !== null) settle(null);
    });
  });
  return promise;
}

/** One query over an open connection; null when it closes or `timeoutMs` pass. */
export function askStream(
  socket: TcpSocket,
  query: Buffer,
  timeoutMs: number,
): Promise<Buffer | null> {
  const { promise, resolve } = Promise.withResolvers<Buffer | null>();
  let buffered = Buffer.alloc(0);
  const settle = (reply: Buffer | null): void => {
    socket.destroy();
    resolve(reply);
  };
  socket.setTimeout(timeoutMs, () => settle(null));
  socket.on('error', () => settle(null));
  socket.on('close', () => settle(null));
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    const length = buffered.length < 2 ? Number.POSITIVE_INFINITY : buffered.readUInt16BE(0);
    if (buffered.length >= 2 + length) settle(buffered.subarray(2, 2 + length));
  });
  socket.write(prefixed(query));
  return promise;
}

function prefixed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** What does not fit a datagram is cut to its question with TC set (RFC 2181 §9). */
function fitted(reply: Buffer): Buffer {
  if (reply.length <= MAX_UDP || isTruncated(reply)) return reply;
  const question = readQuestion(reply);
  const cut = Buffer.from(reply.subarray(0, 12 + (question?.bytes.length ?? 0)));
  cut[2] = cut[2]! | 2;
  cut.fill(0, 6, 12);
  return cut;
}
