/**
 * Takes away what is old. Who was online when is personal data (Law 27 of 2022): it is kept as long as the
 * configuration says, and no longer. In small steps, so that logins and accounting do not wait.
 */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { Store } from '../store/contract.ts';
import type { Purgeable } from '../store/types.ts';
import { createRetentionMetrics } from './metrics.ts';
import { startPeriodic } from './periodic.ts';

/** Days that things are kept. */
export interface Retention {
  readonly sessionDays: number;
  readonly hourlyDays: number;
  readonly dailyDays: number;
  /** Finished work on routers, and rollouts. */
  readonly jobDays: number;
}

export interface RetentionOptions {
  readonly store: Pick<Store, 'purge'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly retention: Retention;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Tokens, visits and remembered devices beyond their own end. */
const TOKEN_DAYS = 1;
const TICKET_DAYS = 1;
const DEVICE_DAYS = 30;
const CASE_DAYS = 1;
/** Since the last one of a village for a name. */
const APPEAL_DAYS = 180;
const CHUNK = 1_000;
const PAUSE_MS = 200;

export function startRetention(options: RetentionOptions): AsyncDisposable {
  const { clock, log } = options;
  const counted = createRetentionMetrics(options.metrics);
  return startPeriodic({
    clock,
    log,
    everyMs: HOUR_MS,
    name: 'retention',
    work: async (signal) => {
      const purged: Partial<Record<Purgeable, number>> = {};
      try {
        for (const { what, before } of expired(options.retention, clock.now())) {
          for (;;) {
            const deleted = await options.store.purge({ what, before, limit: CHUNK });
            if (deleted > 0) purged[what] = (purged[what] ?? 0) + deleted;
            counted.purged(what, deleted);
            if (deleted < CHUNK) break;
            await clock.sleep(PAUSE_MS, signal);
          }
        }
      } finally {
        if (Object.keys(purged).length > 0) log.info(purged, 'old records deleted');
      }
    },
  });
}

/** Pure: what is old at `now`, and since when. */
export function expired(
  { sessionDays, hourlyDays, dailyDays, jobDays }: Retention,
  now: number,
): { what: Purgeable; before: number }[] {
  const days: Record<Purgeable, number> = {
    tokens: TOKEN_DAYS,
    tickets: TICKET_DAYS,
    otp: TICKET_DAYS,
    cases: CASE_DAYS,
    allowances: 0,
    appeals: APPEAL_DAYS,
    devices: DEVICE_DAYS,
    consents: sessionDays,
    sessions: sessionDays,
    hourly: hourlyDays,
    daily: dailyDays,
    jobs: jobDays,
    rollouts: jobDays,
  };
  return Object.entries(days).map(([what, kept]) => ({
    what: what as Purgeable,
    before: now - kept * DAY_MS,
  }));
}
