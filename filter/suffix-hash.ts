/**
 * Keyed 64-bit fingerprints of every suffix of a DNS name in one pass, right to left.
 *
 * The hash is HalfSipHash-1-3 with its 64-bit output (Aumasson and Bernstein; the variant for 32-bit
 * machines). Each label is absorbed as a SipHash message of its own: little-endian words, the last one
 * with the label's length in its top byte. Read backwards that is uniquely decodable, so two different
 * names never feed the same words. After each label the state is finalised on the side: that is the
 * fingerprint of the suffix so far. The key is random per compile, so nobody can craft a name that
 * collides with a listed one.
 *
 * ASCII letters are folded while hashing. No strings, no allocation.
 */

/** 64 bits, as two unsigned 32-bit numbers. */
export type Seed = readonly [number, number];

/** Labels of a name of 255 octets, at most. */
export const MAX_LABELS = 127;

export interface SuffixHasher {
  readonly seed: Seed;
  /** Fingerprint of suffix `i` (0 = the top-level domain): `[2i]` and `[2i + 1]`. */
  readonly hashes: Uint32Array;
  readonly starts: Uint8Array;
  readonly state: Int32Array;
  readonly final: Int32Array;
}

/** Holds the scratch space of one thread; not for use by two passes at once. */
export function createSuffixHasher(seed: Seed): SuffixHasher {
  return {
    seed,
    hashes: new Uint32Array(2 * MAX_LABELS),
    starts: new Uint8Array(MAX_LABELS),
    state: new Int32Array(4),
    final: new Int32Array(4),
  };
}

/** Octets of a DNS name folded to lower case; length octets (0 to 63) stay as they are. */
export const FOLD: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) =>
  octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet,
);

/**
 * Fills `hasher.hashes` for the uncompressed wire name at `offset`; returns the number of labels, 0
 * for the root. The name must be well-formed; on anything else the pass ends at the first bad octet.
 */
export function hashSuffixes(hasher: SuffixHasher, wire: Uint8Array, offset: number): number {
  const { hashes, starts, state, seed } = hasher;
  let count = 0;
  for (let at = offset, size = wire[at] ?? 0; size > 0 && size < 64; size = wire[at] ?? 0) {
    if (count === MAX_LABELS || at + size >= wire.length) break;
    starts[count++] = at - offset;
    at += size + 1;
  }
  state[0] = seed[0];
  state[1] = seed[1] ^ 0xee;
  state[2] = seed[0] ^ 0x6c796765;
  state[3] = seed[1] ^ 0x74656462;
  for (let i = 0; i < count; i += 1) {
    absorb(state, wire, offset + starts[count - 1 - i]!);
    finalise(hasher, hashes, 2 * i);
  }
  return count;
}

function absorb(state: Int32Array, wire: Uint8Array, start: number): void {
  const size = wire[start]!;
  const end = start + 1 + size;
  let word = 0;
  let shift = 0;
  for (let at = start + 1; at < end; at += 1) {
    word |= FOLD[wire[at]!]! << shift;
    shift += 8;
    if (shift === 32) {
      state[3]! ^= word;
      permute(state, 1);
      state[0]! ^= word;
      word = 0;
      shift = 0;
    }
  }
  word |= size << 24;
  state[3]! ^= word;
  permute(state, 1);
  state[0]! ^= word;
}

function finalise(hasher: SuffixHasher, out: Uint32Array, index: number): void {
  const { state, final } = hasher;
  final[0] = state[0]!;
  final[1] = state[1]!;
  final[2] = state[2]! ^ 0xee;
  final[3] = state[3]!;
  permute(final, 3);
  out[index] = final[1]! ^ final[3]!;
  final[1]! ^= 0xdd;
  permute(final, 3);
  out[index + 1] = final[1]! ^ final[3]!;
}

function permute(state: Int32Array, rounds: number): void {
  let v0 = state[0]!;
  let v1 = state[1]!;
  let v2 = state[2]!;
  let v3 = state[3]!;
  for (let round = 0; round < rounds; round += 1) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  state[0] = v0;
  state[1] = v1;
  state[2] = v2;
  state[3] = v3;
}
