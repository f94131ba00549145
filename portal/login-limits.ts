/**
 * How often a login may be tried: token buckets by source address, phone and router, in bounded maps.
 *
 * This is against floods; guessing is RADIUS's business, which has its own attempt budget. An address
 * gets enough for a whole village, should a router hide its phones behind one address, and a router twice that
 * at once and four times as much later: who floods from one address leaves enough for all neighbours. A phone is
 * its address and the MAC that it claims, so that naming another's takes nothing from them.
 */
import { type Bucket, createBuckets } from './buckets.ts';

export interface LoginLimits {
  readonly address: Bucket;
  readonly phone: Bucket;
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
  address: { burst: 300, perSecond: 5 },
  phone: { burst: 20, perSecond: 1 / 3 },
  router: { burst: 600, perSecond: 20 },
  keys: 20_000,
};

/** True when the attempt may go on. A refused one is not charged to the buckets after the refusing one. */
export type AdmitLogin = (attempt: LoginAttempt, nowMs: number) => boolean;

export function createLoginLimiter(limits: LoginLimits): AdmitLogin {
  const address = createBuckets(limits.address, limits.keys);
  const phone = createBuckets(limits.phone, limits.keys);
  const router = createBuckets(limits.router, limits.keys);
  return (attempt, nowMs) =>
    address(attempt.address, nowMs) &&
    phone(`${attempt.router} ${attempt.address} ${attempt.mac}`, nowMs) &&
    router(attempt.router, nowMs);
}
