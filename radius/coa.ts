/**
 * Disconnect-Requests and CoA-Requests (RFC 5176): how they are built, what an answer means.
 *
 * A session is named by User-Name, Acct-Session-Id and Framed-IP-Address, the NAS by its address. The
 * Message-Authenticator comes first. A change carries all limits of the session, not only those that
 * differ: an earlier request may have arrived whose answer was lost. What is no longer limited is said by
 * a value, because a NAS keeps what a request does not mention: `0/0` is how RouterOS writes a queue
 * without a rate, and time and octets get a limit that nobody reaches.
 */
import { isIPv4 } from 'node:net';
import type { Nas, Session, SessionLimits } from '../store/types.ts';
import { Code, errorCauseName, SESSION_CONTEXT_NOT_FOUND } from './attributes.ts';
import {
  type AttributeValue,
  authenticatorOf,
  encodePacket,
  numberOf,
  type Packet,
} from './codec.ts';
import { limitWords } from './grant.ts';
import type { CoaAction, CoaOutcome, EnforceMetrics } from './metrics.ts';
import { type RadiusSecret, radiusSecret } from './secret.ts';
import { responseHolds, signRequest } from './sign.ts';
import type { Transmitter } from './transmitter.ts';

export interface CoaRequest {
  readonly session: Session;
  readonly nas: Nas;
  readonly action: CoaAction;
  /** Of a change or a probe. */
  readonly limits: SessionLimits;
}

/** `gone`: the NAS knows no such session. `cause` is the Error-Cause of a NAK by name. */
export type CoaAnswer =
  | { readonly outcome: Exclude<CoaOutcome, 'refused'> }
  | { readonly outcome: 'refused'; readonly cause: string };

export interface CoaDeps {
  readonly transmitter: Transmitter;
  readonly metrics: EnforceMetrics;
}

const UNLIMITED_RATE = '0/0';
/** The largest that every NAS reads as a positive number. */
const UNLIMITED_SECONDS = 2 ** 31 - 1;
const UNLIMITED_OCTETS = 2 ** 52 - 1;

/** Sends one request, with its retransmits, and counts what came of it. `at` is the Event-Timestamp. */
export async function sendCoa(
  { transmitter, metrics }: CoaDeps,
  request: CoaRequest,
  at: number,
): Promise<CoaAnswer> {
  const { nas } = request;
  const secret = radiusSecret(nas.secret);
  const reply = await transmitter.request({
    to: { host: nas.address, port: nas.coaPort },
    packet: (identifier) => coaPacket(identifier, request, at, secret),
    verify: (packet, sent) =>
      answers(packet.code, sent.code) && responseHolds(packet, authenticatorOf(sent), secret),
  });
  const answer = readAnswer(reply);
  metrics.sent(request.action, answer.outcome);
  if (answer.outcome === 'refused') metrics.refused(answer.cause);
  else if (answer.outcome === 'gone') metrics.refused(errorCauseName(SESSION_CONTEXT_NOT_FOUND));
  return answer;
}

/** Pure. The signed packet. */
export function coaPacket(
  identifier: number,
  { session, nas, action, limits }: CoaRequest,
  at: number,
  secret: RadiusSecret,
): Buffer {
  const attributes: AttributeValue[] = [['User-Name', session.username]];
  if (session.acctSessionId !== null) attributes.push(['Acct-Session-Id', session.acctSessionId]);
  if (session.framedIp !== null) attributes.push(['Framed-IP-Address', session.framedIp]);
  const own = isIPv4(nas.address) ? 'NAS-IP-Address' : 'NAS-IPv6-Address';
  attributes.push([own, nas.address], ['Event-Timestamp', Math.floor(at / 1000)]);
  if (action !== 'disconnect') attributes.push(...limitAttributes(limits, session));
  const bytes = encodePacket({
    code: action === 'disconnect' ? Code.disconnectRequest : Code.coaRequest,
    identifier,
    messageAuthenticator: true,
    attributes,
  });
  return signRequest(bytes, secret);
}

/** Attributes that turn `before`, the limits in force, into `limits`. */
export function limitAttributes(limits: SessionLimits, before: SessionLimits): AttributeValue[] {
  const attributes: AttributeValue[] = [];
  const rate = limits.rate ?? (before.rate === null ? null : UNLIMITED_RATE);
  if (rate !== null) attributes.push(['Mikrotik-Rate-Limit', rate]);
  const seconds = valueOr(
    limits.sessionTimeoutSeconds,
    before.sessionTimeoutSeconds,
    UNLIMITED_SECONDS,
  );
  // 0 would be no limit.
  if (seconds !== null) {
    const timeout = Math.min(UNLIMITED_SECONDS, Math.max(1, seconds));
    attributes.push(['Session-Timeout', timeout]);
  }
  const octets = valueOr(limits.totalLimitOctets, before.totalLimitOctets, UNLIMITED_OCTETS);
  if (octets !== null) attributes.push(...totalLimit(octets));
  return attributes;
}

/** The Gigawords are said even when they are 0, because there may have been some before. */
function totalLimit(octets: number): AttributeValue[] {
  const [low, gigawords] = limitWords(octets);
  return [
    ['Mikrotik-Total-Limit', low],
    ['Mikrotik-Total-Limit-Gigawords', gigawords],
  ];
}

function valueOr(limit: number | null, before: number | null, unlimited: number): number | null {
  return limit ?? (before === null ? null : unlimited);
}

/** ACK and NAK follow their request by one and two. */
function answers(reply: number, request: number): boolean {
  return reply === request + 1 || reply === request + 2;
}

function readAnswer(reply: Packet | null): CoaAnswer {
  if (reply === null) return { outcome: 'unanswered' };
  if (reply.code === Code.disconnectAck || reply.code === Code.coaAck) return { outcome: 'acked' };
  const cause = numberOf(reply, 'Error-Cause');
  if (cause === SESSION_CONTEXT_NOT_FOUND) return { outcome: 'gone' };
  return { outcome: 'refused', cause: errorCauseName(cause) };
}
