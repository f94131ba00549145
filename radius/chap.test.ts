import { describe, expect, it } from 'vitest';
import { Code } from './attributes.ts';
import { chapHolds } from './chap.ts';
import { type AttributeValue, decodePacket, encodePacket } from './codec.ts';

const A = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
/** `sandi1`, identifier 1, challenged with A. */
const OWN = Buffer.from('01f78eb064b8a07bee44e726e34e742e18', 'hex');

function request(attributes: readonly AttributeValue[], authenticator: Buffer) {
  const code = Code.accessRequest;
  const bytes = encodePacket({ code, identifier: 1, messageAuthenticator: false, attributes });
  bytes.set(authenticator, 4);
  return decodePacket(bytes);
}

describe('chapHolds', () => {
  it('RFC 2865 §7.2: challenged with the Request Authenticator', () => {
    const packet = decodePacket(
      Buffer.from(
        '010100472aee86f08d0d55969ca5978e0d3367a20108666c6f707379031316e97557c316185895f293ff63440772750406c0a80110050600000014060600000002070600000001',
        'hex',
      ),
    );

    expect(chapHolds(packet, 'arctangent')).toBe(true);
    expect(chapHolds(packet, 'arctangenT')).toBe(false);
  });

  it('takes CHAP-Challenge before the Request Authenticator', () => {
    const attributes = [
      ['CHAP-Password', OWN],
      ['CHAP-Challenge', A],
    ] as const;

    expect(chapHolds(request(attributes, Buffer.alloc(16, 9)), 'sandi1')).toBe(true);
    expect(chapHolds(request([attributes[0]], A), 'sandi1')).toBe(true);
    expect(chapHolds(request([attributes[0]], Buffer.alloc(16, 9)), 'sandi1')).toBe(false);
  });

  it.each([
    ['no CHAP-Password', []],
    ['one of 16 octets', [['CHAP-Password', OWN.subarray(0, 16)]]],
    ['one of 18 octets', [['CHAP-Password', Buffer.concat([OWN, Buffer.alloc(1)])]]],
  ] as [string, AttributeValue[]][])('is false for %s', (_name, attributes) => {
    expect(chapHolds(request(attributes, A), 'sandi1')).toBe(false);
  });

  it('is false when any bit of the digest is another', () => {
    const accepted = Array.from({ length: 128 }, (_, bit) => {
      const response = Buffer.from(OWN);
      response[1 + (bit >> 3)]! ^= 1 << (bit & 7);
      return chapHolds(request([['CHAP-Password', response]], A), 'sandi1');
    });

    expect(accepted).not.toContain(true);
  });
});
