/**
 * A cycle ends when every router has been looked at once. Then it shows whether the controller itself
 * is blind: nearly all failed together, and nobody is called down for it.
 */
import type { Clock } from '../lib/clock.ts';
import { errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { type Health, isBlind, onBlind, type Step, UNKNOWN } from './health.ts';
import type { ControllerMetrics } from './metrics.ts';

interface Polled {
  readonly router: { readonly id: string };
  health: Health;
}

export interface CycleOptions<E extends Polled> {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<ControllerMetrics, 'cycle'>;
  /** By router id; the caller changes it. */
  readonly entries: ReadonlyMap<string, E>;
  readonly record: (entry: E, step: Step, cause: string) => Promise<void>;
}

export interface Cycle<E> {
  polled(entry: E, failed: boolean): Promise<void>;
  /** Nobody is called down while this holds. */
  isBlind(): boolean;
  /** Ends the cycle when the routers that it waited for are gone. */
  check(): void;
  /** Cycles that have ended. */
  count(): number;
}

export function createCycle<E extends Polled>(options: CycleOptions<E>): Cycle<E> {
  const { clock, metrics, log, entries } = options;
  let seen = new Set<string>();
  let failed = new Set<string>();
  let startedAt = clock.now();
  let blind = false;
  let count = 0;

  const isComplete = (): boolean => seen.size > 0 && entries.keys().every((id) => seen.has(id));

  const finish = async (): Promise<void> => {
    const now = clock.now();
    const before = startedAt;
    const wasBlind = blind;
    blind = isBlind(seen.size, failed.size);
    metrics.cycle({ seconds: (now - startedAt) / 1000, finishedAt: now });
    seen = new Set();
    failed = new Set();
    startedAt = now;
    count += 1;
    if (blind !== wasBlind) log.warn({ blind }, 'sight of the routers has changed');
    for (const entry of entries.values()) {
      if (entry.health.failures === 0) continue;
      if (blind) await options.record(entry, onBlind(entry.health, before), 'controller');
      else if (wasBlind && entry.health.state === 'unknown') entry.health = UNKNOWN;
    }
  };

  return {
    polled: async (entry, hasFailed) => {
      const { id } = entry.router;
      // Dropped while it was being looked at.
      if (entries.get(id) !== entry) return;
      seen.add(id);
      if (hasFailed) failed.add(id);
      else failed.delete(id);
      if (isComplete()) await finish();
    },
    isBlind: () => blind || isBlind(seen.size, failed.size),
    check: () => {
      if (!isComplete()) return;
      finish().catch((error: unknown) => {
        log.error({ err: errorMessage(error) }, 'state not recorded');
      });
    },
    count: () => count,
  };
}
