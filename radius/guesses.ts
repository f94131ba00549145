/**
 * How often voucher codes that nobody has may be tried: by the phones of one router, and by all addresses that
 * are of no router's LAN together.
 *
 * A code is 51 random bits, and phones change their addresses at will, so only what a router permits bounds
 * a guesser. The bound must hold for all threads and processes together and survive restarts: the bucket is
 * in the store, and a thread takes a few at a time from it (guess-share.ts). Before a code is looked up that its
 * phone has not shown before, one is taken; a code that is right gives it back, so that no citizen pays, and a
 * wrong one does not. Mistyped codes are not guesses: their check character tells. What a whole year of
 * guessing is worth is worked out in test/integration/radius/guessing.test.ts.
 *
 * That nobody spends it for all, a source has a part of its own (guess-part.ts), and the last quarter is for the
 * first guess of an address: up to 15 addresses that flood, divided by the RADIUS threads, keep no neighbour's code
 * from being looked up. A MAC that a NAS names is soon another, and gets nothing of that quarter.
 */
import type { Clock } from '../lib/clock.ts';
import type { GuessStore } from '../store/guess-types.ts';
import { type BoundedMap, boundedMap } from './bounded-map.ts';
import type { GivenCredentials } from './credentials.ts';
import { type GuessBudget, newPart, type Part } from './guess-part.ts';
import { giveBackShare, newShare, putBack, type Share, takeFrom, useUp } from './guess-share.ts';

export interface GuessBudgets {
  /** Of a router, and once more of all addresses outside. */
  readonly router: GuessBudget;
  readonly phone: GuessBudget;
  /** Of an address outside, behind which a village may be. */
  readonly line: GuessBudget;
}

/** Some 40 a day; of those of a phone 2, of those outside of one line a quarter. */
export const GUESS_BUDGETS: GuessBudgets = {
  router: { burst: 60, refillMs: 2_400_000 },
  phone: { burst: 5, refillMs: 43_200_000 },
  line: { burst: 15, refillMs: 9_600_000 },
};

export type Guesser = Pick<GivenCredentials, 'routerId' | 'address' | 'isOutside' | 'mac'>;

/** A code may be looked up. To be answered, once. */
export interface Guess {
  right(mac: string | null, code: string): void;
  wrong(): void;
}

export interface Guesses extends AsyncDisposable {
  /** Whether this phone has shown this very code before, and it was right. */
  isKnown(mac: string | null, code: string): boolean;
  /** Null when the budget is spent. */
  take(by: Guesser): Promise<Guess | null>;
}

interface Deps {
  readonly store: GuessStore;
  readonly clock: Clock;
}

const KNOWN_PAIRS = 32_768;
/** Of each kind; only sources that have guessed are kept. */
const PARTS = 16_384;
const OUTSIDE = 'outside';

export function createGuesses(deps: Deps, budgets: GuessBudgets = GUESS_BUDGETS): Guesses {
  const { clock } = deps;
  const shares = new Map<string, Share>();
  const known = boundedMap<true>(KNOWN_PAIRS);
  const parts = {
    mac: boundedMap<Part>(PARTS),
    address: boundedMap<Part>(PARTS),
    line: boundedMap<Part>(PARTS),
  };
  const reserve = Math.floor(budgets.router.burst / 4);
  const shareOf = (bucket: string, spares: boolean): Share => {
    const key = spares ? bucket : `${bucket} first`;
    let share = shares.get(key);
    if (share === undefined) {
      share = newShare({ bucket, ...budgets.router, reserve: spares ? reserve : 0 });
      shares.set(key, share);
    }
    return share;
  };
  return {
    isKnown: (mac, code) => mac !== null && known.get(pairOf(mac, code)) === true,
    take: async (by) => {
      const { kind, id } = sourceOf(by);
      const part = partIn(parts[kind], id, kind === 'line' ? budgets.line : budgets.phone);
      const turn = await part.take(clock.now());
      if (turn === null) return null;
      const isFirst = turn === 'first' && kind !== 'mac';
      const bucket = by.isOutside ? OUTSIDE : by.routerId;
      const spares = !isFirst || shareOf(bucket, true).free > 0;
      const share = shareOf(bucket, spares);
      const settle = (wasWrong: boolean): void => {
        if (wasWrong) part.useUp(clock.now());
        else part.putBack();
        if (part.isFull(clock.now())) parts[kind].delete(id);
      };
      if (!(await takeFrom(share, deps))) {
        settle(false);
        return null;
      }
      return {
        right: (mac, code) => {
          if (mac !== null) known.set(pairOf(mac, code), true);
          putBack(share);
          settle(false);
        },
        wrong: () => {
          useUp(share);
          settle(true);
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      for (const share of shares.values()) await giveBackShare(share, deps);
      shares.clear();
    },
  };
}

/** Who guesses, as no claim of a request can change it. */
function sourceOf({ routerId, address, isOutside, mac }: Guesser): {
  readonly kind: 'mac' | 'address' | 'line';
  readonly id: string;
} {
  if (address === null) return { kind: 'mac', id: `${routerId} ${mac ?? ''}` };
  return isOutside
    ? { kind: 'line', id: address }
    : { kind: 'address', id: `${routerId} ${address}` };
}

function partIn(parts: BoundedMap<Part>, id: string, budget: GuessBudget): Part {
  let part = parts.get(id);
  if (part === undefined) {
    part = newPart(budget);
    parts.set(id, part);
  }
  return part;
}

function pairOf(mac: string, code: string): string {
  return `${mac} ${code}`;
}
