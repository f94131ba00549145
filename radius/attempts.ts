/**
 * How many wrong logins are borne, as token buckets: one per account name (or voucher prefix), one per
 * phone, per address at the portal and per NAS, and one for the hashing that wrong passwords cost, whoever
 * sends them. A guess takes from each before its work is done, so that parallel guesses count too; a right one
 * gives back. Nothing is locked for good, a bucket fills again by itself.
 *
 * A NAS says which phone asks. To the portal a phone says so itself, and may name another's MAC: there a phone
 * is the address that it comes from together with what it says. In the LAN of its router an address is one phone,
 * whatever MACs it claims. Any other may be a village behind a NAT, and counts once for all routers that it names
 * (`line`); all of these together have a quarter of a router (`outside`), and of the hashing
 * three quarters at once and a quarter as it fills again (`outsideWork`).
 *
 * A quarter of a NAS and of the hashing is kept for whoever has no failure: up to 15 addresses of a LAN that
 * flood, and any number elsewhere, keep no neighbour from a first try. What fills again goes to that quarter first.
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

export type BudgetKind =
  | 'account'
  | 'voucher'
  | 'phone'
  | 'address'
  | 'line'
  | 'nas'
  | 'outside'
  | 'work'
  | 'outsideWork'
  | 'stranger';

export interface AttemptKey {
  readonly kind: BudgetKind;
  readonly id: string;
  /** The last quarter of the bucket is not for this attempt: `always`, or unless that bucket of its own is full. */
  readonly sparing?: 'always' | AttemptKey;
}

export interface Attempts {
  /** False when one of the buckets is empty. Takes nothing. */
  allow(keys: readonly AttemptKey[]): boolean;
  /** False when one of the buckets is empty; then nothing is taken. */
  take(keys: readonly AttemptKey[]): boolean;
  /** The attempt was right, or was never made. */
  giveBack(keys: readonly AttemptKey[]): void;
  /** Nothing was taken, or all of it is back. */
  isFull(key: AttemptKey): boolean;
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
  /** Of one phone, by 15 of which no NAS is emptied. */
  address: { burst: 40, perSecond: 0.1 },
  line: { burst: 150, perSecond: 1.5 },
  nas: { burst: 300, perSecond: 3 },
  outside: { burst: 75, perSecond: 0.75 },
  work: { burst: 64, perSecond: 15 },
  /** At once as much as is not kept for others: a village behind a NAT logs in together. */
  outsideWork: { burst: 48, perSecond: 3.75 },
  /** MAC addresses that nobody knows: a whole village's phones at once, twice. */
  stranger: { burst: 600, perSecond: 20 },
};

/**
 * A hash takes about 30 ms of CPU, so one core makes 33 a second: guessing gets under half of each core
 * that hashes, and what waits before a right password is at most two seconds of work.
 */
export function budgetsFor(hashingCores: number): Budgets {
  const ofAll = ({ burst, perSecond }: Budget): Budget => ({
    burst: burst * hashingCores,
    perSecond: perSecond * hashingCores,
  });
  const { work, outsideWork } = DEFAULT_BUDGETS;
  return { ...DEFAULT_BUDGETS, work: ofAll(work), outsideWork: ofAll(outsideWork) };
}

/** Buckets kept of each kind, and phones that are trusted with a name. */
const CAPACITY = 16_384;
const TRUSTED = 32_768;

export function createAttempts(clock: Clock, budgets = DEFAULT_BUDGETS): Attempts {
  const buckets = newBuckets();
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
  const isFull = (key: AttemptKey, now: number): boolean => {
    const bucket = filled(key, now);
    return bucket === undefined || bucket.level >= budgets[key.kind].burst;
  };
  const spared = ({ kind, sparing }: AttemptKey, now: number): number => {
    if (sparing === undefined) return 0;
    return sparing !== 'always' && isFull(sparing, now) ? 0 : budgets[kind].burst / 4;
  };
  const allow = (keys: readonly AttemptKey[]): boolean => {
    const now = clock.now();
    for (const key of keys) {
      const bucket = filled(key, now);
      if (bucket !== undefined && bucket.level < 1 + spared(key, now)) return false;
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
    isFull: (key) => isFull(key, clock.now()),
    trust: (phone, name) => known.set(`${phone} ${name}`, true),
    trusted: (phone, name) => known.get(`${phone} ${name}`) === true,
  };
}

function newBuckets(): Record<BudgetKind, BoundedMap<Bucket>> {
  return {
    account: boundedMap(CAPACITY),
    voucher: boundedMap(CAPACITY),
    phone: boundedMap(CAPACITY),
    address: boundedMap(CAPACITY),
    line: boundedMap(CAPACITY),
    nas: boundedMap(CAPACITY),
    outside: boundedMap(CAPACITY),
    work: boundedMap(1),
    outsideWork: boundedMap(1),
    stranger: boundedMap(CAPACITY),
  };
}
