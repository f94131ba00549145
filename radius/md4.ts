/**
 * MD4 (RFC 1320) in plain JavaScript, for MS-CHAP alone: OpenSSL 3 no longer offers it.
 *
 * It is broken as a hash. The protocol prescribes it; nothing else may use it.
 */
const BLOCK_BYTES = 64;
const ORDER_G = [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15];
const ORDER_H = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15];
const SHIFTS_F = [3, 7, 11, 19];
const SHIFTS_G = [3, 5, 9, 13];
const SHIFTS_H = [3, 9, 11, 15];

/** The digest, 16 octets. */
export function md4(input: Uint8Array): Buffer {
  const padded = Buffer.alloc(Math.ceil((input.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(input);
  padded[input.length] = 0x80;
  padded.writeBigUInt64LE(BigInt(input.length) * 8n, padded.length - 8);
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  const words = new Int32Array(16);
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) {
    for (let i = 0; i < 16; i += 1) words[i] = padded.readInt32LE(at + i * 4);
    compress(state, words);
  }
  const digest = Buffer.alloc(16);
  state.forEach((word, i) => {
    digest.writeInt32LE(word, i * 4);
  });
  return digest;
}

function compress(state: Int32Array, words: Int32Array): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number];
  const step = (sum: number, shift: number): void => {
    const rotated = (sum << shift) | (sum >>> (32 - shift));
    [a, b, c, d] = [d, rotated, b, c];
  };
  for (let i = 0; i < 16; i += 1) {
    step((a + ((b & c) | (~b & d)) + words[i]!) | 0, SHIFTS_F[i & 3]!);
  }
  for (let i = 0; i < 16; i += 1) {
    const majority = (b & c) | (b & d) | (c & d);
    step((a + majority + words[ORDER_G[i]!]! + 0x5a827999) | 0, SHIFTS_G[i & 3]!);
  }
  for (let i = 0; i < 16; i += 1) {
    step((a + (b ^ c ^ d) + words[ORDER_H[i]!]! + 0x6ed9eba1) | 0, SHIFTS_H[i & 3]!);
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
}
