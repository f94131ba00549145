/**
 * Ends sessions that must end: takes what the store has pending and sends Disconnect-Requests to the
 * NAS (RFC 5176). One lane per router, so that one that does not answer delays no other; a router that
 * stays silent is asked again later and later.
 */
import { isIPv4 } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import { errorCode, errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { Store } from '../store/contract.ts';
import type { PendingEnforcement } from '../store/types.ts';
import { Code, SESSION_CONTEXT_NOT_FOUND } from './attributes.ts';
import {
  type AttributeValue,
  authenticatorOf,
  encodePacket,
  numberOf,
  type Packet,
} from './codec.ts';
import { createEnforceMetrics, type DisconnectOutcome, type EnforceMetrics } from './metrics.ts';
import { startPeriodic } from './periodic.ts';
import { type RadiusSecret, radiusSecret } from './secret.ts';
import { responseHolds, signRequest } from './sign.ts';
import { createTransmitter, type Transmitter } from './transmitter.ts';

export interface EnforcerOptions {
  readonly store: Pick<Store, 'enforcementWaits' | 'claimEnforcement' | 'recordEnforcement'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The address that routers know as their RADIUS server; they refuse requests from any other. */
  readonly sourceAddress?: string;
  /** Pause between two looks at the store, on the clock; 1000 by default. */
  readonly pollMs?: number;
  /** Machine time to wait for a reply to each transmission; 1000 by default. */
  readonly timeoutMs?: number;
  /** Transmissions of one request; 3 by default. */
  readonly tries?: number;
}

export interface Enforcer extends AsyncDisposable {
  /** Looks at the store now and resolves when all that could be sent has been answered or given up. */
  enforceNow(): Promise<void>;
}

interface Work {
  readonly options: EnforcerOptions;
  readonly metrics: EnforceMetrics;
  readonly transmitter: Transmitter;
  /** Routers with a lane at work. */
  readonly lanes: Map<string, Promise<void>>;
  /** When a router or a session may be tried again, by its id. */
  readonly notBefore: Map<string, number>;
  readonly signal: AbortSignal;
}

const MAX_PENDING = 1000;
const LEASE_MS = 30_000;
const MAX_LANES = 64;
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 15 * 60_000;

export function startEnforcer(options: EnforcerOptions): Enforcer {
  const stop = new AbortController();
  const work: Work = {
    options,
    metrics: createEnforceMetrics(options.metrics),
    transmitter: createTransmitter({
      sourceAddress: options.sourceAddress ?? '0.0.0.0',
      timeoutMs: options.timeoutMs ?? 1000,
      tries: options.tries ?? 3,
    }),
    lanes: new Map(),
    notBefore: new Map(),
    signal: stop.signal,
  };
  const polling = startPeriodic({
    clock: options.clock,
    log: options.log,
    everyMs: options.pollMs ?? 1000,
    name: 'disconnects',
    work: () => startLanes(work),
  });
  return {
    enforceNow: async () => {
      await startLanes(work);
      await Promise.all(work.lanes.values());
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await polling[Symbol.asyncDispose]();
      await work.transmitter[Symbol.asyncDispose]();
      await Promise.all(work.lanes.values());
    },
  };
}

async function startLanes(work: Work): Promise<void> {
  const { options, lanes, notBefore } = work;
  const now = options.clock.now();
  if (!(await options.store.enforcementWaits(now))) return;
  const pending = await options.store.claimEnforcement({
    at: now,
    leaseMs: LEASE_MS,
    limit: MAX_PENDING,
  });
  for (const [id, at] of notBefore) if (at <= now) notBefore.delete(id);
  const due = pending.filter(
    ({ nas, session }) => !notBefore.has(nas.routerId) && !notBefore.has(session.id),
  );
  for (const [routerId, sessions] of Map.groupBy(due, ({ nas }) => nas.routerId)) {
    if (lanes.has(routerId) || lanes.size >= MAX_LANES) continue;
    const lane = endSessions(work, sessions)
      .catch((error: unknown) => logFailure(work, error))
      .finally(() => lanes.delete(routerId));
    lanes.set(routerId, lane);
  }
}

/** One after another; the first that goes unanswered speaks for the rest. */
async function endSessions(work: Work, sessions: readonly PendingEnforcement[]): Promise<void> {
  const { options, metrics, notBefore } = work;
  for (const pending of sessions) {
    const outcome = await disconnect(work, pending);
    if (work.signal.aborted) return;
    const { session, nas, attempts, reason } = pending;
    metrics.disconnect(outcome);
    options.log.info(
      { session: session.id, router: nas.router, reason, outcome },
      'disconnect sent',
    );
    const at = options.clock.now();
    const recorded = outcome === 'acked' || outcome === 'gone' ? outcome : 'failed';
    await options.store.recordEnforcement({
      sessionId: session.id,
      action: 'disconnect',
      outcome: recorded,
      at,
    });
    if (recorded !== 'failed') continue;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 3 ** attempts);
    notBefore.set(outcome === 'unanswered' ? nas.routerId : session.id, at + pause);
    if (outcome === 'unanswered') return;
  }
}

async function disconnect(work: Work, pending: PendingEnforcement): Promise<DisconnectOutcome> {
  const { nas } = pending;
  const secret = radiusSecret(nas.secret);
  const eventAt = work.options.clock.now();
  const reply = await work.transmitter.request({
    to: { host: nas.address, port: nas.coaPort },
    packet: (identifier) => disconnectRequest(identifier, pending, eventAt, secret),
    verify: (packet, sent) => responseHolds(packet, authenticatorOf(sent), secret),
  });
  return reply === null ? 'unanswered' : readReply(work, pending, reply);
}

function readReply(work: Work, { nas }: PendingEnforcement, reply: Packet): DisconnectOutcome {
  if (reply.code === Code.disconnectAck) return 'acked';
  const errorCause = numberOf(reply, 'Error-Cause');
  if (reply.code === Code.disconnectNak && errorCause === SESSION_CONTEXT_NOT_FOUND) return 'gone';
  work.options.log.warn({ router: nas.router, errorCause }, 'router refused a Disconnect-Request');
  return 'refused';
}

function disconnectRequest(
  identifier: number,
  { session, nas }: PendingEnforcement,
  eventAt: number,
  secret: RadiusSecret,
): Buffer {
  const attributes: AttributeValue[] = [['User-Name', session.username]];
  if (session.acctSessionId !== null) attributes.push(['Acct-Session-Id', session.acctSessionId]);
  if (session.framedIp !== null) attributes.push(['Framed-IP-Address', session.framedIp]);
  if (isIPv4(nas.address)) attributes.push(['NAS-IP-Address', nas.address]);
  attributes.push(['Event-Timestamp', Math.floor(eventAt / 1000)]);
  const bytes = encodePacket({
    code: Code.disconnectRequest,
    identifier,
    messageAuthenticator: true,
    attributes,
  });
  return signRequest(bytes, secret);
}

function logFailure({ options }: Work, error: unknown): void {
  const about = { code: errorCode(error), reason: errorMessage(error) };
  options.log.error(about, 'sessions could not be ended');
}
