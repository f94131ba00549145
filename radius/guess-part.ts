/** What one source may guess of a bucket that is shared, in this thread's memory. */

export interface GuessBudget {
  readonly burst: number;
  readonly refillMs: number;
}

export interface Part {
  /** `first`: the source has no wrong guess that still counts, and none under way. Null when its part is spent. */
  take(now: number): Promise<Turn | null>;
  /** The code was right, or was never looked up. */
  putBack(): void;
  useUp(now: number): void;
  /** As if the source had never been here. */
  isFull(now: number): boolean;
}

export type Turn = 'first' | 'further';

/** Beyond these, codes of one source are refused rather than kept waiting. */
const MAX_WAITING = 256;

export function newPart({ burst, refillMs }: GuessBudget): Part {
  /** When all that was wrong is forgotten. */
  let fullAt = 0;
  let out = 0;
  const waiting: ((turn: Turn | null) => void)[] = [];
  const missing = (now: number): number => Math.max(0, Math.ceil((fullAt - now) / refillMs));
  return {
    take: async (now) => {
      const wrong = missing(now);
      if (wrong + out < burst) {
        out += 1;
        return wrong === 0 && out === 1 ? 'first' : 'further';
      }
      if (out === 0 || waiting.length >= MAX_WAITING) return null;
      // Those that are out come back unless they were wrong.
      return new Promise((resolve) => waiting.push(resolve));
    },
    putBack: () => {
      const next = waiting.shift();
      if (next === undefined) out -= 1;
      else next('further');
    },
    useUp: (now) => {
      fullAt = Math.max(fullAt, now) + refillMs;
      out -= 1;
      if (out > 0) return;
      for (const next of waiting.splice(0)) next(null);
    },
    isFull: (now) => out === 0 && missing(now) === 0,
  };
}
