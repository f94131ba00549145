/**
 * CHAP (RFC 2865 §2.2, §5.3, RFC 1994): the NAS passes on a hash over the password and a challenge.
 *
 * It can be checked only against the password itself, so only where that is known (a voucher's code).
 */
import { timingSafeEqual } from 'node:crypto';
import { md5 } from '../lib/md5.ts';
import { authenticatorOf, octetsOf, type Packet } from './codec.ts';

/** Octets of a CHAP-Password: the CHAP identifier and a digest. */
const CHAP_BYTES = 17;

/**
 * Whether the CHAP-Password was made with `password`; false when there is none or it has a wrong
 * size. The challenge is CHAP-Challenge, or the Request Authenticator when that is not sent.
 */
export function chapHolds(packet: Packet, password: string): boolean {
  const response = octetsOf(packet, 'CHAP-Password');
  if (response?.length !== CHAP_BYTES) return false;
  const challenge = octetsOf(packet, 'CHAP-Challenge') ?? authenticatorOf(packet);
  const expected = md5(response.subarray(0, 1), Buffer.from(password, 'utf8'), challenge);
  return timingSafeEqual(expected, response.subarray(1));
}
