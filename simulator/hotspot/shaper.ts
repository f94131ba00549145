/**
 * A token bucket per direction of a session, on the twin's clock. Octets pass at the rate of
 * Mikrotik-Rate-Limit with a tolerance of 100 ms, as the queue that a hotspot login creates.
 */
import type { Clock } from '../../lib/clock.ts';

export type Direction = 'input' | 'output';

export interface Bucket {
  /** Milliseconds that `octets` have to wait; books them. 0 when they may pass at once. */
  book(octets: number): number;
  setRate(bitsPerSecond: number | null): void;
  /** Bits a second; null when nothing limits it. */
  rate(): number | null;
}

const TOLERANCE_MS = 100;

export function createBucket(clock: Clock, bitsPerSecond: number | null): Bucket {
  let rate = bitsPerSecond;
  /** When everything booked so far will have passed. */
  let clearAt = 0;
  return {
    book: (octets) => {
      if (rate === null) return 0;
      const now = clock.now();
      clearAt = Math.max(clearAt, now) + (octets * 8000) / rate;
      return Math.max(0, clearAt - now - TOLERANCE_MS);
    },
    setRate: (next) => {
      rate = next;
      clearAt = 0;
    },
    rate: () => rate,
  };
}
