/**
 * One request, one reply: what every RADIUS server does around the question itself. Who sent it, is it
 * well formed, is it signed, has it been answered before; then ask, sign and remember.
 *
 * What does not prove that it knows a shared secret gets no reply at all (RFC 2865 §3), only a count.
 */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../lib/clock.ts';
import { errorCode, errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Store } from '../store/contract.ts';
import type { Nas } from '../store/types.ts';
import { Code } from './attributes.ts';
import {
  type AttributeValue,
  authenticatorOf,
  decodePacket,
  encodePacket,
  findAttribute,
  type Packet,
} from './codec.ts';
import { createDuplicates } from './duplicates.ts';
import { RadiusError } from './errors.ts';
import type { DropReason, Place, RadiusMetrics, RequestType, ResponseCode } from './metrics.ts';
import { type RadiusSecret, radiusSecret, SHORT_SECRET, secretCache } from './secret.ts';
import { accessRequestHolds, requestHolds, signResponse } from './sign.ts';

/** Where a datagram came from; `local` is the address and port it came to. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  readonly local?: string;
}

/** Resolves with the reply to send, or null for silence. Never rejects. */
export type Handle = (datagram: Buffer, peer: Peer) => Promise<Buffer | null>;

export type Client =
  | { readonly kind: 'nas'; readonly nas: Nas; readonly secret: RadiusSecret }
  | { readonly kind: 'portal'; readonly secret: RadiusSecret };

/** What a request comes to: a reply, or silence for a reason. */
export type Answer =
  | {
      readonly kind: 'reply';
      readonly type: RequestType;
      readonly code: ResponseCode;
      readonly attributes: readonly AttributeValue[];
      readonly place: Place;
      /** Machine time to hold the reply back. */
      readonly delayMs?: number;
    }
  | { readonly kind: 'drop'; readonly reason: DropReason };

export interface ExchangeDeps {
  readonly store: Pick<Store, 'nasByAddress'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: RadiusMetrics;
  /** The portal is a client of its own. */
  readonly portal: { readonly address: string; readonly secret: string };
}

export interface Exchange {
  /** The request this port is for; Status-Server is answered on every port. */
  readonly code: typeof Code.accessRequest | typeof Code.accountingRequest;
  readonly answer: (packet: Packet, client: Client, arrivedAt: number) => Promise<Answer>;
}

const NOWHERE: Place = { router: '', village: '', district: '' };
const CODES: Record<ResponseCode, number> = {
  access_accept: Code.accessAccept,
  access_reject: Code.accessReject,
  accounting_response: Code.accountingResponse,
};
/** Requests being answered at once; what comes on top is dropped, and the NAS sends it again. */
const MAX_IN_FLIGHT = 8192;
/** Replies held back at once; beyond, they go out undelayed (the attempt budgets still hold). */
const MAX_HELD = 4096;

export function createExchange(deps: ExchangeDeps, exchange: Exchange): Handle {
  const findClient = clientFinder(deps);
  const admit = admission(exchange);
  const duplicates = createDuplicates();
  const complain = sampledLog(deps.log);
  let inFlight = 0;
  let held = 0;

  const drop = (reason: DropReason, peer: Peer, detail?: string): null => {
    deps.metrics.dropped(reason);
    complain(reason, peer, detail);
    return null;
  };
  const hold = async (ms: number): Promise<void> => {
    if (ms <= 0 || held >= MAX_HELD) return;
    held += 1;
    await pause(ms);
    held -= 1;
  };
  const answered = async (packet: Packet, client: Client, peer: Peer): Promise<Buffer | null> => {
    const startedAt = performance.now();
    const key = `${peer.address}|${peer.port}|${peer.local ?? ''}|${packet.code}|${packet.identifier}`;
    const seen = duplicates.begin(key, authenticatorOf(packet), startedAt);
    if (seen.kind !== 'new') {
      deps.metrics.duplicate();
      return seen.kind === 'done' ? seen.reply : null;
    }
    let reply: Buffer | null = null;
    try {
      const answer =
        packet.code === Code.statusServer
          ? statusAnswer(exchange.code)
          : await exchange.answer(packet, client, deps.clock.now());
      if (answer.kind === 'drop') return drop(answer.reason, peer);
      reply = signedReply(packet, client, answer);
      const seconds = (performance.now() - startedAt) / 1000;
      deps.metrics.replied(answer.type, answer.code, answer.place, seconds);
      await hold(answer.delayMs ?? 0);
      return reply;
    } finally {
      seen.entry.settle(reply);
    }
  };
  return async (datagram, peer) => {
    if (inFlight >= MAX_IN_FLIGHT) return drop('overload', peer);
    inFlight += 1;
    try {
      const client = await findClient(peer.address);
      if (client === null) return drop('unknown_nas', peer);
      const packet = decodePacket(datagram);
      const refused = admit(packet, client);
      return refused === null ? await answered(packet, client, peer) : drop(refused, peer);
    } catch (error) {
      if (error instanceof RadiusError) return drop('malformed', peer, error.code);
      deps.log.error({ code: errorCode(error), reason: errorMessage(error) }, 'request failed');
      return drop('store_error', peer);
    } finally {
      inFlight -= 1;
    }
  };
}

function clientFinder({ store, portal, log }: ExchangeDeps) {
  const secretOf = secretCache(() => {
    log.warn({ characters: SHORT_SECRET }, 'a NAS secret is shorter than it should be');
  });
  const portalClient: Client = { kind: 'portal', secret: radiusSecret(portal.secret) };
  return async (address: string): Promise<Client | null> => {
    if (address === portal.address) return portalClient;
    const nas = await store.nasByAddress(address);
    return nas === null ? null : { kind: 'nas', nas, secret: secretOf(nas.secret) };
  };
}

/** Null when the packet proves that its sender knows the secret, else why it is dropped. */
function admission({ code }: Exchange) {
  /** NAS of policy `auto` that have signed once: from then on they must (CVE-2024-3596). */
  const signing = new Set<string>();
  return (packet: Packet, client: Client): DropReason | null => {
    if (packet.code === Code.statusServer) {
      if (packet.messageAuthenticatorAt === -1) return 'missing_message_authenticator';
      return accessRequestHolds(packet, client.secret) ? null : 'bad_authenticator';
    }
    if (packet.code !== code) return 'unexpected_code';
    if (code === Code.accountingRequest) {
      return requestHolds(packet, client.secret) ? null : 'bad_authenticator';
    }
    if (packet.messageAuthenticatorAt === -1) return unsignedAccess(packet, client, signing);
    if (!accessRequestHolds(packet, client.secret)) return 'bad_authenticator';
    if (client.kind === 'nas') signing.add(client.nas.routerId);
    return null;
  };
}

function unsignedAccess(
  packet: Packet,
  client: Client,
  signing: ReadonlySet<string>,
): DropReason | null {
  if (findAttribute(packet, 'EAP-Message') !== undefined) return 'eap_unsigned';
  const policy = client.kind === 'portal' ? 'yes' : client.nas.requireMessageAuthenticator;
  const latched = client.kind === 'nas' && policy === 'auto' && signing.has(client.nas.routerId);
  if (policy === 'yes' || latched) return 'missing_message_authenticator';
  return findAttribute(packet, 'Proxy-State') === undefined ? null : 'proxy_state';
}

function statusAnswer(code: Exchange['code']): Answer {
  return {
    kind: 'reply',
    type: 'status_server',
    code: code === Code.accessRequest ? 'access_accept' : 'accounting_response',
    attributes: [],
    place: NOWHERE,
  };
}

function signedReply(
  packet: Packet,
  client: Client,
  answer: Extract<Answer, { kind: 'reply' }>,
): Buffer {
  const bytes = encodePacket({
    code: CODES[answer.code],
    identifier: packet.identifier,
    messageAuthenticator: answer.code !== 'accounting_response',
    attributes: answer.attributes,
    echo: { from: packet, name: 'Proxy-State' },
  });
  return signResponse(bytes, authenticatorOf(packet), client.secret);
}

/** One line per reason and ten seconds: a flood of bad packets must not become a flood of lines. */
function sampledLog(log: Logger) {
  const last = new Map<DropReason, number>();
  return (reason: DropReason, peer: Peer, detail?: string): void => {
    const now = performance.now();
    if (now - (last.get(reason) ?? Number.NEGATIVE_INFINITY) < 10_000) return;
    last.set(reason, now);
    log.warn({ reason, detail, from: peer.address }, 'packet dropped');
  };
}

/** A timer entry, not a blocked slot; it does not keep the process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
