/**
 * Packets in a stream of octets: each says its own length (RFC 6613 §2.6). Whatever the chunks, the
 * packets come out whole, and never more than one unfinished packet is kept.
 */
import { HEADER_BYTES, MAX_PACKET_BYTES } from './codec.ts';

/** Code, identifier and length: what must be there before a packet's end is known. */
const LENGTH_AT = 2;
const KNOWN_FROM = 4;

export interface Frames {
  /** Whether a packet has begun that has not ended. */
  readonly unfinished: boolean;
  /** The packets that end in this chunk; null when what comes cannot be a packet, and never will be. */
  push(chunk: Buffer): Buffer[] | null;
}

export function createFrames(): Frames {
  let rest: Buffer = Buffer.alloc(0);
  return {
    get unfinished() {
      return rest.length > 0;
    },
    push: (chunk) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const packets: Buffer[] = [];
      let at = 0;
      while (bytes.length - at >= KNOWN_FROM) {
        const length = bytes.readUInt16BE(at + LENGTH_AT);
        if (length < HEADER_BYTES || length > MAX_PACKET_BYTES) return null;
        if (bytes.length - at < length) break;
        packets.push(bytes.subarray(at, at + length));
        at += length;
      }
      // A copy: the chunk that it came in may be far larger.
      rest = Buffer.from(bytes.subarray(at));
      return packets;
    },
  };
}
