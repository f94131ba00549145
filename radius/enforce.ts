/**
 * Brings about what the store wants of open sessions: a change of limits by CoA-Request, an end by
 * Disconnect-Request (RFC 5176).
 *
 * Work is claimed from the store under a lease, so that several nodes do not send the same; when to try
 * again is in the store too, and outlives this process. Each router has a lane: one that does not answer
 * delays no other, and its first silent session speaks for the rest. Nothing is sent once its lease is over.
 */
import type { Clock } from '../lib/clock.ts';
import { errorCode, errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Store } from '../store/contract.ts';
import type { PendingEnforcement, Session, SessionLimits } from '../store/types.ts';
import { type CoaAnswer, sendCoa } from './coa.ts';
import type { EnforceMetrics } from './metrics.ts';
import { startPeriodic } from './periodic.ts';
import { createTransmitter, type Transmitter } from './transmitter.ts';

export interface EnforcerOptions {
  readonly store: Pick<
    Store,
    | 'enforcementWaits'
    | 'claimEnforcement'
    | 'recordEnforcement'
    | 'deferEnforcement'
    | 'requestDisconnect'
  >;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: EnforceMetrics;
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

interface Claimed {
  readonly pending: PendingEnforcement;
  /** On the clock; claiming it once more prolongs it. */
  leasedUntil: number;
}

interface Work {
  readonly options: EnforcerOptions;
  readonly metrics: EnforceMetrics;
  readonly transmitter: Transmitter;
  /** What this node has claimed and not dealt with, by session and action. */
  readonly held: Map<string, Claimed>;
  /** What waits for its router, oldest first, by router. */
  readonly queues: Map<string, Claimed[]>;
  /** Routers that are being asked. */
  readonly lanes: Map<string, Promise<void>>;
  readonly signal: AbortSignal;
}

/** Claimed at once; a node with as much in hand claims no more. */
const MAX_HELD = 256;
const LEASE_MS = 30_000;
const MAX_LANES = 64;
/** Requests to one router at the same time, once it has answered. */
const WINDOW = 8;
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 5 * 60_000;

export function startEnforcer(options: EnforcerOptions): Enforcer {
  const stop = new AbortController();
  const work: Work = {
    options,
    metrics: options.metrics,
    transmitter: createTransmitter({
      sourceAddress: options.sourceAddress ?? '0.0.0.0',
      timeoutMs: options.timeoutMs ?? 1000,
      tries: options.tries ?? 3,
    }),
    held: new Map(),
    queues: new Map(),
    lanes: new Map(),
    signal: stop.signal,
  };
  let last: Promise<void> = Promise.resolve();
  const claimNext = (): Promise<void> => {
    // One after the other, and a failure is its caller's.
    last = last.catch(() => undefined).then(() => claim(work));
    return last;
  };
  const polling = startPeriodic({
    clock: options.clock,
    log: options.log,
    everyMs: options.pollMs ?? 1000,
    name: 'enforcement',
    work: claimNext,
  });
  return {
    enforceNow: async () => {
      await claimNext();
      while (work.lanes.size > 0) await Promise.all(work.lanes.values());
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await polling[Symbol.asyncDispose]();
      await work.transmitter[Symbol.asyncDispose]();
      await Promise.all(work.lanes.values());
    },
  };
}

async function claim(work: Work): Promise<void> {
  const { store, clock } = work.options;
  const at = clock.now();
  const limit = MAX_HELD - work.held.size;
  if (limit > 0 && (await store.enforcementWaits(at))) {
    const claimed = await store.claimEnforcement({ at, leaseMs: LEASE_MS, limit });
    for (const pending of claimed) hold(work, pending, at + LEASE_MS);
  }
  startLanes(work);
}

function hold(work: Work, pending: PendingEnforcement, leasedUntil: number): void {
  const key = heldKey(pending);
  const known = work.held.get(key);
  if (known !== undefined) {
    known.leasedUntil = leasedUntil;
    return;
  }
  const claimed: Claimed = { pending, leasedUntil };
  work.held.set(key, claimed);
  const queue = work.queues.get(pending.nas.routerId) ?? [];
  queue.push(claimed);
  work.queues.set(pending.nas.routerId, queue);
}

function startLanes(work: Work): void {
  const { lanes, queues } = work;
  for (const routerId of queues.keys()) {
    if (work.signal.aborted || lanes.size >= MAX_LANES) return;
    if (lanes.has(routerId)) continue;
    const lane = serveRouter(work, routerId)
      .catch((error: unknown) => logFailure(work, error))
      .finally(() => {
        lanes.delete(routerId);
        startLanes(work);
      });
    lanes.set(routerId, lane);
  }
}

/** One, to learn whether the router answers; then several at a time, until there is silence. */
async function serveRouter(work: Work, routerId: string): Promise<void> {
  const queue = work.queues.get(routerId) ?? [];
  const drain = async (): Promise<boolean> => {
    let answers = true;
    while (answers && queue.length > 0) answers = await serveNext(work, queue);
    return answers;
  };
  try {
    let answers = await serveNext(work, queue);
    while (answers && queue.length > 0) {
      answers = (await Promise.all(Array.from({ length: WINDOW }, drain))).every(Boolean);
    }
  } finally {
    // What is left was put off with the silent one, or is claimed anew when its lease is over.
    for (const { pending } of queue.splice(0)) work.held.delete(heldKey(pending));
    work.queues.delete(routerId);
  }
}

/** False when the router did not answer. */
async function serveNext(work: Work, queue: Claimed[]): Promise<boolean> {
  const claimed = queue.shift();
  if (claimed === undefined) return true;
  const { pending } = claimed;
  try {
    const { clock } = work.options;
    if (work.signal.aborted) return false;
    if (clock.now() >= claimed.leasedUntil) return true;
    const answer = await sendCoa(work, pending, clock.now());
    if (work.signal.aborted) return false;
    logAnswer(work, pending, answer);
    await record(work, pending, answer);
    return answer.outcome !== 'unanswered';
  } finally {
    work.held.delete(heldKey(pending));
  }
}

async function record(
  { options }: Work,
  pending: PendingEnforcement,
  answer: CoaAnswer,
): Promise<void> {
  const { store, clock } = options;
  const { session, nas, action, limits, attempts, reason } = pending;
  const at = clock.now();
  const { outcome } = answer;
  const what = { sessionId: session.id, action, at, limits };
  if (outcome === 'acked' || outcome === 'gone') {
    await store.recordEnforcement({ ...what, outcome });
    return;
  }
  const retryAt = at + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 3 ** attempts);
  const error = outcome === 'refused' ? answer.cause : 'no answer';
  await store.recordEnforcement({ ...what, outcome: 'failed', retryAt, error });
  if (outcome === 'unanswered') {
    await store.deferEnforcement({ routerId: nas.routerId, until: retryAt });
  } else if (action === 'change' && mustHold(session, limits)) {
    // The NAS would let the phone go on beyond what is left; a new login gets the new limits.
    await store.requestDisconnect({ sessionId: session.id, reason, at });
  }
}

/** Less time or fewer octets than the NAS was told. A rate that it does not take is no reason to end. */
export function mustHold(before: SessionLimits, limits: SessionLimits): boolean {
  return (
    lowers(before.sessionTimeoutSeconds, limits.sessionTimeoutSeconds) ||
    lowers(before.totalLimitOctets, limits.totalLimitOctets)
  );
}

function lowers(before: number | null, limit: number | null): boolean {
  return limit !== null && (before === null || limit < before);
}

function logAnswer({ options }: Work, pending: PendingEnforcement, answer: CoaAnswer): void {
  const { session, nas, action, reason } = pending;
  const about = { session: session.id, router: nas.router, action, reason };
  if (answer.outcome === 'refused') {
    options.log.warn({ ...about, errorCause: answer.cause }, 'router refused a request');
  } else {
    options.log.info({ ...about, outcome: answer.outcome }, 'request sent');
  }
}

function heldKey({ session, action }: { session: Session; action: string }): string {
  return `${action} ${session.id}`;
}

function logFailure({ options }: Work, error: unknown): void {
  const about = { code: errorCode(error), reason: errorMessage(error) };
  options.log.error(about, 'sessions could not be changed or ended');
}
