/** A store that keeps guesses in memory, a bucket a router. */
import type { GuessStore } from '../store/guess-types.ts';

export function guessStore(): GuessStore & { readonly taken: () => number } {
  const fullAt = new Map<string, number>();
  let total = 0;
  return {
    taken: () => total,
    takeGuesses: async ({ routerId, want, burst, refillMs, at }) => {
      const from = Math.max(at, fullAt.get(routerId) ?? at);
      const taken = Math.max(0, Math.min(want, burst - Math.ceil((from - at) / refillMs)));
      total += taken;
      fullAt.set(routerId, from + taken * refillMs);
      return { taken, nextAt: Math.max(at, from + (taken - burst + 1) * refillMs) };
    },
    giveBackGuesses: async ({ routerId, count, refillMs }) => {
      total -= count;
      fullAt.set(routerId, fullAt.get(routerId)! - count * refillMs);
    },
  };
}
