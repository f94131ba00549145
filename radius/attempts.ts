/**
 * How many wrong logins are borne, as token buckets: one per account name (or voucher prefix), one per
 * phone, one per NAS. An attempt takes from each before any work is done, so that parallel guesses
 * count too; a right one gives back. Nothing is locked for good, a bucket fills again by itself.
 */
import type { Clock } from '../lib/clock.ts';
import { type BoundedMap, boundedMap } from './bounded-map.ts';

export interface Budget {
  readonly burst: number;
  readonly perSecond: number;
}

export type BudgetKind = 'account' | 'voucher' | 'mac' | 'nas';

export interface AttemptKey {
  readonly kind: BudgetKind;
  readonly id: string;
}

export interface Attempts {
  /** False when one of the buckets is empty; then nothing is taken. */
  take(keys: readonly AttemptKey[]): boolean;
  /** The attempt was right, or was never made. */
  giveBack(keys: readonly AttemptKey[]): void;
}

interface Bucket {
  level: number;
  at: number;
}

export const DEFAULT_BUDGETS: Readonly<Record<BudgetKind, Budget>> = {
  account: { burst: 10, perSecond: 1 / 30 },
  voucher: { burst: 20, perSecond: 1 / 10 },
  mac: { burst: 20, perSecond: 1 / 10 },
  nas: { burst: 300, perSecond: 3 },
};

/** Buckets kept of each kind. */
const CAPACITY = 32_768;

export function createAttempts(clock: Clock, budgets = DEFAULT_BUDGETS): Attempts {
  const buckets: Record<BudgetKind, BoundedMap<Bucket>> = {
    account: boundedMap(CAPACITY),
    voucher: boundedMap(CAPACITY),
    mac: boundedMap(CAPACITY),
    nas: boundedMap(CAPACITY),
  };
  /** The bucket as it is filled by now. */
  const bucket = ({ kind, id }: AttemptKey, now: number): Bucket => {
    const { burst, perSecond } = budgets[kind];
    const known = buckets[kind].get(id);
    if (known === undefined) {
      const full = { level: burst, at: now };
      buckets[kind].set(id, full);
      return full;
    }
    const gained = (Math.max(0, now - known.at) / 1000) * perSecond;
    known.level = Math.min(burst, known.level + gained);
    known.at = now;
    return known;
  };
  return {
    take: (keys) => {
      const now = clock.now();
      for (const key of keys) if (bucket(key, now).level < 1) return false;
      for (const key of keys) bucket(key, now).level -= 1;
      return true;
    },
    giveBack: (keys) => {
      const now = clock.now();
      for (const key of keys) {
        const filled = bucket(key, now);
        filled.level = Math.min(budgets[key.kind].burst, filled.level + 1);
      }
    },
  };
}
