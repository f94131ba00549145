/**
 * How many wrong logins are borne, as token buckets: one per account name (or voucher prefix), one per
 * phone, one per address at the portal, one per NAS, and one for the hashing that wrong passwords cost, whoever
 * sends them. A guess takes from each before its work is done, so that parallel guesses count too; a right one
 * gives back. Nothing is locked for good, a bucket fills again by itself.
 *
 * A NAS says which phone asks. To the portal a phone says so itself, and may name another's MAC: there a phone
 * is the address that it comes from together with what it says. An address has half of its router, so that one who guesses
 * from there, under ever new MACs, leaves as much for all neighbours.
 *
 * A phone on which this very name has logged in before takes from a bucket of the two together, and neither
 * from the name's nor from its address and NAS: strangers who guess keep no one out who is known there.
 */
import type { Clock } from '../lib/clock.ts';
import { type BoundedMap, boundedMap } from './bounded-map.ts';

export interface Budget {
  readonly burst: number;
  readonly perSecond: number;
}

export type BudgetKind = 'account' | 'voucher' | 'phone' | 'address' | 'nas' | 'work' | 'stranger';

export interface AttemptKey {
  readonly kind: BudgetKind;
  readonly id: string;
}

export interface Attempts {
  /** False when one of the buckets is empty. Takes nothing. */
  allow(keys: readonly AttemptKey[]): boolean;
  /** False when one of the buckets is empty; then nothing is taken. */
  take(keys: readonly AttemptKey[]): boolean;
  /** The attempt was right, or was never made. */
  giveBack(keys: readonly AttemptKey[]): void;
  /** This phone has just shown right credentials of this name. */
  trust(phone: string, name: string): void;
  trusted(phone: string, name: string): boolean;
}

interface Bucket {
  level: number;
  at: number;
}

export type Budgets = Readonly<Record<BudgetKind, Budget>>;

export const DEFAULT_BUDGETS: Budgets = {
  account: { burst: 10, perSecond: 1 / 30 },
  voucher: { burst: 20, perSecond: 1 / 10 },
  phone: { burst: 20, perSecond: 1 / 10 },
  address: { burst: 150, perSecond: 1.5 },
  nas: { burst: 300, perSecond: 3 },
  work: { burst: 64, perSecond: 15 },
  /** MAC addresses that nobody knows: a whole village's phones at once, twice. */
  stranger: { burst: 600, perSecond: 20 },
};

/**
 * A hash takes about 30 ms of CPU, so one core makes 33 a second: guessing gets under half of each core
 * that hashes, and what waits before a right password is at most two seconds of work.
 */
export function budgetsFor(hashingCores: number): Budgets {
  const { burst, perSecond } = DEFAULT_BUDGETS.work;
  return {
    ...DEFAULT_BUDGETS,
    work: { burst: burst * hashingCores, perSecond: perSecond * hashingCores },
  };
}

/** Buckets kept of each kind, and phones that are trusted with a name. */
const CAPACITY = 16_384;
const TRUSTED = 32_768;

export function createAttempts(clock: Clock, budgets = DEFAULT_BUDGETS): Attempts {
  const buckets: Record<BudgetKind, BoundedMap<Bucket>> = {
    account: boundedMap(CAPACITY),
    voucher: boundedMap(CAPACITY),
    phone: boundedMap(CAPACITY),
    address: boundedMap(CAPACITY),
    nas: boundedMap(CAPACITY),
    work: boundedMap(1),
    stranger: boundedMap(CAPACITY),
  };
  const known = boundedMap<true>(TRUSTED);
  /** As filled by now; undefined for one that nothing was ever taken from. */
  const filled = ({ kind, id }: AttemptKey, now: number): Bucket | undefined => {
    const bucket = buckets[kind].get(id);
    if (bucket === undefined) return undefined;
    const { burst, perSecond } = budgets[kind];
    const gained = (Math.max(0, now - bucket.at) / 1000) * perSecond;
    bucket.level = Math.min(burst, bucket.level + gained);
    bucket.at = now;
    return bucket;
  };
  const allow = (keys: readonly AttemptKey[]): boolean => {
    const now = clock.now();
    for (const key of keys) {
      const bucket = filled(key, now);
      if (bucket !== undefined && bucket.level < 1) return false;
    }
    return true;
  };
  return {
    allow,
    take: (keys) => {
      if (!allow(keys)) return false;
      for (const { kind, id } of keys) {
        const bucket = buckets[kind].get(id);
        if (bucket !== undefined) bucket.level -= 1;
        else buckets[kind].set(id, { level: budgets[kind].burst - 1, at: clock.now() });
      }
      return true;
    },
    giveBack: (keys) => {
      const now = clock.now();
      for (const key of keys) {
        const bucket = filled(key, now);
        if (bucket === undefined) continue;
        bucket.level += 1;
        // As if nothing had ever been taken.
        if (bucket.level >= budgets[key.kind].burst) buckets[key.kind].delete(key.id);
      }
    },
    trust: (phone, name) => known.set(`${phone} ${name}`, true),
    trusted: (phone, name) => known.get(`${phone} ${name}`) === true,
  };
}
