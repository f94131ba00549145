/**
 * Sends RADIUS requests from the router's own address and waits for verified answers. One UDP socket
 * serves authentication and accounting; it is opened by the first request. A try that times out is
 * repeated with identical bytes; replies that do not verify are ignored, as RFC 2865 §3 asks.
 */
import type { RadiusServer } from './config.ts';
import {
  CODE,
  checkMessageAuthenticator,
  decodePacket,
  type Packet,
  verifyResponse,
} from './packet.ts';
import { type Datagrams, machineTime, type OpenDatagrams, openUdp, type Waits } from './udp.ts';

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
  /** UDP sockets when absent. A model of a link brings its own, and the time that tries wait by. */
  readonly open?: OpenDatagrams;
  /** Machine time when absent. */
  readonly waits?: Waits;
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
  forgetTimer: () => void;
  settle(reply: Packet | null): void;
}

interface ClientState {
  readonly options: RadiusClientOptions;
  readonly pending: Map<string, Pending>;
  readonly counters: { sent: number; timeouts: number; badReplies: number };
  socket: Datagrams | null;
  boundTo: string;
  lastId: number;
}

export function createRadiusClient(options: RadiusClientOptions): RadiusClient {
  const counters = { sent: 0, timeouts: 0, badReplies: 0 };
  const pending = new Map<string, Pending>();
  const state: ClientState = { options, pending, counters, socket: null, boundTo: '', lastId: 255 };
  return {
    counters,
    exchange: (server, port, sign) => exchange(state, server, port, sign),
    reset: () => {
      for (const [key, waiting] of pending) finish(state, key, waiting, null);
      state.socket?.close();
      state.socket = null;
    },
  };
}

function exchange(
  state: ClientState,
  server: RadiusServer,
  port: number,
  sign: (id: number) => SignedRequest,
): Promise<Packet | null> {
  const { options, pending } = state;
  const target = options.locate(server.address, port);
  const source = server.sourceAddress;
  if (target === null || (source !== null && !options.owns(source))) return Promise.resolve(null);
  const id = freeId(state, target);
  if (id === null) return Promise.resolve(null);
  const { promise, resolve } = Promise.withResolvers<Packet | null>();
  const key = keyOf(target.host, target.port, id);
  const waiting: Pending = {
    request: sign(id),
    server,
    target,
    triesLeft: options.tries ?? 3,
    forgetTimer: () => undefined,
    settle: resolve,
  };
  pending.set(key, waiting);
  attempt(state, key, waiting);
  return promise;
}

function attempt(state: ClientState, key: string, waiting: Pending): void {
  if (waiting.triesLeft === 0) {
    state.counters.timeouts += 1;
    finish(state, key, waiting, null);
    return;
  }
  waiting.triesLeft -= 1;
  state.counters.sent += 1;
  const { server, target, request } = waiting;
  const socket = open(state, server.sourceAddress ?? state.options.address);
  socket.send(request.bytes, target.port, target.host);
  const { later } = state.options.waits ?? machineTime;
  waiting.forgetTimer = later(server.timeoutMs, () => attempt(state, key, waiting));
}

function open(state: ClientState, source: string): Datagrams {
  if (state.socket !== null && state.boundTo === source) return state.socket;
  state.socket?.close();
  const opened: Datagrams = (state.options.open ?? openUdp)(source, {
    heard: (datagram, host, port) => receive(state, datagram, host, port),
    failed: () => {
      // The address is gone or not ours: requests run into their time-out, as on a router.
      if (state.socket === opened) state.socket = null;
    },
  });
  state.socket = opened;
  state.boundTo = source;
  return opened;
}

function receive(state: ClientState, datagram: Buffer, host: string, port: number): void {
  const reply = decodePacket(datagram);
  if (reply === null) return;
  const key = keyOf(host, port, reply.id);
  const waiting = state.pending.get(key);
  if (waiting === undefined) return;
  if (isAuthentic(reply, waiting)) finish(state, key, waiting, reply);
  else state.counters.badReplies += 1;
}

function finish(state: ClientState, key: string, waiting: Pending, reply: Packet | null): void {
  waiting.forgetTimer();
  state.pending.delete(key);
  waiting.settle(reply);
}

function freeId(state: ClientState, target: { host: string; port: number }): number | null {
  for (let step = 0; step < 256; step += 1) {
    state.lastId = (state.lastId + 1) & 255;
    if (!state.pending.has(keyOf(target.host, target.port, state.lastId))) return state.lastId;
  }
  return null;
}

function keyOf(host: string, port: number, id: number): string {
  return `${host}:${port}/${id}`;
}

/** Access replies need Message-Authenticator when the row says so; a wrong one is never accepted. */
function isAuthentic(reply: Packet, { request, server }: Pending): boolean {
  if (!verifyResponse(reply, request.authenticator, server.secret)) return false;
  const signed = checkMessageAuthenticator(reply, server.secret, request.authenticator);
  const access = reply.code === CODE.accessAccept || reply.code === CODE.accessReject;
  return signed === 'valid' || (signed === 'absent' && !(access && server.requireMessageAuth));
}
