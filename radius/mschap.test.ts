/** The examples of RFC 2759 §9.2 and RFC 3079 §3.5.3: user `User`, password `clientPass`. */
import { describe, expect, it } from 'vitest';
import { Code } from './attributes.ts';
import {
  type AttributeValue,
  authenticatorOf,
  decodePacket,
  encodePacket,
  numberOf,
  octetsOf,
} from './codec.ts';
import {
  MsChapErrorCode,
  msChap2Attributes,
  msChapError,
  readMsChap2,
  verifyMsChap2,
} from './mschap.ts';
import { revealSalted } from './salted.ts';
import { radiusSecret } from './secret.ts';

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const CHALLENGE = hex('5B 5D 7C 7D 7B 3F 2F 3E 3C 2C 60 21 32 26 26 28');
const PEER = hex('21 40 23 24 25 5E 26 2A 28 29 5F 2B 3A 33 7C 7E');
const NT_RESPONSE = hex('82 30 9E CD 8D 70 8B 5E A0 8F AA 39 81 CD 83 54 42 33 11 4A 3D 85 D6 DF');
const RFC = { ident: 7, challenge: CHALLENGE, peerChallenge: PEER, ntResponse: NT_RESPONSE };
const SECRET = radiusSecret('testing123');

const response = Buffer.concat([Uint8Array.of(7, 0), PEER, Buffer.alloc(8), NT_RESPONSE]);

function packet(attributes: readonly AttributeValue[]) {
  const code = Code.accessRequest;
  const bytes = encodePacket({ code, identifier: 1, messageAuthenticator: false, attributes });
  return decodePacket(bytes);
}

describe('verifyMsChap2', () => {
  it('RFC 2759 §9.2: answers the peer with the authenticator response', () => {
    const result = verifyMsChap2(RFC, 'User', 'clientPass');

    expect(result?.success.toString('latin1')).toBe(
      '\x07S=407A5589115FD0D6209F510FE9C04566932CDA56',
    );
  });

  it('RFC 3079 §3.5.3: the key for what the NAS sends', () => {
    const result = verifyMsChap2(RFC, 'User', 'clientPass');

    expect(result?.sendKey).toEqual(hex('8B 7C DC 14 9B 99 3A 1B A1 18 CB 15 3F 56 DC CB'));
    expect(result?.recvKey).toHaveLength(16);
    expect(result?.recvKey).not.toEqual(result?.sendKey);
  });

  it('does not hash the domain before the name', () => {
    expect(verifyMsChap2(RFC, 'DESA\\User', 'clientPass')).toEqual(
      verifyMsChap2(RFC, 'User', 'clientPass'),
    );
  });

  it.each([
    ['another password', RFC, 'User', 'clientpass'],
    ['no password', RFC, 'User', ''],
    ['another name', RFC, 'user', 'clientPass'],
    ['another challenge', { ...RFC, challenge: PEER }, 'User', 'clientPass'],
    ['a response of zeros', { ...RFC, ntResponse: Buffer.alloc(24) }, 'User', 'clientPass'],
  ])('is null for %s', (_name, request, username, password) => {
    expect(verifyMsChap2(request, username, password)).toBeNull();
  });

  it('is null when any bit of the response is another', () => {
    const results = Array.from({ length: 192 }, (_, bit) => {
      const ntResponse = Buffer.from(NT_RESPONSE);
      ntResponse[bit >> 3]! ^= 1 << (bit & 7);
      return verifyMsChap2({ ...RFC, ntResponse }, 'User', 'clientPass');
    });

    expect(results.filter((result) => result !== null)).toEqual([]);
  });
});

describe('readMsChap2', () => {
  it('finds what the peer sent', () => {
    const found = readMsChap2(
      packet([
        ['MS-CHAP-Challenge', CHALLENGE],
        ['MS-CHAP2-Response', response],
      ]),
    );

    expect(found).toEqual(RFC);
  });

  it.each([
    ['a PAP login', [['User-Name', 'User']]],
    ['no challenge', [['MS-CHAP2-Response', response]]],
    ['no response', [['MS-CHAP-Challenge', CHALLENGE]]],
    [
      'a challenge of 8 octets',
      [
        ['MS-CHAP-Challenge', CHALLENGE.subarray(8)],
        ['MS-CHAP2-Response', response],
      ],
    ],
    [
      'a response of 49 octets',
      [
        ['MS-CHAP-Challenge', CHALLENGE],
        ['MS-CHAP2-Response', response.subarray(1)],
      ],
    ],
  ] as [string, AttributeValue[]][])('is null for %s', (_name, attributes) => {
    expect(readMsChap2(packet(attributes))).toBeNull();
  });
});

describe('replies', () => {
  it('carry the proof and both keys, each under a salt of its own', () => {
    const result = verifyMsChap2(RFC, 'User', 'clientPass')!;
    const request = packet([['User-Name', 'User']]);
    const accept = packet(msChap2Attributes(result, authenticatorOf(request), SECRET));
    const keys = (['MS-MPPE-Send-Key', 'MS-MPPE-Recv-Key'] as const).map(
      (name) => octetsOf(accept, name)!,
    );

    expect(octetsOf(accept, 'MS-CHAP2-Success')).toEqual(result.success);
    expect(keys.map((key) => revealSalted(key, authenticatorOf(request), SECRET))).toEqual([
      result.sendKey,
      result.recvKey,
    ]);
    expect(keys[0]!.readUInt16BE(0)).not.toBe(keys[1]!.readUInt16BE(0));
    expect(numberOf(accept, 'MS-MPPE-Encryption-Types')).toBe(4);
  });

  it('say why not, and that the peer must not try again', () => {
    const error = msChapError(7, MsChapErrorCode.authenticationFailure, CHALLENGE);

    expect(error.toString('latin1')).toBe(
      '\x07E=691 R=0 C=5B5D7C7D7B3F2F3E3C2C602132262628 V=3 M=Authentication failed',
    );
  });
});
