/** When octets arrive that leave now, over a path with delay, rate and loss. Pure but for the random source. */

export interface Path {
  /** Both ways together, ms. */
  rttMs?: number;
  /** Each way, shared by all connections of the link. */
  kbps?: number;
  /** Share of segments that are lost and sent again, 0 to 1. */
  loss?: number;
  /** The client takes an answer only when it has the one before: the router must hold the rest. */
  slowReader?: boolean;
}

/** TCP sends again no sooner than this (RFC 6298, as systems have it). */
const LEAST_RETRANSMISSION_MS = 200;

export interface Lane {
  /** Arrival of `octets` that are sent at `now`, on the clock of `now`; they leave in order. */
  arrival(octets: number, now: number): number;
}

/** One direction; `path` may change at any time. */
export function createLane(path: Readonly<Path>, random: () => number): Lane {
  let freeAt = 0;
  return {
    arrival: (octets, now) => {
      const { rttMs = 0, kbps, loss = 0 } = path;
      freeAt = Math.max(freeAt, now) + (kbps === undefined ? 0 : (octets * 8) / kbps);
      const again = Math.max(LEAST_RETRANSMISSION_MS, 2 * rttMs);
      return freeAt + rttMs / 2 + (loss > 0 && random() < loss ? again : 0);
    },
  };
}
