/**
 * Sending requests over UDP: identifiers, retransmission, and which reply belongs to which request.
 * A retransmit is the same bytes under the same identifier (RFC 5080 §2.2.1), so that the other side
 * can tell it from a new request. A reply that does not verify is ignored, never an answer.
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';
import { type HostPort, plainAddress } from '../lib/net.ts';
import { decodePacket, type Packet } from './codec.ts';
import { RadiusError } from './errors.ts';
import { bind, closeSocket } from './sockets.ts';

export interface TransmitterOptions {
  /** Local address to send from; `0.0.0.0` lets the system choose. */
  readonly sourceAddress: string;
  /** Machine time to wait for a reply to each transmission. */
  readonly timeoutMs: number;
  readonly tries: number;
}

export interface OutgoingRequest {
  /** A literal address. */
  readonly to: HostPort;
  /** The signed packet. */
  readonly packet: (identifier: number) => Buffer;
  /** Whether a reply proves that its sender knows the secret and this request. */
  readonly verify: (reply: Packet, request: Packet) => boolean;
}

export interface Transmitter extends AsyncDisposable {
  /** Null when no valid reply came in time, or when 2,048 requests to that address are open already. */
  request(outgoing: OutgoingRequest): Promise<Packet | null>;
}

interface Lane {
  readonly socket: Socket;
  /** By destination and identifier. */
  readonly open: Map<string, (datagram: Buffer) => void>;
  /** By destination, the identifier to try next: one is not used again soon. */
  readonly next: Map<string, number>;
}

interface Slot {
  readonly lane: Lane;
  readonly identifier: number;
  readonly key: string;
}

const IDENTIFIERS = 256;
const MAX_LANES = 8;

export function createTransmitter(options: TransmitterOptions): Transmitter {
  const lanes = new Map<number, Promise<Lane>>();
  const stop = new AbortController();

  /** An address that cannot be bound yet (a tunnel that is not up) is tried again next time. */
  const lane = (i: number): Promise<Lane> => {
    const opened = lanes.get(i) ?? openLane(options.sourceAddress);
    lanes.set(i, opened);
    opened.catch(() => lanes.delete(i));
    return opened;
  };
  const reserve = async (destination: string): Promise<Slot | null> => {
    for (let i = 0; i < MAX_LANES; i += 1) {
      const slot = reserveIn(await lane(i), destination);
      if (slot !== null) return slot;
    }
    return null;
  };
  const request = async (outgoing: OutgoingRequest): Promise<Packet | null> => {
    if (stop.signal.aborted) return null;
    const slot = await reserve(destinationKey(outgoing.to.host, outgoing.to.port));
    if (slot === null) return null;
    const { open } = slot.lane;
    try {
      return await exchange(options, outgoing, slot, stop.signal);
    } finally {
      open.delete(slot.key);
    }
  };
  return {
    request,
    [Symbol.asyncDispose]: async () => {
      if (stop.signal.aborted) return;
      stop.abort();
      for (const opened of await Promise.allSettled(lanes.values())) {
        if (opened.status === 'fulfilled') await closeSocket(opened.value.socket);
      }
    },
  };
}

async function exchange(
  { timeoutMs, tries }: TransmitterOptions,
  { to, packet, verify }: OutgoingRequest,
  { lane, identifier, key }: Slot,
  signal: AbortSignal,
): Promise<Packet | null> {
  const bytes = packet(identifier);
  const sent = decodePacket(bytes);
  const answered = Promise.withResolvers<Packet>();
  lane.open.set(key, (datagram) => {
    const reply = readReply(datagram);
    if (reply !== null && verify(reply, sent)) answered.resolve(reply);
  });
  const done = new AbortController();
  const ended = AbortSignal.any([signal, done.signal]);
  try {
    for (let tried = 0; tried < tries && !signal.aborted; tried += 1) {
      lane.socket.send(bytes, to.port, to.host);
      const reply = await Promise.race([answered.promise, wait(timeoutMs, ended)]);
      if (reply !== null) return reply;
    }
    return null;
  } finally {
    done.abort();
  }
}

async function openLane(sourceAddress: string): Promise<Lane> {
  const socket = await bind(sourceAddress, 0);
  const lane: Lane = { socket, open: new Map(), next: new Map() };
  socket.on('message', (datagram: Buffer, from: RemoteInfo) => {
    const source = destinationKey(plainAddress(from.address), from.port);
    lane.open.get(`${source}#${datagram[1] ?? -1}`)?.(datagram);
  });
  // A destination that cannot be reached ends as a request without a reply.
  socket.on('error', () => undefined);
  return lane;
}

function reserveIn(lane: Lane, destination: string): Slot | null {
  const start = lane.next.get(destination) ?? 0;
  for (let i = 0; i < IDENTIFIERS; i += 1) {
    const identifier = (start + i) % IDENTIFIERS;
    const key = `${destination}#${identifier}`;
    if (lane.open.has(key)) continue;
    lane.next.set(destination, (identifier + 1) % IDENTIFIERS);
    lane.open.set(key, () => undefined);
    return { lane, identifier, key };
  }
  return null;
}

function readReply(datagram: Buffer): Packet | null {
  try {
    return decodePacket(datagram);
  } catch (error) {
    if (error instanceof RadiusError) return null;
    throw error;
  }
}

function destinationKey(host: string, port: number): string {
  return `${host}|${port}`;
}

/** Resolves with null when the time is over or when nobody waits any more. */
async function wait(ms: number, signal: AbortSignal): Promise<null> {
  return delay(ms, null, { signal }).catch(() => null);
}
