/** User-Password on the wire (RFC 2865 §5.2): blocks of 16 octets, each masked by a hash of the one before. */
import { md5 } from '../lib/md5.ts';
import { RadiusError } from './errors.ts';
import type { RadiusSecret } from './secret.ts';

const BLOCK = 16;
const MAX_BYTES = 128;

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
    const before = at === 0 ? authenticator : hidden.subarray(at - BLOCK, at);
    mask(hidden, at, hidden, md5(secret.bytes, before));
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
  const clear = Buffer.alloc(hidden.length);
  for (let at = 0; at < hidden.length; at += BLOCK) {
    const before = at === 0 ? authenticator : hidden.subarray(at - BLOCK, at);
    mask(hidden, at, clear, md5(secret.bytes, before));
  }
  let end = clear.length;
  while (end > 0 && clear[end - 1] === 0) end -= 1;
  return clear.subarray(0, end);
}

function mask(from: Uint8Array, at: number, to: Uint8Array, key: Uint8Array): void {
  for (let i = 0; i < BLOCK; i += 1) to[at + i] = from[at + i]! ^ key[i]!;
}
