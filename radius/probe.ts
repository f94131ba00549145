/**
 * Asks a NAS whether it still has a session, before a phone is refused for a slot that the session holds:
 * a CoA-Request that repeats the limits in force and so changes nothing. Whatever answer but "no such
 * session" means that it is alive; that one closes it, and its slot is free.
 *
 * A phone may try again and again: a session that was alive a moment ago is not asked about again.
 */
import type { Clock } from '../lib/clock.ts';
import { errorCode, errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Store } from '../store/contract.ts';
import { type BoundedMap, boundedMap } from './bounded-map.ts';
import { type CoaDeps, sendCoa } from './coa.ts';
import type { EnforceMetrics } from './metrics.ts';
import { createTransmitter } from './transmitter.ts';

/** `unknown`: no answer, or too many questions at once. */
export type ProbeResult = 'alive' | 'gone' | 'unknown';

export type Probe = (sessionId: string) => Promise<ProbeResult>;

export interface ProbeOptions {
  readonly store: Pick<Store, 'session' | 'nasByName' | 'recordEnforcement'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: EnforceMetrics;
  readonly sourceAddress?: string;
  /** Machine time to wait for the answer; 1000 by default. A phone waits for as long. */
  readonly timeoutMs?: number;
}

export interface Prober extends AsyncDisposable {
  /** Never rejects. */
  readonly probe: Probe;
}

interface Asking {
  readonly options: ProbeOptions;
  readonly deps: CoaDeps;
  readonly running: Map<string, Promise<ProbeResult>>;
  /** When a session was last found alive. */
  readonly seenAlive: BoundedMap<number>;
}

const MAX_RUNNING = 64;
const BELIEVED_MS = 10_000;
const REMEMBERED = 4096;

export function createProber(options: ProbeOptions): Prober {
  const transmitter = createTransmitter({
    sourceAddress: options.sourceAddress ?? '0.0.0.0',
    timeoutMs: options.timeoutMs ?? 1000,
    tries: 1,
  });
  const asking: Asking = {
    options,
    deps: { transmitter, metrics: options.metrics },
    running: new Map(),
    seenAlive: boundedMap(REMEMBERED),
  };
  const probe = (sessionId: string): Promise<ProbeResult> => {
    const { running, seenAlive } = asking;
    const same = running.get(sessionId);
    if (same !== undefined) return same;
    const seenAt = seenAlive.get(sessionId) ?? Number.NEGATIVE_INFINITY;
    if (options.clock.now() - seenAt < BELIEVED_MS) return Promise.resolve('alive');
    if (running.size >= MAX_RUNNING) return Promise.resolve('unknown');
    const asked = ask(asking, sessionId)
      .catch((error: unknown): ProbeResult => {
        const about = { code: errorCode(error), reason: errorMessage(error) };
        options.log.error(about, 'session not probed');
        return 'unknown';
      })
      .finally(() => running.delete(sessionId));
    running.set(sessionId, asked);
    return asked;
  };
  return {
    probe,
    [Symbol.asyncDispose]: async () => {
      await transmitter[Symbol.asyncDispose]();
      await Promise.all(asking.running.values());
    },
  };
}

async function ask({ options, deps, seenAlive }: Asking, sessionId: string): Promise<ProbeResult> {
  const { store, clock, log } = options;
  const session = await store.session(sessionId);
  if (session === null || session.state === 'closed') return 'gone';
  // A login that has not begun is not known to its NAS by this id: nothing can be said of it.
  if (session.state === 'opening') return 'unknown';
  const nas = await store.nasByName(session.router);
  if (nas === null) return 'unknown';
  const action = 'probe';
  const { outcome } = await sendCoa(deps, { session, nas, action, limits: session }, clock.now());
  if (outcome === 'unanswered') return 'unknown';
  const at = clock.now();
  if (outcome === 'gone') {
    log.info({ session: sessionId, router: nas.router }, 'router no longer has this session');
    await store.recordEnforcement({ sessionId, action: 'change', outcome: 'gone', at });
    return 'gone';
  }
  seenAlive.set(sessionId, at);
  return 'alive';
}
