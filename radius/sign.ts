/**
 * The two signatures of RADIUS: authenticators (RFC 2865 §3, RFC 2866 §3, RFC 5176 §2.3) and the
 * Message-Authenticator (RFC 3579 §3.2).
 *
 * Where a packet has both, the Message-Authenticator comes first: it is computed over the request's
 * authenticator (replies, Access-Request) or over zeros (Accounting, Disconnect), and the
 * authenticator then covers it. Every comparison takes the same time whatever differs.
 */
import { timingSafeEqual } from 'node:crypto';
import {
  hmacMd5Final,
  hmacMd5Start,
  type Md5State,
  md5Final,
  md5Reset,
  md5Start,
  md5Update,
} from '../lib/md5.ts';
import { ATTRIBUTES } from './attributes.ts';
import { authenticatorOf, FIRST_MA_AT, HEADER_BYTES, type Packet } from './codec.ts';
import type { RadiusSecret } from './secret.ts';

const ZEROS = new Uint8Array(16);
const hash = md5Start();
/** What a signature should be; a computation here never yields. */
const expected = Buffer.alloc(16);

/** Signs a reply in place; a Message-Authenticator, when it has one, must be its first attribute. */
export function signResponse(
  bytes: Buffer,
  requestAuthenticator: Uint8Array,
  secret: RadiusSecret,
): Buffer {
  bytes.set(requestAuthenticator, 4);
  fillMessageAuthenticator(bytes, secret);
  return fillAuthenticator(bytes, secret);
}

/** Signs an Access-Request or Status-Server in place; `authenticator` is 16 unpredictable octets. */
export function signAccessRequest(
  bytes: Buffer,
  authenticator: Uint8Array,
  secret: RadiusSecret,
): Buffer {
  bytes.set(authenticator, 4);
  fillMessageAuthenticator(bytes, secret);
  return bytes;
}

/** Signs an Accounting-Request, Disconnect-Request or CoA-Request in place. */
export function signRequest(bytes: Buffer, secret: RadiusSecret): Buffer {
  return signResponse(bytes, ZEROS, secret);
}

/**
 * Whether the Message-Authenticator is right; false when there is none. `over` is the authenticator
 * it was computed with: the request's own, the one of the request replied to, or zeros.
 */
export function messageAuthenticatorHolds(
  packet: Packet,
  over: Uint8Array,
  secret: RadiusSecret,
): boolean {
  const at = packet.messageAuthenticatorAt;
  if (at === -1) return false;
  const state = hmacMd5Start(secret.hmac);
  md5Update(state, packet.bytes, 0, 4);
  md5Update(state, over);
  md5Update(state, packet.bytes, HEADER_BYTES, at);
  return isExpected(state, packet, at, secret);
}

/** For Access-Request and Status-Server, which are signed over their own authenticator. */
export function accessRequestHolds(packet: Packet, secret: RadiusSecret): boolean {
  const at = packet.messageAuthenticatorAt;
  if (at === -1) return false;
  const state = hmacMd5Start(secret.hmac);
  md5Update(state, packet.bytes, 0, at);
  return isExpected(state, packet, at, secret);
}

/** The rest of the packet, with zeros for the Message-Authenticator at `at`, and the comparison. */
function isExpected(state: Md5State, { bytes }: Packet, at: number, secret: RadiusSecret): boolean {
  md5Update(state, ZEROS);
  md5Update(state, bytes, at + 16);
  hmacMd5Final(state, secret.hmac, expected, 0);
  return timingSafeEqual(expected, bytes.subarray(at, at + 16));
}

/** For Accounting-Request and Disconnect-Request, with their Message-Authenticator if they have one. */
export function requestHolds(packet: Packet, secret: RadiusSecret): boolean {
  return responseHolds(packet, ZEROS, secret);
}

/** For a reply, with its Message-Authenticator if it has one. */
export function responseHolds(
  packet: Packet,
  requestAuthenticator: Uint8Array,
  secret: RadiusSecret,
): boolean {
  const state = hashStart();
  md5Update(state, packet.bytes, 0, 4);
  md5Update(state, requestAuthenticator);
  md5Update(state, packet.bytes, HEADER_BYTES);
  md5Update(state, secret.bytes);
  md5Final(state, expected);
  const signed = timingSafeEqual(expected, authenticatorOf(packet));
  if (packet.messageAuthenticatorAt === -1) return signed;
  return messageAuthenticatorHolds(packet, requestAuthenticator, secret) && signed;
}

/** Over the authenticator that `bytes` has now. */
function fillMessageAuthenticator(bytes: Buffer, secret: RadiusSecret): void {
  if (bytes[HEADER_BYTES] !== ATTRIBUTES['Message-Authenticator'].type) return;
  const state = hmacMd5Start(secret.hmac);
  md5Update(state, bytes, 0, FIRST_MA_AT);
  md5Update(state, ZEROS);
  md5Update(state, bytes, FIRST_MA_AT + 16);
  hmacMd5Final(state, secret.hmac, bytes, FIRST_MA_AT);
}

function fillAuthenticator(bytes: Buffer, secret: RadiusSecret): Buffer {
  const state = hashStart();
  md5Update(state, bytes);
  md5Update(state, secret.bytes);
  md5Final(state, bytes, 4);
  return bytes;
}

/** One running digest for all: a computation here never yields. */
function hashStart(): Md5State {
  md5Reset(hash);
  return hash;
}
