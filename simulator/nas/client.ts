/**
 * Sends RADIUS requests from the router's own address and waits for verified answers. One UDP socket
 * serves authentication and accounting; it is opened by the first request. A try that times out is
 * repeated with identical bytes; replies that do not verify are ignored, as RFC 2865 §3 asks.
 */
import type { Socket } from 'node:dgram';
import { plainAddress } from '../../lib/net.ts';
import type { RadiusServer } from './config.ts';
import {
  CODE,
  checkMessageAuthenticator,
  decodePacket,
  type Packet,
  verifyResponse,
} from './packet.ts';
import { createUdp } from './udp.ts';

export interface SignedRequest {
  readonly bytes: Buffer;
  /** Request Authenticator, which the reply is verified with. */
  readonly authenticator: Buffer;
}

export interface RadiusClientOptions {
  /** The router's own address. */
  readonly address: string;
  /** Whether the router has this address, so that it can send from it. */
  readonly owns: (address: string) => boolean;
  /** Where a well-known address really listens. Null: unreachable. */
  readonly locate: (address: string, port: number) => { host: string; port: number } | null;
  readonly tries?: number;
}

export interface RadiusClient {
  /** The verified reply, or null when none came (or the router lost power meanwhile). */
  exchange(
    server: RadiusServer,
    port: number,
    sign: (id: number) => SignedRequest,
  ): Promise<Packet | null>;
  /** Closes the socket; what waits gets null. The next exchange opens another. */
  reset(): void;
  readonly counters: { sent: number; timeouts: number; badReplies: number };
}

interface Pending {
  readonly request: SignedRequest;
  readonly server: RadiusServer;
  readonly target: { readonly host: string; readonly port: number };
  triesLeft: number;
  timer: NodeJS.Timeout;
  settle(reply: Packet | null): void;
}

export function createRadiusClient(options: RadiusClientOptions): RadiusClient {
  const pending = new Map<string, Pending>();
  const counters = { sent: 0, timeouts: 0, badReplies: 0 };
  let socket: Socket | null = null;
  let boundTo = '';
  let lastId = 255;

  const open = (source: string): Socket => {
    if (socket !== null && boundTo === source) return socket;
    socket?.close();
    const opened = createUdp();
    opened.on('message', (datagram, peer) =>
      receive(datagram, plainAddress(peer.address), peer.port),
    );
    opened.on('error', () => {
      // The address is gone or not ours: requests run into their time-out, as on a router.
      if (socket === opened) socket = null;
      opened.close();
    });
    opened.bind({ port: 0, address: source });
    socket = opened;
    boundTo = source;
    return opened;
  };

  const receive = (datagram: Buffer, host: string, port: number): void => {
    const reply = decodePacket(datagram);
    const key = reply === null ? '' : `${host}:${port}/${reply.id}`;
    const waiting = pending.get(key);
    if (reply === null || waiting === undefined) return;
    if (!isAuthentic(reply, waiting)) {
      counters.badReplies += 1;
      return;
    }
    finish(key, waiting, reply);
  };

  const finish = (key: string, waiting: Pending, reply: Packet | null): void => {
    clearTimeout(waiting.timer);
    pending.delete(key);
    waiting.settle(reply);
  };

  const attempt = (key: string, waiting: Pending): void => {
    if (waiting.triesLeft === 0) {
      counters.timeouts += 1;
      finish(key, waiting, null);
      return;
    }
    waiting.triesLeft -= 1;
    counters.sent += 1;
    const source = waiting.server.sourceAddress ?? options.address;
    open(source).send(waiting.request.bytes, waiting.target.port, waiting.target.host, () => {
      // A send that fails is a packet lost: the next try or the time-out follows.
    });
    waiting.timer = setTimeout(() => attempt(key, waiting), waiting.server.timeoutMs);
  };

  const freeId = (target: { host: string; port: number }): number | null => {
    for (let step = 0; step < 256; step += 1) {
      lastId = (lastId + 1) & 255;
      if (!pending.has(`${target.host}:${target.port}/${lastId}`)) return lastId;
    }
    return null;
  };

  return {
    counters,
    exchange: (server, port, sign) => {
      const target = options.locate(server.address, port);
      const source = server.sourceAddress;
      if (target === null || (source !== null && !options.owns(source)))
        return Promise.resolve(null);
      const id = freeId(target);
      if (id === null) return Promise.resolve(null);
      const request = sign(id);
      const { promise, resolve } = Promise.withResolvers<Packet | null>();
      const key = `${target.host}:${target.port}/${id}`;
      const waiting: Pending = {
        request,
        server,
        target,
        triesLeft: options.tries ?? 3,
        timer: setTimeout(() => undefined, 0),
        settle: resolve,
      };
      pending.set(key, waiting);
      attempt(key, waiting);
      return promise;
    },
    reset: () => {
      for (const [key, waiting] of pending) finish(key, waiting, null);
      socket?.close();
      socket = null;
    },
  };
}

/** Access replies need Message-Authenticator when the row says so; a wrong one is never accepted. */
function isAuthentic(reply: Packet, { request, server }: Pending): boolean {
  if (!verifyResponse(reply, request.authenticator, server.secret)) return false;
  const signed = checkMessageAuthenticator(reply, server.secret, request.authenticator);
  const access = reply.code === CODE.accessAccept || reply.code === CODE.accessReject;
  return signed === 'valid' || (signed === 'absent' && !(access && server.requireMessageAuth));
}
