/**
 * One direction of the link itself: a modem's or a provider's buffer that sends at one rate, first come first
 * served, and turns away what finds it full. Pure. It counts packets, as modems do: a short one takes a place
 * like a long one.
 */
export interface Line {
  /** When the last bit of it has left; null when the buffer is full. */
  offer(octets: number, now: number): number | null;
  /** Packets that have not left. */
  waiting(now: number): number;
}

export interface LineOptions {
  readonly kbps: number;
  /** How long a full packet waits at the end of a full buffer. */
  readonly bufferMs: number;
}

const FULL_PACKET_BITS = 12_000;
/** However slow the line is. */
const FEWEST_PLACES = 8;

export function createLine({ kbps, bufferMs }: LineOptions): Line {
  const places = placesOf({ kbps, bufferMs });
  /** When each of the waiting leaves; the first at `head`. */
  let leaving: number[] = [];
  let head = 0;
  let freeAt = Number.NEGATIVE_INFINITY;

  const waiting = (now: number): number => {
    while (head < leaving.length && leaving[head]! <= now) head += 1;
    if (head > 1024) {
      leaving = leaving.slice(head);
      head = 0;
    }
    return leaving.length - head;
  };
  return {
    offer: (octets, now) => {
      if (waiting(now) >= places) return null;
      freeAt = Math.max(freeAt, now) + (octets * 8) / kbps;
      leaving.push(freeAt);
      return freeAt;
    },
    waiting,
  };
}

export function placesOf({ kbps, bufferMs }: LineOptions): number {
  return Math.max(FEWEST_PLACES, Math.round((kbps * bufferMs) / FULL_PACKET_BITS));
}
