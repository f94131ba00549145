/**
 * Values hidden by a salt: Tunnel-Password (RFC 2868 §3.5) and the MPPE keys (RFC 2548 §2.4.2).
 *
 * A length octet and the value, filled up with zeros to blocks of 16, each masked by a hash of the
 * block before; the first by the Request Authenticator and a salt of two octets that goes in clear.
 */
import { md5 } from '../lib/md5.ts';
import { MAX_TAG } from './dictionary/kinds.ts';
import type { Tagged } from './encode.ts';
import { RadiusError } from './errors.ts';
import type { RadiusSecret } from './secret.ts';

const BLOCK = 16;
const SALT_BYTES = 2;
/** With its length octet 15 blocks, the most that fits a vendor's attribute with the salt. */
const MAX_VALUE_BYTES = 239;

/**
 * The salt, then the hidden value. `salt` is 0 to 0xffff, no two alike in one packet; its top bit is
 * set here, as the RFCs ask. `RADIUS_ENCODE` above 239 octets.
 */
export function hideSalted(
  value: Uint8Array,
  salt: number,
  requestAuthenticator: Uint8Array,
  secret: RadiusSecret,
): Buffer {
  if (value.length > MAX_VALUE_BYTES) {
    throw new RadiusError('RADIUS_ENCODE', `a hidden value of ${value.length} octets is too long`);
  }
  const hidden = Buffer.alloc(SALT_BYTES + Math.ceil((value.length + 1) / BLOCK) * BLOCK);
  hidden.writeUInt16BE((salt & 0xffff) | 0x8000, 0);
  hidden[SALT_BYTES] = value.length;
  hidden.set(value, SALT_BYTES + 1);
  for (let at = SALT_BYTES; at < hidden.length; at += BLOCK) {
    mask(hidden, at, hidden, at, keyOf(hidden, at, requestAuthenticator, secret));
  }
  return hidden;
}

/**
 * What {@link hideSalted} was given. `RADIUS_ATTRIBUTE` when it is no salt and whole blocks, or when
 * its length octet does not fit: most wrong secrets show so, not all; only a signature tells.
 */
export function revealSalted(
  hidden: Uint8Array,
  requestAuthenticator: Uint8Array,
  secret: RadiusSecret,
): Buffer {
  const size = hidden.length - SALT_BYTES;
  if (size < BLOCK || size % BLOCK !== 0) {
    throw new RadiusError('RADIUS_ATTRIBUTE', `a hidden value of ${hidden.length} octets`);
  }
  const clear = Buffer.alloc(size);
  for (let at = SALT_BYTES; at < hidden.length; at += BLOCK) {
    const key = keyOf(hidden, at, requestAuthenticator, secret);
    mask(hidden, at, clear, at - SALT_BYTES, key);
  }
  const length = clear[0]!;
  if (length >= size) {
    throw new RadiusError('RADIUS_ATTRIBUTE', 'a hidden value is shorter than it says');
  }
  return clear.subarray(1, 1 + length);
}

/** The value of a Tunnel-Password: the tag of its tunnel, 0 to 31, then the hidden password. */
export function hideTunnelPassword(
  { tag, value }: Tagged<string>,
  salt: number,
  requestAuthenticator: Uint8Array,
  secret: RadiusSecret,
): Buffer {
  if (!Number.isInteger(tag) || tag < 0 || tag > MAX_TAG) {
    throw new RadiusError('RADIUS_ENCODE', `Tunnel-Password cannot have tag ${tag}`);
  }
  const hidden = hideSalted(Buffer.from(value), salt, requestAuthenticator, secret);
  return Buffer.concat([Uint8Array.of(tag), hidden]);
}

/** As {@link revealSalted}; an octet above 31 is no tag, and is ignored (RFC 2868 §3.5). */
export function revealTunnelPassword(
  value: Uint8Array,
  requestAuthenticator: Uint8Array,
  secret: RadiusSecret,
): Tagged<string> {
  const clear = revealSalted(value.subarray(1), requestAuthenticator, secret);
  const tag = value[0]!;
  return { tag: tag > MAX_TAG ? 0 : tag, value: clear.toString('utf8') };
}

/** The mask of the block at `at`: over the authenticator and the salt, or over the hidden block before. */
function keyOf(
  hidden: Uint8Array,
  at: number,
  requestAuthenticator: Uint8Array,
  secret: RadiusSecret,
): Uint8Array {
  return at === SALT_BYTES
    ? md5(secret.bytes, requestAuthenticator, hidden.subarray(0, SALT_BYTES))
    : md5(secret.bytes, hidden.subarray(at - BLOCK, at));
}

function mask(from: Uint8Array, at: number, to: Uint8Array, into: number, key: Uint8Array): void {
  for (let i = 0; i < BLOCK; i += 1) to[into + i] = from[at + i]! ^ key[i]!;
}
