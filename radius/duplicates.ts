/**
 * Retransmits get the very reply of the first packet (RFC 5080 §2.2.2). A request is known by where it
 * came from, where it came to, its code and identifier, and its Request Authenticator; a new
 * authenticator under the same identifier is a new request.
 */
import type { Packet } from './codec.ts';

export interface Duplicates {
  begin(from: Origin, packet: Packet, nowMs: number): Duplicate;
}

export interface Origin {
  readonly address: string;
  readonly port: number;
  /** Where it came to. */
  readonly local?: string;
}

export type Duplicate =
  | { readonly kind: 'new'; readonly entry: PendingReply }
  | { readonly kind: 'in-progress' }
  | { readonly kind: 'done'; readonly reply: Buffer };

export interface PendingReply {
  /** Kept for retransmits; null forgets the request, so that a retransmit is tried again. */
  settle(reply: Buffer | null): void;
}

/** Everything that came by one pair of sockets. Looked up by numbers: this is done for every packet. */
interface Flow {
  readonly origin: Origin;
  /** By code and identifier. */
  readonly entries: Map<number, Entry>;
}

interface Entry {
  readonly flow: Flow;
  readonly key: number;
  /** The Request Authenticator as four words, which cost no memory of their own. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly at: number;
  reply: Buffer | null;
}

const LIFE_MS = 30_000;
const CAPACITY = 32_768;

export function createDuplicates(capacity = CAPACITY): Duplicates {
  const flows = new Map<number, Flow[]>();
  /** In the order they came; the oldest gives way. */
  const ring = new Array<Entry | undefined>(capacity).fill(undefined);
  let next = 0;

  const flowOf = (origin: Origin): Flow => {
    const known = flows.get(origin.port);
    const found = known?.find(
      ({ origin: o }) => o.address === origin.address && o.local === origin.local,
    );
    if (found !== undefined) return found;
    const flow: Flow = { origin, entries: new Map() };
    if (known === undefined) flows.set(origin.port, [flow]);
    else known.push(flow);
    return flow;
  };
  const forget = (entry: Entry): void => {
    const { flow, key } = entry;
    if (flow.entries.get(key) !== entry) return;
    flow.entries.delete(key);
    if (flow.entries.size > 0) return;
    const left = flows.get(flow.origin.port)!.filter((one) => one !== flow);
    if (left.length > 0) flows.set(flow.origin.port, left);
    else flows.delete(flow.origin.port);
  };
  return {
    begin: (origin, packet, nowMs) => {
      const flow = flowOf(origin);
      const key = (packet.code << 8) | packet.identifier;
      const { bytes } = packet;
      const [a, b, c, d] = [
        wordAt(bytes, 4),
        wordAt(bytes, 8),
        wordAt(bytes, 12),
        wordAt(bytes, 16),
      ];
      const known = flow.entries.get(key);
      const isKnown = known?.a === a && known.b === b && known.c === c && known.d === d;
      if (isKnown && nowMs - known.at < LIFE_MS) {
        return known.reply === null
          ? { kind: 'in-progress' }
          : { kind: 'done', reply: known.reply };
      }
      const entry: Entry = { flow, key, a, b, c, d, at: nowMs, reply: null };
      flow.entries.set(key, entry);
      const oldest = ring[next];
      ring[next] = entry;
      next = (next + 1) % capacity;
      if (oldest !== undefined) forget(oldest);
      const settle = (reply: Buffer | null): void => {
        entry.reply = reply;
        if (reply === null) forget(entry);
      };
      return { kind: 'new', entry: { settle } };
    },
  };
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
