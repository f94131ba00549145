/** One timer for everything that a router has to do later: it sleeps until the next due instant. */
import type { Clock } from '../../lib/clock.ts';

export interface Agenda {
  /** Looks again at what is due; call it when a deadline came into being or moved closer. */
  kick(): void;
  stop(): void;
}

/** Longest single sleep; `setTimeout` overflows at 24.8 days. */
const MAX_SLEEP_MS = 86_400_000;

/** `run` does what is due and returns the next due instant (epoch ms of the clock), null for none. */
export function createAgenda(clock: Clock, run: () => number | null): Agenda {
  let sleeping: AbortController | null = null;
  let wakeAt = Number.POSITIVE_INFINITY;
  let running = false;

  const kick = (): void => {
    // What `run` does may kick again; its own return value already says when to wake.
    if (running) return;
    running = true;
    const next = run();
    running = false;
    if (next === null) {
      stop();
    } else if (sleeping === null || next < wakeAt) {
      sleepUntil(next);
    }
  };
  const sleepUntil = (at: number): void => {
    stop();
    const control = new AbortController();
    sleeping = control;
    wakeAt = at;
    const ms = Math.min(MAX_SLEEP_MS, Math.max(1, at - clock.now()));
    clock.sleep(ms, control.signal).then(
      () => {
        if (sleeping !== control) return;
        sleeping = null;
        kick();
      },
      () => {
        // Aborted: whoever did so has set another alarm or needs none.
      },
    );
  };
  const stop = (): void => {
    sleeping?.abort();
    sleeping = null;
    wakeAt = Number.POSITIVE_INFINITY;
  };
  return { kick, stop };
}
