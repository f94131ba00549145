/** A store that keeps guesses in memory, by bucket. */
import type { GuessStore } from '../store/guess-types.ts';

export function guessStore(): GuessStore & { readonly taken: () => number } {
  const fullAt = new Map<string, number>();
  let total = 0;
  return {
    taken: () => total,
    takeGuesses: async ({ bucket, want, burst, reserve, refillMs, at }) => {
      const from = Math.max(at, fullAt.get(bucket) ?? at);
      const taken = Math.max(
        0,
        Math.min(want, burst - reserve - Math.ceil((from - at) / refillMs)),
      );
      total += taken;
      fullAt.set(bucket, from + taken * refillMs);
      return { taken, nextAt: Math.max(at, from + (taken - burst + reserve + 1) * refillMs) };
    },
    giveBackGuesses: async ({ bucket, count, refillMs }) => {
      total -= count;
      fullAt.set(bucket, fullAt.get(bucket)! - count * refillMs);
    },
  };
}
