/**
 * MD5 (RFC 1321) and HMAC-MD5 (RFC 2104) in plain JavaScript, for protocols that prescribe them.
 *
 * On inputs of a packet's size this is several times faster than `node:crypto`, and it works where
 * OpenSSL refuses MD5 (FIPS). It is for wire formats only, never for storing a secret. The rounds are
 * unrolled and call nothing, which makes them almost twice as fast; the state, the block and the words
 * are reused, which is safe because a digest never yields.
 */

/** Bytes of a digest. */
export const MD5_BYTES = 16;

/** A running digest: feed it with {@link md5Update}, end it with {@link md5Final}. */
export interface Md5State {
  readonly words: Int32Array;
  readonly block: Uint8Array;
  /** Bytes fed so far. */
  length: number;
}

/** The two hash states after the padded key, so that one key costs its two blocks only once. */
export interface HmacMd5Key {
  readonly inner: Int32Array;
  readonly outer: Int32Array;
}

const START = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
const BLOCK_BYTES = 64;
const scratch = md5Start();
const scratchDigest = new Uint8Array(MD5_BYTES);
const message = new Int32Array(16);

export function md5(...parts: readonly Uint8Array[]): Uint8Array {
  md5Reset(scratch);
  for (const part of parts) md5Update(scratch, part);
  return md5Final(scratch, new Uint8Array(MD5_BYTES));
}

export function hmacMd5Key(key: Uint8Array): HmacMd5Key {
  const short = key.length > BLOCK_BYTES ? md5(key) : key;
  const pad = (octet: number): Int32Array => {
    const block = new Uint8Array(BLOCK_BYTES).fill(octet);
    for (let i = 0; i < short.length; i += 1) block[i]! ^= short[i]!;
    const words = Int32Array.from(START);
    compress(words, block, 0);
    return words;
  };
  return { inner: pad(0x36), outer: pad(0x5c) };
}

export function hmacMd5(key: HmacMd5Key, ...parts: readonly Uint8Array[]): Uint8Array {
  const state = hmacMd5Start(key);
  for (const part of parts) md5Update(state, part);
  return hmacMd5Final(state, key, new Uint8Array(MD5_BYTES));
}

export function md5Start(): Md5State {
  return { words: Int32Array.from(START), block: new Uint8Array(BLOCK_BYTES), length: 0 };
}

export function md5Reset(state: Md5State): void {
  state.words.set(START);
  state.length = 0;
}

/** The shared running digest, begun with `key`: finish it before anything else is hashed. */
export function hmacMd5Start(key: HmacMd5Key): Md5State {
  scratch.words.set(key.inner);
  scratch.length = BLOCK_BYTES;
  return scratch;
}

/** Ends what {@link hmacMd5Start} began; writes 16 bytes at `offset`. */
export function hmacMd5Final(
  state: Md5State,
  key: HmacMd5Key,
  out: Uint8Array,
  offset = 0,
): Uint8Array {
  md5Final(state, scratchDigest);
  state.words.set(key.outer);
  state.length = BLOCK_BYTES;
  md5Update(state, scratchDigest);
  return md5Final(state, out, offset);
}

export function md5Update(
  state: Md5State,
  bytes: Uint8Array,
  from = 0,
  to: number = bytes.length,
): void {
  const { block } = state;
  let at = from;
  let used = state.length & 63;
  state.length += to - from;
  if (used > 0) {
    while (used < BLOCK_BYTES && at < to) block[used++] = bytes[at++]!;
    if (used < BLOCK_BYTES) return;
    compress(state.words, block, 0);
  }
  for (; at + BLOCK_BYTES <= to; at += BLOCK_BYTES) compress(state.words, bytes, at);
  for (used = 0; at < to; ) block[used++] = bytes[at++]!;
}

/** Writes the digest at `offset` of `out`; the state must be reset before it is used again. */
export function md5Final(state: Md5State, out: Uint8Array, offset = 0): Uint8Array {
  const { block, words } = state;
  let used = state.length & 63;
  block[used++] = 0x80;
  if (used > 56) {
    block.fill(0, used);
    compress(words, block, 0);
    used = 0;
  }
  block.fill(0, used);
  let low = state.length << 3;
  let high = Math.floor(state.length / 0x2000_0000);
  for (let i = 56; i < 60; i += 1, low >>>= 8, high >>>= 8) {
    block[i] = low;
    block[i + 4] = high;
  }
  compress(words, block, 0);
  for (let i = 0; i < MD5_BYTES; i += 1) out[offset + i] = words[i >> 2]! >>> ((i & 3) << 3);
  return out;
}

function compress(words: Int32Array, bytes: Uint8Array, at: number): void {
  for (let i = 0, p = at; i < 16; i += 1, p += 4) {
    message[i] = bytes[p]! | (bytes[p + 1]! << 8) | (bytes[p + 2]! << 16) | (bytes[p + 3]! << 24);
  }
  const a = words[0]!;
  const b = words[1]!;
  const c = words[2]!;
  const d = words[3]!;
  roundF(words, message);
  roundG(words, message);
  roundH(words, message);
  roundI(words, message);
  words[0]! += a;
  words[1]! += b;
  words[2]! += c;
  words[3]! += d;
}

function roundF(words: Int32Array, m: Int32Array): void {
  let a = words[0]!;
  let b = words[1]!;
  let c = words[2]!;
  let d = words[3]!;
  a = (a + (d ^ (b & (c ^ d))) + m[0]! + 0xd76aa478) | 0;
  a = (((a << 7) | (a >>> 25)) + b) | 0;
  d = (d + (c ^ (a & (b ^ c))) + m[1]! + 0xe8c7b756) | 0;
  d = (((d << 12) | (d >>> 20)) + a) | 0;
  c = (c + (b ^ (d & (a ^ b))) + m[2]! + 0x242070db) | 0;
  c = (((c << 17) | (c >>> 15)) + d) | 0;
  b = (b + (a ^ (c & (d ^ a))) + m[3]! + 0xc1bdceee) | 0;
  b = (((b << 22) | (b >>> 10)) + c) | 0;
  a = (a + (d ^ (b & (c ^ d))) + m[4]! + 0xf57c0faf) | 0;
  a = (((a << 7) | (a >>> 25)) + b) | 0;
  d = (d + (c ^ (a & (b ^ c))) + m[5]! + 0x4787c62a) | 0;
  d = (((d << 12) | (d >>> 20)) + a) | 0;
  c = (c + (b ^ (d & (a ^ b))) + m[6]! + 0xa8304613) | 0;
  c = (((c << 17) | (c >>> 15)) + d) | 0;
  b = (b + (a ^ (c & (d ^ a))) + m[7]! + 0xfd469501) | 0;
  b = (((b << 22) | (b >>> 10)) + c) | 0;
  a = (a + (d ^ (b & (c ^ d))) + m[8]! + 0x698098d8) | 0;
  a = (((a << 7) | (a >>> 25)) + b) | 0;
  d = (d + (c ^ (a & (b ^ c))) + m[9]! + 0x8b44f7af) | 0;
  d = (((d << 12) | (d >>> 20)) + a) | 0;
  c = (c + (b ^ (d & (a ^ b))) + m[10]! + 0xffff5bb1) | 0;
  c = (((c << 17) | (c >>> 15)) + d) | 0;
  b = (b + (a ^ (c & (d ^ a))) + m[11]! + 0x895cd7be) | 0;
  b = (((b << 22) | (b >>> 10)) + c) | 0;
  a = (a + (d ^ (b & (c ^ d))) + m[12]! + 0x6b901122) | 0;
  a = (((a << 7) | (a >>> 25)) + b) | 0;
  d = (d + (c ^ (a & (b ^ c))) + m[13]! + 0xfd987193) | 0;
  d = (((d << 12) | (d >>> 20)) + a) | 0;
  c = (c + (b ^ (d & (a ^ b))) + m[14]! + 0xa679438e) | 0;
  c = (((c << 17) | (c >>> 15)) + d) | 0;
  b = (b + (a ^ (c & (d ^ a))) + m[15]! + 0x49b40821) | 0;
  b = (((b << 22) | (b >>> 10)) + c) | 0;
  words[0] = a;
  words[1] = b;
  words[2] = c;
  words[3] = d;
}

function roundG(words: Int32Array, m: Int32Array): void {
  let a = words[0]!;
  let b = words[1]!;
  let c = words[2]!;
  let d = words[3]!;
  a = (a + (c ^ (d & (b ^ c))) + m[1]! + 0xf61e2562) | 0;
  a = (((a << 5) | (a >>> 27)) + b) | 0;
  d = (d + (b ^ (c & (a ^ b))) + m[6]! + 0xc040b340) | 0;
  d = (((d << 9) | (d >>> 23)) + a) | 0;
  c = (c + (a ^ (b & (d ^ a))) + m[11]! + 0x265e5a51) | 0;
  c = (((c << 14) | (c >>> 18)) + d) | 0;
  b = (b + (d ^ (a & (c ^ d))) + m[0]! + 0xe9b6c7aa) | 0;
  b = (((b << 20) | (b >>> 12)) + c) | 0;
  a = (a + (c ^ (d & (b ^ c))) + m[5]! + 0xd62f105d) | 0;
  a = (((a << 5) | (a >>> 27)) + b) | 0;
  d = (d + (b ^ (c & (a ^ b))) + m[10]! + 0x02441453) | 0;
  d = (((d << 9) | (d >>> 23)) + a) | 0;
  c = (c + (a ^ (b & (d ^ a))) + m[15]! + 0xd8a1e681) | 0;
  c = (((c << 14) | (c >>> 18)) + d) | 0;
  b = (b + (d ^ (a & (c ^ d))) + m[4]! + 0xe7d3fbc8) | 0;
  b = (((b << 20) | (b >>> 12)) + c) | 0;
  a = (a + (c ^ (d & (b ^ c))) + m[9]! + 0x21e1cde6) | 0;
  a = (((a << 5) | (a >>> 27)) + b) | 0;
  d = (d + (b ^ (c & (a ^ b))) + m[14]! + 0xc33707d6) | 0;
  d = (((d << 9) | (d >>> 23)) + a) | 0;
  c = (c + (a ^ (b & (d ^ a))) + m[3]! + 0xf4d50d87) | 0;
  c = (((c << 14) | (c >>> 18)) + d) | 0;
  b = (b + (d ^ (a & (c ^ d))) + m[8]! + 0x455a14ed) | 0;
  b = (((b << 20) | (b >>> 12)) + c) | 0;
  a = (a + (c ^ (d & (b ^ c))) + m[13]! + 0xa9e3e905) | 0;
  a = (((a << 5) | (a >>> 27)) + b) | 0;
  d = (d + (b ^ (c & (a ^ b))) + m[2]! + 0xfcefa3f8) | 0;
  d = (((d << 9) | (d >>> 23)) + a) | 0;
  c = (c + (a ^ (b & (d ^ a))) + m[7]! + 0x676f02d9) | 0;
  c = (((c << 14) | (c >>> 18)) + d) | 0;
  b = (b + (d ^ (a & (c ^ d))) + m[12]! + 0x8d2a4c8a) | 0;
  b = (((b << 20) | (b >>> 12)) + c) | 0;
  words[0] = a;
  words[1] = b;
  words[2] = c;
  words[3] = d;
}

function roundH(words: Int32Array, m: Int32Array): void {
  let a = words[0]!;
  let b = words[1]!;
  let c = words[2]!;
  let d = words[3]!;
  a = (a + (b ^ c ^ d) + m[5]! + 0xfffa3942) | 0;
  a = (((a << 4) | (a >>> 28)) + b) | 0;
  d = (d + (a ^ b ^ c) + m[8]! + 0x8771f681) | 0;
  d = (((d << 11) | (d >>> 21)) + a) | 0;
  c = (c + (d ^ a ^ b) + m[11]! + 0x6d9d6122) | 0;
  c = (((c << 16) | (c >>> 16)) + d) | 0;
  b = (b + (c ^ d ^ a) + m[14]! + 0xfde5380c) | 0;
  b = (((b << 23) | (b >>> 9)) + c) | 0;
  a = (a + (b ^ c ^ d) + m[1]! + 0xa4beea44) | 0;
  a = (((a << 4) | (a >>> 28)) + b) | 0;
  d = (d + (a ^ b ^ c) + m[4]! + 0x4bdecfa9) | 0;
  d = (((d << 11) | (d >>> 21)) + a) | 0;
  c = (c + (d ^ a ^ b) + m[7]! + 0xf6bb4b60) | 0;
  c = (((c << 16) | (c >>> 16)) + d) | 0;
  b = (b + (c ^ d ^ a) + m[10]! + 0xbebfbc70) | 0;
  b = (((b << 23) | (b >>> 9)) + c) | 0;
  a = (a + (b ^ c ^ d) + m[13]! + 0x289b7ec6) | 0;
  a = (((a << 4) | (a >>> 28)) + b) | 0;
  d = (d + (a ^ b ^ c) + m[0]! + 0xeaa127fa) | 0;
  d = (((d << 11) | (d >>> 21)) + a) | 0;
  c = (c + (d ^ a ^ b) + m[3]! + 0xd4ef3085) | 0;
  c = (((c << 16) | (c >>> 16)) + d) | 0;
  b = (b + (c ^ d ^ a) + m[6]! + 0x04881d05) | 0;
  b = (((b << 23) | (b >>> 9)) + c) | 0;
  a = (a + (b ^ c ^ d) + m[9]! + 0xd9d4d039) | 0;
  a = (((a << 4) | (a >>> 28)) + b) | 0;
  d = (d + (a ^ b ^ c) + m[12]! + 0xe6db99e5) | 0;
  d = (((d << 11) | (d >>> 21)) + a) | 0;
  c = (c + (d ^ a ^ b) + m[15]! + 0x1fa27cf8) | 0;
  c = (((c << 16) | (c >>> 16)) + d) | 0;
  b = (b + (c ^ d ^ a) + m[2]! + 0xc4ac5665) | 0;
  b = (((b << 23) | (b >>> 9)) + c) | 0;
  words[0] = a;
  words[1] = b;
  words[2] = c;
  words[3] = d;
}

function roundI(words: Int32Array, m: Int32Array): void {
  let a = words[0]!;
  let b = words[1]!;
  let c = words[2]!;
  let d = words[3]!;
  a = (a + (c ^ (b | ~d)) + m[0]! + 0xf4292244) | 0;
  a = (((a << 6) | (a >>> 26)) + b) | 0;
  d = (d + (b ^ (a | ~c)) + m[7]! + 0x432aff97) | 0;
  d = (((d << 10) | (d >>> 22)) + a) | 0;
  c = (c + (a ^ (d | ~b)) + m[14]! + 0xab9423a7) | 0;
  c = (((c << 15) | (c >>> 17)) + d) | 0;
  b = (b + (d ^ (c | ~a)) + m[5]! + 0xfc93a039) | 0;
  b = (((b << 21) | (b >>> 11)) + c) | 0;
  a = (a + (c ^ (b | ~d)) + m[12]! + 0x655b59c3) | 0;
  a = (((a << 6) | (a >>> 26)) + b) | 0;
  d = (d + (b ^ (a | ~c)) + m[3]! + 0x8f0ccc92) | 0;
  d = (((d << 10) | (d >>> 22)) + a) | 0;
  c = (c + (a ^ (d | ~b)) + m[10]! + 0xffeff47d) | 0;
  c = (((c << 15) | (c >>> 17)) + d) | 0;
  b = (b + (d ^ (c | ~a)) + m[1]! + 0x85845dd1) | 0;
  b = (((b << 21) | (b >>> 11)) + c) | 0;
  a = (a + (c ^ (b | ~d)) + m[8]! + 0x6fa87e4f) | 0;
  a = (((a << 6) | (a >>> 26)) + b) | 0;
  d = (d + (b ^ (a | ~c)) + m[15]! + 0xfe2ce6e0) | 0;
  d = (((d << 10) | (d >>> 22)) + a) | 0;
  c = (c + (a ^ (d | ~b)) + m[6]! + 0xa3014314) | 0;
  c = (((c << 15) | (c >>> 17)) + d) | 0;
  b = (b + (d ^ (c | ~a)) + m[13]! + 0x4e0811a1) | 0;
  b = (((b << 21) | (b >>> 11)) + c) | 0;
  a = (a + (c ^ (b | ~d)) + m[4]! + 0xf7537e82) | 0;
  a = (((a << 6) | (a >>> 26)) + b) | 0;
  d = (d + (b ^ (a | ~c)) + m[11]! + 0xbd3af235) | 0;
  d = (((d << 10) | (d >>> 22)) + a) | 0;
  c = (c + (a ^ (d | ~b)) + m[2]! + 0x2ad7d2bb) | 0;
  c = (((c << 15) | (c >>> 17)) + d) | 0;
  b = (b + (d ^ (c | ~a)) + m[9]! + 0xeb86d391) | 0;
  b = (((b << 21) | (b >>> 11)) + c) | 0;
  words[0] = a;
  words[1] = b;
  words[2] = c;
  words[3] = d;
}
