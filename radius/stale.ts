/**
 * Sessions that fell silent: the router lost power or its link, and no Stop will come. They are closed
 * at the time they were last heard of, reversibly: a later report opens them again.
 */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Store } from '../store/contract.ts';
import { startPeriodic } from './periodic.ts';

export interface StaleSweepOptions {
  readonly store: Pick<Store, 'closeStaleSessions'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** How often a NAS reports an open session; three missed reports are silence. */
  readonly interimSeconds: number;
  /** A login without an Accounting-Start after this long was abandoned; 120 by default. */
  readonly openingSeconds?: number;
}

const MISSED_REPORTS = 3;
const OPENING_SECONDS = 120;

export function startStaleSweep(options: StaleSweepOptions): AsyncDisposable {
  const { clock, log, interimSeconds } = options;
  const startedAt = clock.now();
  return startPeriodic({
    clock,
    log,
    everyMs: Math.min(interimSeconds, OPENING_SECONDS) * 500,
    name: 'stale sweep',
    work: async () => {
      const closed = await options.store.closeStaleSessions(
        staleBefore(options, startedAt, clock.now()),
      );
      if (closed > 0) log.info({ closed }, 'silent sessions closed');
    },
  });
}

/**
 * Pure. While this server has itself been up for less than the silence, nobody could have been heard:
 * then only reservations are swept.
 */
export function staleBefore(
  { interimSeconds, openingSeconds = OPENING_SECONDS }: StaleSweepOptions,
  startedAt: number,
  now: number,
): { before: number; openingBefore: number; at: number } {
  const silenceMs = MISSED_REPORTS * interimSeconds * 1000;
  return {
    before: now - startedAt < silenceMs ? 0 : now - silenceMs,
    openingBefore: now - openingSeconds * 1000,
    at: now,
  };
}
