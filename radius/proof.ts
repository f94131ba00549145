/**
 * How an Access-Request shows that it knows a password: in clear (PAP, RFC 2865 §5.2), or by a response
 * to a challenge (CHAP, RFC 2865 §2.2; MS-CHAPv2, RFC 2548), which can only be checked against the
 * password itself.
 */
import { chapHolds } from './chap.ts';
import {
  type AttributeValue,
  authenticatorOf,
  findAttribute,
  octetsOf,
  type Packet,
} from './codec.ts';
import {
  MsChapErrorCode,
  msChap2Attributes,
  msChapError,
  readMsChap2,
  verifyMsChap2,
} from './mschap.ts';
import { revealPassword } from './pap.ts';
import type { RejectCode } from './reject.ts';
import type { RadiusSecret } from './secret.ts';

export type Proof =
  | { readonly kind: 'password'; readonly password: string }
  | {
      readonly kind: 'challenge';
      /** What an Access-Accept must carry besides; null when the response was not made with `password`. */
      check(password: string): readonly AttributeValue[] | null;
      /** What an Access-Reject must carry besides. */
      refusal(code: RejectCode): readonly AttributeValue[];
    };

const NOTHING: readonly AttributeValue[] = [];
const NO_PASSWORD: Proof = { kind: 'password', password: '' };
const WHY: Partial<Record<RejectCode, (typeof MsChapErrorCode)[keyof typeof MsChapErrorCode]>> = {
  'SW-BADCRED': MsChapErrorCode.authenticationFailure,
  'SW-TOKEN': MsChapErrorCode.authenticationFailure,
  'SW-DISABLED': MsChapErrorCode.accountDisabled,
  'SW-HOURS': MsChapErrorCode.restrictedHours,
};

/** `username` is User-Name as it was sent: MS-CHAPv2 hashes it. A request without any has an empty password. */
export function readProof(packet: Packet, username: string, secret: RadiusSecret): Proof {
  const hidden = octetsOf(packet, 'User-Password');
  if (hidden !== undefined) {
    const password = revealPassword(hidden, authenticatorOf(packet), secret).toString('utf8');
    return { kind: 'password', password };
  }
  if (findAttribute(packet, 'CHAP-Password') !== undefined) {
    return {
      kind: 'challenge',
      check: (password) => (chapHolds(packet, password) ? NOTHING : null),
      refusal: () => NOTHING,
    };
  }
  return msChap2Proof(packet, username, secret) ?? NO_PASSWORD;
}

function msChap2Proof(packet: Packet, username: string, secret: RadiusSecret): Proof | null {
  const request = readMsChap2(packet);
  if (request === null) return null;
  return {
    kind: 'challenge',
    check: (password) => {
      const success = verifyMsChap2(request, username, password);
      return success === null ? null : msChap2Attributes(success, authenticatorOf(packet), secret);
    },
    refusal: (code) => [
      ['MS-CHAP-Error', msChapError(request.ident, WHY[code] ?? MsChapErrorCode.noDialIn)],
    ],
  };
}
