/**
 * MD5 (RFC 1321) and HMAC-MD5 (RFC 2104) in plain JavaScript, for protocols that prescribe them.
 *
 * On inputs of a packet's size this is several times faster than `node:crypto`, and it works where
 * OpenSSL refuses MD5 (FIPS). It is for wire formats only, never for storing a secret. The rounds are
 * unrolled; the state, the block and the words are reused, which is safe because a digest never yields.
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
  a = stepF(a, b, c, d, m[0]!, 7, 0xd76aa478);
  d = stepF(d, a, b, c, m[1]!, 12, 0xe8c7b756);
  c = stepF(c, d, a, b, m[2]!, 17, 0x242070db);
  b = stepF(b, c, d, a, m[3]!, 22, 0xc1bdceee);
  a = stepF(a, b, c, d, m[4]!, 7, 0xf57c0faf);
  d = stepF(d, a, b, c, m[5]!, 12, 0x4787c62a);
  c = stepF(c, d, a, b, m[6]!, 17, 0xa8304613);
  b = stepF(b, c, d, a, m[7]!, 22, 0xfd469501);
  a = stepF(a, b, c, d, m[8]!, 7, 0x698098d8);
  d = stepF(d, a, b, c, m[9]!, 12, 0x8b44f7af);
  c = stepF(c, d, a, b, m[10]!, 17, 0xffff5bb1);
  b = stepF(b, c, d, a, m[11]!, 22, 0x895cd7be);
  a = stepF(a, b, c, d, m[12]!, 7, 0x6b901122);
  d = stepF(d, a, b, c, m[13]!, 12, 0xfd987193);
  c = stepF(c, d, a, b, m[14]!, 17, 0xa679438e);
  b = stepF(b, c, d, a, m[15]!, 22, 0x49b40821);
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
  a = stepG(a, b, c, d, m[1]!, 5, 0xf61e2562);
  d = stepG(d, a, b, c, m[6]!, 9, 0xc040b340);
  c = stepG(c, d, a, b, m[11]!, 14, 0x265e5a51);
  b = stepG(b, c, d, a, m[0]!, 20, 0xe9b6c7aa);
  a = stepG(a, b, c, d, m[5]!, 5, 0xd62f105d);
  d = stepG(d, a, b, c, m[10]!, 9, 0x02441453);
  c = stepG(c, d, a, b, m[15]!, 14, 0xd8a1e681);
  b = stepG(b, c, d, a, m[4]!, 20, 0xe7d3fbc8);
  a = stepG(a, b, c, d, m[9]!, 5, 0x21e1cde6);
  d = stepG(d, a, b, c, m[14]!, 9, 0xc33707d6);
  c = stepG(c, d, a, b, m[3]!, 14, 0xf4d50d87);
  b = stepG(b, c, d, a, m[8]!, 20, 0x455a14ed);
  a = stepG(a, b, c, d, m[13]!, 5, 0xa9e3e905);
  d = stepG(d, a, b, c, m[2]!, 9, 0xfcefa3f8);
  c = stepG(c, d, a, b, m[7]!, 14, 0x676f02d9);
  b = stepG(b, c, d, a, m[12]!, 20, 0x8d2a4c8a);
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
  a = stepH(a, b, c, d, m[5]!, 4, 0xfffa3942);
  d = stepH(d, a, b, c, m[8]!, 11, 0x8771f681);
  c = stepH(c, d, a, b, m[11]!, 16, 0x6d9d6122);
  b = stepH(b, c, d, a, m[14]!, 23, 0xfde5380c);
  a = stepH(a, b, c, d, m[1]!, 4, 0xa4beea44);
  d = stepH(d, a, b, c, m[4]!, 11, 0x4bdecfa9);
  c = stepH(c, d, a, b, m[7]!, 16, 0xf6bb4b60);
  b = stepH(b, c, d, a, m[10]!, 23, 0xbebfbc70);
  a = stepH(a, b, c, d, m[13]!, 4, 0x289b7ec6);
  d = stepH(d, a, b, c, m[0]!, 11, 0xeaa127fa);
  c = stepH(c, d, a, b, m[3]!, 16, 0xd4ef3085);
  b = stepH(b, c, d, a, m[6]!, 23, 0x04881d05);
  a = stepH(a, b, c, d, m[9]!, 4, 0xd9d4d039);
  d = stepH(d, a, b, c, m[12]!, 11, 0xe6db99e5);
  c = stepH(c, d, a, b, m[15]!, 16, 0x1fa27cf8);
  b = stepH(b, c, d, a, m[2]!, 23, 0xc4ac5665);
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
  a = stepI(a, b, c, d, m[0]!, 6, 0xf4292244);
  d = stepI(d, a, b, c, m[7]!, 10, 0x432aff97);
  c = stepI(c, d, a, b, m[14]!, 15, 0xab9423a7);
  b = stepI(b, c, d, a, m[5]!, 21, 0xfc93a039);
  a = stepI(a, b, c, d, m[12]!, 6, 0x655b59c3);
  d = stepI(d, a, b, c, m[3]!, 10, 0x8f0ccc92);
  c = stepI(c, d, a, b, m[10]!, 15, 0xffeff47d);
  b = stepI(b, c, d, a, m[1]!, 21, 0x85845dd1);
  a = stepI(a, b, c, d, m[8]!, 6, 0x6fa87e4f);
  d = stepI(d, a, b, c, m[15]!, 10, 0xfe2ce6e0);
  c = stepI(c, d, a, b, m[6]!, 15, 0xa3014314);
  b = stepI(b, c, d, a, m[13]!, 21, 0x4e0811a1);
  a = stepI(a, b, c, d, m[4]!, 6, 0xf7537e82);
  d = stepI(d, a, b, c, m[11]!, 10, 0xbd3af235);
  c = stepI(c, d, a, b, m[2]!, 15, 0x2ad7d2bb);
  b = stepI(b, c, d, a, m[9]!, 21, 0xeb86d391);
  words[0] = a;
  words[1] = b;
  words[2] = c;
  words[3] = d;
}

function stepF(
  a: number,
  b: number,
  c: number,
  d: number,
  word: number,
  shift: number,
  sine: number,
): number {
  const sum = (a + ((b & c) | (~b & d)) + word + sine) | 0;
  return (((sum << shift) | (sum >>> (32 - shift))) + b) | 0;
}

function stepG(
  a: number,
  b: number,
  c: number,
  d: number,
  word: number,
  shift: number,
  sine: number,
): number {
  const sum = (a + ((b & d) | (c & ~d)) + word + sine) | 0;
  return (((sum << shift) | (sum >>> (32 - shift))) + b) | 0;
}

function stepH(
  a: number,
  b: number,
  c: number,
  d: number,
  word: number,
  shift: number,
  sine: number,
): number {
  const sum = (a + (b ^ c ^ d) + word + sine) | 0;
  return (((sum << shift) | (sum >>> (32 - shift))) + b) | 0;
}

function stepI(
  a: number,
  b: number,
  c: number,
  d: number,
  word: number,
  shift: number,
  sine: number,
): number {
  const sum = (a + (c ^ (b | ~d)) + word + sine) | 0;
  return (((sum << shift) | (sum >>> (32 - shift))) + b) | 0;
}
