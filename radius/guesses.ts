/**
 * How often the phones of one router may try voucher codes that nobody has.
 *
 * A code is 51 random bits, and phones change their addresses at will, so only what a router permits bounds
 * a guesser. The bound must hold for all threads and processes together and survive restarts: the bucket is
 * in the store, and a thread takes a few at a time from it. Before a code is looked up that its phone has
 * not shown before, one is taken; a code that is right gives it back, so that no citizen pays, and a
 * wrong one does not. Mistyped codes are not guesses: their check character tells. What a whole year of
 * guessing is worth is worked out in test/integration/portal/guessing.test.ts.
 */
import type { Clock } from '../lib/clock.ts';
import type { GuessStore } from '../store/guess-types.ts';
import { boundedMap } from './bounded-map.ts';

export interface GuessBudget {
  readonly burst: number;
  readonly refillMs: number;
}

/** Some 40 a day. */
export const GUESS_BUDGET: GuessBudget = { burst: 60, refillMs: 2_400_000 };

export interface Guesses extends AsyncDisposable {
  /** Whether this phone has shown this very code before, and it was right. */
  isKnown(mac: string | null, code: string): boolean;
  /** False when the router's budget is spent. To be answered by {@link right} or {@link wrong}. */
  take(routerId: string): Promise<boolean>;
  right(routerId: string, mac: string | null, code: string): void;
  wrong(routerId: string): void;
}

interface Share {
  /** Taken from the store, in nobody's hand. */
  free: number;
  /** With codes that are being looked up. */
  out: number;
  /** Until then the store has none. */
  spentUntil: number;
  /** Asked of the store just now. */
  asking: Promise<void> | null;
  readonly waiting: ((granted: boolean) => void)[];
}

/** Taken at a time: few writes while guessed at, and little is kept from other threads. */
const SHARE = 4;
const KNOWN_PAIRS = 32_768;
/** Beyond these, codes of one router are refused rather than kept waiting. */
const MAX_WAITING = 256;

export function createGuesses(
  deps: { readonly store: GuessStore; readonly clock: Clock },
  budget: GuessBudget = GUESS_BUDGET,
): Guesses {
  const { store, clock } = deps;
  const shares = new Map<string, Share>();
  const known = boundedMap<true>(KNOWN_PAIRS);
  const shareOf = (routerId: string): Share => {
    let share = shares.get(routerId);
    if (share === undefined) {
      share = { free: 0, out: 0, spentUntil: 0, asking: null, waiting: [] };
      shares.set(routerId, share);
    }
    return share;
  };
  const ask = async (routerId: string, share: Share): Promise<void> => {
    const { taken, nextAt } = await store.takeGuesses({
      routerId,
      want: SHARE,
      ...budget,
      at: clock.now(),
    });
    share.free += taken;
    if (taken === 0) share.spentUntil = nextAt;
  };
  return {
    isKnown: (mac, code) => mac !== null && known.get(pairOf(mac, code)) === true,
    take: async (routerId) => {
      const share = shareOf(routerId);
      for (;;) {
        if (share.free > 0) {
          share.free -= 1;
          share.out += 1;
          return true;
        }
        if (clock.now() >= share.spentUntil) {
          share.asking ??= ask(routerId, share).finally(() => {
            share.asking = null;
          });
          await share.asking;
        } else if (share.out === 0 || share.waiting.length >= MAX_WAITING) {
          return false;
        } else {
          // Those that are out come back unless they were wrong.
          return new Promise((resolve) => share.waiting.push(resolve));
        }
      }
    },
    right: (routerId, mac, code) => {
      if (mac !== null) known.set(pairOf(mac, code), true);
      const share = shareOf(routerId);
      const next = share.waiting.shift();
      if (next !== undefined) {
        next(true);
        return;
      }
      share.out -= 1;
      share.free += 1;
    },
    wrong: (routerId) => {
      const share = shareOf(routerId);
      share.out -= 1;
      if (share.out > 0) return;
      for (const next of share.waiting.splice(0)) next(false);
    },
    [Symbol.asyncDispose]: async () => {
      for (const [routerId, { free }] of shares) {
        if (free === 0) continue;
        await store.giveBackGuesses({ routerId, count: free, refillMs: budget.refillMs });
      }
      shares.clear();
    },
  };
}

function pairOf(mac: string, code: string): string {
  return `${mac} ${code}`;
}
