/**
 * Domain time. Everything that decides by time takes a {@link Clock}; socket time-outs and measured
 * durations stay on the machine's own clock.
 */
import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Epoch milliseconds of this clock. */
  now(): number;
  /** Resolves after `ms` of this clock; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A clock that several processes can share: all of them derive the same time from these numbers. */
export interface ClockScale {
  /** Machine time (epoch ms) at which the scaled clock showed `originMs`. */
  readonly realOriginMs: number;
  readonly originMs: number;
  /** Seconds of this clock that pass in one second of the machine. */
  readonly factor: number;
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await delay(Math.max(0, ms), undefined, { signal });
  },
};

export function scaledClock(scale: ClockScale): Clock {
  return {
    now: () => Math.round(scale.originMs + (Date.now() - scale.realOriginMs) * scale.factor),
    sleep: async (ms, signal) => {
      await delay(Math.max(0, ms) / scale.factor, undefined, { signal });
    },
  };
}

/** The clock a process was told to use: scaled when a scale is given, else the machine's. */
export function clockFrom(scale: ClockScale | undefined): Clock {
  return scale === undefined ? realClock : scaledClock(scale);
}

/** For tests: time moves only by `advance`. It must not drive sockets. */
export interface SteppedClock extends Clock {
  advance(ms: number): void;
}

export function steppedClock(startMs = 1_790_000_000_000): SteppedClock {
  let nowMs = startMs;
  const waiting = new Set<{ at: number; wake: () => void }>();
  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const entry = { at: nowMs + ms, wake: resolve };
        waiting.add(entry);
        signal?.addEventListener('abort', () => {
          waiting.delete(entry);
          reject(signal.reason);
        });
      }),
    advance: (ms) => {
      nowMs += ms;
      for (const entry of [...waiting].toSorted((a, b) => a.at - b.at)) {
        if (entry.at <= nowMs) {
          waiting.delete(entry);
          entry.wake();
        }
      }
    },
  };
}
