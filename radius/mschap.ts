/**
 * MS-CHAP version 2 (RFC 2759), its attributes (RFC 2548 §2.3) and the session keys that MPPE takes
 * from it (RFC 3079 §3). PPPoE and Winbox logins use it.
 *
 * Like CHAP it needs the password itself. MD4 and single DES are the protocol's own; SHA-1 and DES
 * come from OpenSSL (single DES as triple DES with one key three times), MD4 from md4.ts.
 */
import { createCipheriv, createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { type AttributeValue, octetsOf, type Packet } from './codec.ts';
import { md4 } from './md4.ts';
import { hideSalted } from './salted.ts';
import type { RadiusSecret } from './secret.ts';

/** What a NAS passes on of a peer that logs in. */
export interface MsChap2Request {
  /** Goes back in the reply, so that the peer knows which attempt is meant. */
  readonly ident: number;
  /** MS-CHAP-Challenge, 16 octets, made by the NAS. */
  readonly challenge: Uint8Array;
  /** 16 octets, made by the peer. */
  readonly peerChallenge: Uint8Array;
  /** 24 octets. */
  readonly ntResponse: Uint8Array;
}

export interface MsChap2Success {
  /** The value of MS-CHAP2-Success: the ident, then `S=` and 40 hexadecimal digits. */
  readonly success: Buffer;
  /** 16 octets, for what the NAS sends to the peer. */
  readonly sendKey: Buffer;
  /** 16 octets, for what the NAS receives from the peer. */
  readonly recvKey: Buffer;
}

/** Why a login failed, as the peer shows it (RFC 2759 §6). */
export const MsChapErrorCode = {
  restrictedHours: 646,
  accountDisabled: 647,
  passwordExpired: 648,
  noDialIn: 649,
  authenticationFailure: 691,
} as const;

const CHALLENGE_BYTES = 16;
/** Ident, flags, peer challenge, 8 reserved, response (RFC 2548 §2.3.2). */
const RESPONSE_BYTES = 50;
const KEY_BYTES = 16;
const VERSION = 3;
/** MS-MPPE-Encryption-Policy: the peer may leave its data in clear. */
const ENCRYPTION_ALLOWED = 1;
/** MS-MPPE-Encryption-Types: RC4 with 128 bits (RFC 2548 §2.4.5). */
const RC4_128 = 4;

const SIGNING = Buffer.from('Magic server to client signing constant');
const PADDING = Buffer.from('Pad to make it do more than one iteration');
const MASTER = Buffer.from('This is the MPPE Master Key');
const CLIENT_SENDS = Buffer.from(
  'On the client side, this is the send key; on the server side, it is the receive key.',
);
const SERVER_SENDS = Buffer.from(
  'On the client side, this is the receive key; on the server side, it is the send key.',
);
const SHA_PAD_1 = Buffer.alloc(40, 0x00);
const SHA_PAD_2 = Buffer.alloc(40, 0xf2);

/** Null when the packet is no MS-CHAPv2 login, or one of wrong sizes. */
export function readMsChap2(packet: Packet): MsChap2Request | null {
  const challenge = octetsOf(packet, 'MS-CHAP-Challenge');
  const response = octetsOf(packet, 'MS-CHAP2-Response');
  if (challenge?.length !== CHALLENGE_BYTES || response?.length !== RESPONSE_BYTES) return null;
  return {
    ident: response[0]!,
    challenge,
    peerChallenge: response.subarray(2, 18),
    ntResponse: response.subarray(26, 50),
  };
}

/**
 * Null when the peer does not know `password`. `username` is User-Name as the peer sent it; a domain
 * before it (`RUMAH\siti`) is not hashed (RFC 2759 §4).
 */
export function verifyMsChap2(
  request: MsChap2Request,
  username: string,
  password: string,
): MsChap2Success | null {
  const name = username.slice(username.lastIndexOf('\\') + 1);
  const challenge = sha1(request.peerChallenge, request.challenge, Buffer.from(name)).subarray(
    0,
    8,
  );
  const passwordHash = md4(Buffer.from(password, 'utf16le'));
  if (!timingSafeEqual(challengeResponse(challenge, passwordHash), request.ntResponse)) return null;

  const hashHash = md4(passwordHash);
  const proof = sha1(sha1(hashHash, request.ntResponse, SIGNING), challenge, PADDING);
  const masterKey = sha1(hashHash, request.ntResponse, MASTER).subarray(0, KEY_BYTES);
  return {
    success: withIdent(request.ident, `S=${proof.toString('hex').toUpperCase()}`),
    sendKey: startKey(masterKey, SERVER_SENDS),
    recvKey: startKey(masterKey, CLIENT_SENDS),
  };
}

/** What an Access-Accept carries to a peer that was verified; the keys are hidden for the NAS. */
export function msChap2Attributes(
  result: MsChap2Success,
  requestAuthenticator: Uint8Array,
  secret: RadiusSecret,
): AttributeValue[] {
  const salt = randomInt(0x4000) << 1;
  const hide = (key: Buffer, n: number): Buffer =>
    hideSalted(key, salt + n, requestAuthenticator, secret);
  return [
    ['MS-CHAP2-Success', result.success],
    ['MS-MPPE-Send-Key', hide(result.sendKey, 0)],
    ['MS-MPPE-Recv-Key', hide(result.recvKey, 1)],
    ['MS-MPPE-Encryption-Policy', ENCRYPTION_ALLOWED],
    ['MS-MPPE-Encryption-Types', RC4_128],
  ];
}

/** The value of MS-CHAP-Error for an Access-Reject (RFC 2548 §2.1.5): the peer must not try again. */
export function msChapError(
  ident: number,
  code: (typeof MsChapErrorCode)[keyof typeof MsChapErrorCode],
  challenge: Uint8Array = randomBytes(CHALLENGE_BYTES),
): Buffer {
  const again = Buffer.from(challenge).toString('hex').toUpperCase();
  return withIdent(ident, `E=${code} R=0 C=${again} V=${VERSION} M=Authentication failed`);
}

/** RFC 2759 §8.5: the hash as three DES keys of seven octets, the last of them mostly zeros. */
function challengeResponse(challenge: Uint8Array, passwordHash: Uint8Array): Buffer {
  const keys = Buffer.alloc(21);
  keys.set(passwordHash);
  return Buffer.concat([0, 7, 14].map((at) => des(challenge, keys.subarray(at, at + 7))));
}

/** One block. OpenSSL ignores the parity bits. */
function des(block: Uint8Array, key: Uint8Array): Buffer {
  const spread = Buffer.alloc(8);
  for (let i = 0; i < 8; i += 1) {
    const left = i === 0 ? 0 : key[i - 1]! << (8 - i);
    const right = i === 7 ? 0 : key[i]! >> i;
    spread[i] = (left | right) & 0xfe;
  }
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([spread, spread, spread]), null);
  return cipher.setAutoPadding(false).update(block);
}

function startKey(masterKey: Uint8Array, magic: Uint8Array): Buffer {
  return sha1(masterKey, SHA_PAD_1, magic, SHA_PAD_2).subarray(0, KEY_BYTES);
}

function withIdent(ident: number, text: string): Buffer {
  return Buffer.concat([Uint8Array.of(ident), Buffer.from(text)]);
}

function sha1(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
