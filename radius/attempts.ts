/**
 * How many wrong logins are borne, as token buckets: one per account name (or voucher prefix), one per
 * phone, one per NAS. An attempt takes from each before any work is done, so that parallel guesses
 * count too; a right one gives back. Nothing is locked for good, a bucket fills again by itself.
 */
import type { Clock } from '../lib/clock.ts';

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

/** Buckets kept of each kind; the longest untouched goes first. */
const CAPACITY = 32_768;

export function createAttempts(clock: Clock, budgets = DEFAULT_BUDGETS): Attempts {
  const buckets: Record<BudgetKind, Map<string, Bucket>> = {
    account: new Map(),
    voucher: new Map(),
    mac: new Map(),
    nas: new Map(),
  };
  const level = ({ kind, id }: AttemptKey, now: number): number => {
    const bucket = buckets[kind].get(id);
    if (bucket === undefined) return budgets[kind].burst;
    const gained = (Math.max(0, now - bucket.at) / 1000) * budgets[kind].perSecond;
    return Math.min(budgets[kind].burst, bucket.level + gained);
  };
  const set = ({ kind, id }: AttemptKey, value: number, now: number): void => {
    const known = buckets[kind];
    known.delete(id);
    if (value >= budgets[kind].burst) return;
    if (known.size >= CAPACITY) known.delete(known.keys().next().value!);
    known.set(id, { level: value, at: now });
  };
  return {
    take: (keys) => {
      const now = clock.now();
      if (keys.some((key) => level(key, now) < 1)) return false;
      for (const key of keys) set(key, level(key, now) - 1, now);
      return true;
    },
    giveBack: (keys) => {
      const now = clock.now();
      for (const key of keys) set(key, level(key, now) + 1, now);
    },
  };
}
