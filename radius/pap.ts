/** User-Password on the wire (RFC 2865 §5.2): blocks of 16 octets, each masked by a hash of the one before. */
import { MD5_BYTES, md5Final, md5Reset, md5Start, md5Update } from '../lib/md5.ts';
import { RadiusError } from './errors.ts';
import type { RadiusSecret } from './secret.ts';

const BLOCK = 16;
const MAX_BYTES = 128;

/** Shared by all: masking never yields. */
const hash = md5Start();
const key = new Uint8Array(MD5_BYTES);

/** `RADIUS_PASSWORD` above 128 octets. */
export function hidePassword(
  password: Uint8Array,
  authenticator: Uint8Array,
  secret: RadiusSecret,
): Buffer {
  if (password.length > MAX_BYTES) {
    throw new RadiusError('RADIUS_PASSWORD', 'password is over 128 octets');
  }
  const hidden = Buffer.alloc(Math.max(BLOCK, Math.ceil(password.length / BLOCK) * BLOCK));
  hidden.set(password);
  for (let at = 0; at < hidden.length; at += BLOCK) {
    mask(hidden, at, hidden, authenticator, secret);
  }
  return hidden;
}

/** The password without its padding. With a wrong secret it is noise: only a signature tells. */
export function revealPassword(
  hidden: Uint8Array,
  authenticator: Uint8Array,
  secret: RadiusSecret,
): Buffer {
  if (hidden.length === 0 || hidden.length > MAX_BYTES || hidden.length % BLOCK !== 0) {
    throw new RadiusError('RADIUS_PASSWORD', `User-Password of ${hidden.length} octets`);
  }
  const clear = Buffer.allocUnsafe(hidden.length);
  for (let at = 0; at < hidden.length; at += BLOCK) {
    mask(hidden, at, clear, authenticator, secret);
  }
  let end = clear.length;
  while (end > 0 && clear[end - 1] === 0) end -= 1;
  return clear.subarray(0, end);
}

/** Masks the block at `at` by a hash over the hidden block before it, the first by the authenticator's. */
function mask(
  hidden: Uint8Array,
  at: number,
  to: Uint8Array,
  authenticator: Uint8Array,
  secret: RadiusSecret,
): void {
  md5Reset(hash);
  md5Update(hash, secret.bytes);
  if (at === 0) md5Update(hash, authenticator);
  else md5Update(hash, hidden, at - BLOCK, at);
  md5Final(hash, key);
  for (let i = 0; i < BLOCK; i += 1) to[at + i] = hidden[at + i]! ^ key[i]!;
}
