/**
 * How often the phones of one router may try voucher codes that nobody has.
 *
 * A code is 51 random bits, and phones change their addresses at will, so only what a router permits bounds
 * a guesser. The bound must hold for all threads and processes together and survive restarts: the bucket is
 * in the store, and a thread takes a few at a time from it. Before a code is looked up that its phone has
 * not shown before, one is taken; a code that is right gives it back, so that no citizen pays, and a
 * wrong one does not. Mistyped codes are not guesses: their check character tells. What a whole year of
 * guessing is worth is worked out in test/integration/radius/guessing.test.ts.
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
  const { store } = deps;
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
  return {
    isKnown: (mac, code) => mac !== null && known.get(pairOf(mac, code)) === true,
    take: (routerId) => take(deps, budget, routerId, shareOf(routerId)),
    right: (routerId, mac, code) => {
      if (mac !== null) known.set(pairOf(mac, code), true);
      putBack(shareOf(routerId));
    },
    wrong: (routerId) => useUp(shareOf(routerId)),
    [Symbol.asyncDispose]: async () => {
      for (const [routerId, { free }] of shares) {
        if (free === 0) continue;
        await store.giveBackGuesses({ routerId, count: free, refillMs: budget.refillMs });
      }
      shares.clear();
    },
  };
}

async function take(
  { store, clock }: { readonly store: GuessStore; readonly clock: Clock },
  budget: GuessBudget,
  routerId: string,
  share: Share,
): Promise<boolean> {
  const ask = async (): Promise<void> => {
    const more = { routerId, want: SHARE, ...budget, at: clock.now() };
    const { taken, nextAt } = await store.takeGuesses(more);
    share.free += taken;
    if (taken === 0) share.spentUntil = nextAt;
  };
  for (;;) {
    if (share.free > 0) {
      share.free -= 1;
      share.out += 1;
      return true;
    }
    if (clock.now() >= share.spentUntil) {
      share.asking ??= ask().finally(() => {
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
}

/** To the one who waits longest, if anyone does. */
function putBack(share: Share): void {
  const next = share.waiting.shift();
  if (next !== undefined) {
    next(true);
    return;
  }
  share.out -= 1;
  share.free += 1;
}

function useUp(share: Share): void {
  share.out -= 1;
  if (share.out > 0) return;
  for (const next of share.waiting.splice(0)) next(false);
}

function pairOf(mac: string, code: string): string {
  return `${mac} ${code}`;
}
