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
import { rejectMessage } from './reject.ts';
import { encodeRelayed } from './relay.ts';
import type { RadiusSecret } from './secret.ts';
import {
  admission,
  type Client,
  type Peer,
  type Sender,
  type SenderDeps,
  senderFinder,
} from './senders.ts';
import { signResponse } from './sign.ts';

export type { Client, Peer } from './senders.ts';

/** Resolves with the reply to send, or null for silence. Never rejects. */
export type Handle = (datagram: Buffer, peer: Peer) => Promise<Buffer | null>;

/** What a request comes to: a reply, or silence for a reason. */
export type Answer =
  | {
      readonly kind: 'reply';
      readonly type: RequestType;
      readonly code: ResponseCode;
      /** By name, or as octets that another server made of them. */
      readonly attributes: readonly AttributeValue[] | Uint8Array;
      readonly place: Place;
      /** Machine time to hold the reply back. */
      readonly delayMs?: number;
    }
  | { readonly kind: 'drop'; readonly reason: DropReason };

/** Answers an Access-Request with EAP-Message, which is always signed. */
export type EapAnswer = (
  packet: Packet,
  client: Extract<Client, { kind: 'nas' }>,
) => Promise<Answer>;

export interface ExchangeDeps extends SenderDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: RadiusMetrics;
  /** Without it EAP is a question like another, which nobody here can answer. */
  readonly eap?: EapAnswer;
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
  access_challenge: Code.accessChallenge,
  accounting_response: Code.accountingResponse,
};
const FORGED: ReadonlySet<DropReason> = new Set([
  'malformed',
  'bad_authenticator',
  'missing_message_authenticator',
  'proxy_state',
  'eap_unsigned',
]);
/** Requests being answered at once; what comes on top is dropped, and the NAS sends it again. */
const MAX_IN_FLIGHT = 8192;
/** Replies held back at once; beyond, they go out undelayed (the attempt budgets still hold). */
const MAX_HELD = 4096;

export function createExchange(deps: ExchangeDeps, exchange: Exchange): Handle {
  const findSender = senderFinder(deps);
  const admit = admission(exchange.code);
  const ask = asker(deps, exchange);
  const duplicates = createDuplicates();
  const complain = sampledLog(deps.log);
  let inFlight = 0;
  let held = 0;

  const drop = (reason: DropReason, peer: Peer, detail?: string): null => {
    deps.metrics.dropped(reason);
    complain(reason, peer, detail);
    if (peer.forged !== undefined && FORGED.has(reason)) peer.forged();
    return null;
  };
  const hold = async (ms: number): Promise<void> => {
    if (held >= MAX_HELD) return;
    held += 1;
    await pause(ms);
    held -= 1;
  };
  const answered = async (packet: Packet, sender: Sender, peer: Peer): Promise<Buffer | null> => {
    const startedAt = performance.now();
    const seen = duplicates.begin(peer, packet, startedAt);
    if (seen.kind !== 'new') {
      deps.metrics.duplicate();
      return seen.kind === 'done' ? seen.reply : null;
    }
    let reply: Buffer | null = null;
    try {
      const answer = await ask(packet, sender);
      if (answer.kind === 'drop') return drop(answer.reason, peer);
      reply = signedReply(packet, sender.secret, answer);
      const seconds = (performance.now() - startedAt) / 1000;
      deps.metrics.replied(answer.type, answer.code, answer.place, seconds);
      if (answer.delayMs !== undefined && answer.delayMs > 0) await hold(answer.delayMs);
      return reply;
    } finally {
      seen.entry.settle(reply);
    }
  };
  return async (datagram, peer) => {
    if (inFlight >= MAX_IN_FLIGHT) return drop('overload', peer);
    inFlight += 1;
    try {
      const found = findSender(peer);
      const sender = found instanceof Promise ? await found : found;
      if (sender === null) return drop('unknown_nas', peer);
      const packet = decodePacket(datagram);
      const refused = admit(packet, sender);
      return refused === null ? await answered(packet, sender, peer) : drop(refused, peer);
    } catch (error) {
      if (error instanceof RadiusError) return drop('malformed', peer, error.code);
      return drop('store_error', peer, `${errorCode(error)}: ${errorMessage(error)}`);
    } finally {
      inFlight -= 1;
    }
  };
}

/** Puts the question to whom it is for, in the name of the router that it is about. */
function asker({ clock, eap, proxies }: ExchangeDeps, exchange: Exchange) {
  const isLogin = exchange.code === Code.accessRequest;
  const askFor = (packet: Packet, client: Client): Promise<Answer> => {
    const isEap =
      isLogin && eap !== undefined && findAttribute(packet, 'EAP-Message') !== undefined;
    return isEap && client.kind === 'nas'
      ? eap(packet, client)
      : exchange.answer(packet, client, clock.now());
  };
  const askForProxied = async (packet: Packet, secret: RadiusSecret): Promise<Answer> => {
    const nas = (await proxies?.nasOf(packet)) ?? null;
    return nas === null ? unknownRouter(isLogin) : askFor(packet, { kind: 'nas', nas, secret });
  };
  return (packet: Packet, sender: Sender): Promise<Answer> | Answer => {
    if (packet.code === Code.statusServer) return statusAnswer(exchange.code);
    return sender.kind === 'proxy' ? askForProxied(packet, sender.secret) : askFor(packet, sender);
  };
}

/** A proxy's mistake: a phone hears of it, accounting waits until the router is known. */
function unknownRouter(isLogin: boolean): Answer {
  if (!isLogin) return { kind: 'drop', reason: 'unknown_router' };
  return {
    kind: 'reply',
    type: 'access_request',
    code: 'access_reject',
    attributes: [['Reply-Message', rejectMessage('SW-ERROR')]],
    place: NOWHERE,
  };
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
  secret: RadiusSecret,
  { code, attributes }: Extract<Answer, { kind: 'reply' }>,
): Buffer {
  const head = { code: CODES[code], identifier: packet.identifier };
  const bytes =
    attributes instanceof Uint8Array
      ? encodeRelayed({ ...head, attributes, proxyStatesOf: packet })
      : encodePacket({
          ...head,
          messageAuthenticator: code !== 'accounting_response',
          attributes,
          echo: { from: packet, name: 'Proxy-State' },
        });
  return signResponse(bytes, authenticatorOf(packet), secret);
}

/** One line per reason and ten seconds: a flood of bad packets must not become a flood of lines. */
function sampledLog(log: Logger) {
  const last = new Map<DropReason, number>();
  return (reason: DropReason, peer: Peer, detail?: string): void => {
    const now = performance.now();
    if (now - (last.get(reason) ?? Number.NEGATIVE_INFINITY) < 10_000) return;
    last.set(reason, now);
    const about = { reason, detail, from: peer.address };
    if (reason === 'store_error') log.error(about, 'request failed');
    else log.warn(about, 'packet dropped');
  };
}

/** A timer entry, not a blocked slot; it does not keep the process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
