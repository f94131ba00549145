/**
 * What waits for officers, as gauges: appeals that nobody has decided, cases that nobody has looked into. Officers
 * answer on the command line or the console, so the store is asked; the portal cannot count it.
 */
import { errorCode } from '../lib/errors.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { Backlog } from '../store/types.ts';
import type { PortalOptions } from './types.ts';

const EVERY_MS = 60_000;

export interface BacklogWatch extends Disposable {
  /** Asks now; a store that is away leaves the gauges as they were. */
  look(): Promise<void>;
}

export function watchBacklog(
  options: Pick<PortalOptions, 'store' | 'clock' | 'log' | 'metrics'>,
): BacklogWatch {
  const { store, clock, log } = options;
  const show = createGauges(options.metrics);
  const look = async (): Promise<void> => {
    const at = clock.now();
    try {
      show(await store.backlog({ at }), at);
    } catch (error) {
      log.warn({ code: errorCode(error) }, 'what waits for officers is not known');
    }
  };
  const timer = setInterval(() => void look(), EVERY_MS);
  timer.unref();
  return { look, [Symbol.dispose]: () => clearInterval(timer) };
}

function createGauges(metrics: Metrics): (backlog: Backlog, at: number) => void {
  const appeals = metrics.gauge(
    'smartwifi_portal_appeals',
    'Appeals by village and name, by what was decided',
    ['state'],
  );
  const appealAge = metrics.gauge(
    'smartwifi_portal_appeal_oldest_open_age_seconds',
    'Age of the oldest appeal that nobody has decided, from the beginning of its day; 0 = none',
  );
  const cases = metrics.gauge(
    'smartwifi_portal_cases',
    'Cases that live, by whether an officer has looked into them',
    ['state'],
  );
  const caseAge = metrics.gauge(
    'smartwifi_portal_case_oldest_waiting_age_seconds',
    'Age of the oldest case that nobody has looked into; 0 = none',
  );
  const age = (since: number | null, at: number): number =>
    since === null ? 0 : Math.max(0, Math.floor((at - since) / 1000));
  return (backlog, at) => {
    for (const state of ['open', 'allowed', 'rejected'] as const) {
      appeals.set({ state }, backlog.appeals[state]);
    }
    appealAge.set(age(backlog.oldestAppealAt, at));
    for (const state of ['waiting', 'answered'] as const) {
      cases.set({ state }, backlog.cases[state]);
    }
    caseAge.set(age(backlog.oldestCaseAt, at));
  };
}
