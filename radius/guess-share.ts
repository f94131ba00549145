/** What a thread has taken from a bucket of guesses in the store, a few at a time. */
import type { Clock } from '../lib/clock.ts';
import type { GuessStore } from '../store/guess-types.ts';

export interface Share {
  readonly of: {
    readonly bucket: string;
    readonly burst: number;
    /** Left in the bucket for others. */
    readonly reserve: number;
    readonly refillMs: number;
  };
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

interface Deps {
  readonly store: GuessStore;
  readonly clock: Clock;
}

/** Taken at a time: few writes while guessed at, and little is kept from other threads. */
const WANTED = 4;
/** Beyond these, codes of one bucket are refused rather than kept waiting. */
const MAX_WAITING = 256;

export function newShare(of: Share['of']): Share {
  return { of, free: 0, out: 0, spentUntil: 0, asking: null, waiting: [] };
}

/** False when the bucket is spent; else to be answered by {@link putBack} or {@link useUp}. */
export async function takeFrom(share: Share, { store, clock }: Deps): Promise<boolean> {
  const ask = async (): Promise<void> => {
    const more = { ...share.of, want: WANTED, at: clock.now() };
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
export function putBack(share: Share): void {
  const next = share.waiting.shift();
  if (next !== undefined) {
    next(true);
    return;
  }
  share.out -= 1;
  share.free += 1;
}

export function useUp(share: Share): void {
  share.out -= 1;
  if (share.out > 0) return;
  for (const next of share.waiting.splice(0)) next(false);
}

export async function giveBackShare({ of, free }: Share, { store }: Deps): Promise<void> {
  if (free === 0) return;
  await store.giveBackGuesses({ bucket: of.bucket, count: free, refillMs: of.refillMs });
}
