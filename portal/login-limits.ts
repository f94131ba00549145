/**
 * How often a login may be tried: token buckets by source address, phone and router, in bounded maps.
 *
 * This is against floods; guessing is RADIUS's business, which has its own attempt budget. An address of a village's
 * LAN is one phone, or few. Any other gets enough for a whole village, should a router hide its phones behind it,
 * by line (source.ts) and once for all routers that it names; together they have a quarter of a router. A phone is
 * its address and the MAC that it claims, so that naming another's takes nothing from them.
 *
 * The last quarter of a router is for the first few attempts of an address of the LAN, and fills first: up to 40
 * addresses there that flood, and any number elsewhere, keep no neighbour out.
 */
import { lineOf } from '../lib/net.ts';
import { type Bucket, createBuckets } from './buckets.ts';

export interface LoginLimits {
  /** Of an address in a village's LAN. */
  readonly address: Bucket;
  /** Of any other. */
  readonly line: Bucket;
  readonly phone: Bucket;
  /** Of all lines at one router. */
  readonly outside: Bucket;
  readonly router: Bucket;
  /** Keys remembered of each kind; the longest unused goes first. */
  readonly keys: number;
}

export interface LoginAttempt {
  readonly address: string;
  readonly mac: string;
  readonly router: string;
}

export const DEFAULT_LOGIN_LIMITS: LoginLimits = {
  address: { burst: 60, perSecond: 1 },
  line: { burst: 300, perSecond: 5 },
  phone: { burst: 20, perSecond: 1 / 3 },
  outside: { burst: 400, perSecond: 10 },
  router: { burst: 1600, perSecond: 40 },
  keys: 20_000,
};

/** Of a login with its pages, so often an address is taken for one that does not flood. */
const FIRST = 5;

/** True when the attempt may go on. A refused one is not charged to the buckets after the refusing one. */
export type AdmitLogin = (attempt: LoginAttempt, nowMs: number) => boolean;

export function createLoginLimiter(
  limits: LoginLimits,
  isOutside: (address: string) => boolean,
): AdmitLogin {
  const inLan = firstOrFurther(limits.address, limits.keys);
  const line = firstOrFurther(limits.line, limits.keys);
  const phone = createBuckets(limits.phone, limits.keys);
  const outside = createBuckets(limits.outside, limits.keys);
  const router = createBuckets(limits.router, limits.keys);
  const quarter = { ofOutside: limits.outside.burst / 4, ofRouter: limits.router.burst / 4 };
  return (attempt, nowMs) => {
    const isOfMany = isOutside(attempt.address);
    const from = lineOf(attempt.address);
    const turn = isOfMany ? line(from, nowMs) : inLan(from, nowMs);
    if (turn === null) return false;
    if (!phone(`${attempt.router} ${from} ${attempt.mac}`, nowMs)) return false;
    const isFirst = turn === 'first';
    if (!isOfMany) return router(attempt.router, nowMs, isFirst ? 0 : quarter.ofRouter);
    return (
      outside(attempt.router, nowMs, isFirst ? 0 : quarter.ofOutside) &&
      router(attempt.router, nowMs, quarter.ofRouter)
    );
  };
}

/** Null when the bucket of the key is empty. */
function firstOrFurther(
  bucket: Bucket,
  keys: number,
): (key: string, nowMs: number) => 'first' | 'further' | null {
  const take = createBuckets(bucket, keys);
  const spared = Math.max(0, bucket.burst - FIRST);
  return (key, nowMs) => {
    if (take(key, nowMs, spared)) return 'first';
    return take(key, nowMs) ? 'further' : null;
  };
}
