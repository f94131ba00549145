/** The other end of CHAP and MS-CHAPv2, as the tests play it; written apart from chap.ts and mschap.ts. */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import type { AttributeValue } from './codec.ts';
import { md4 } from './md4.ts';

export type PeerProof = (requestAuthenticator: Buffer) => readonly AttributeValue[];

/** Challenged with the Request Authenticator, as RouterOS does. */
export function chapPeer(password: string): PeerProof {
  return (authenticator) => {
    const digest = createHash('md5').update('\x05').update(password).update(authenticator).digest();
    return [['CHAP-Password', Buffer.concat([Buffer.from([5]), digest])]];
  };
}

export function msChap2Peer(username: string, password: string): PeerProof {
  const challenge = randomBytes(16);
  const peer = randomBytes(16);
  const hash = createHash('sha1').update(peer).update(challenge).update(username).digest();
  const keys = Buffer.concat([md4(Buffer.from(password, 'utf16le')), Buffer.alloc(5)]);
  const parts = [0, 7, 14].map((at) => {
    const bits = [...keys.subarray(at, at + 7)].map((b) => b.toString(2).padStart(8, '0')).join('');
    const key = Buffer.from(
      Array.from({ length: 8 }, (_, i) => Number.parseInt(`${bits.slice(i * 7, i * 7 + 7)}0`, 2)),
    );
    const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null);
    return cipher.setAutoPadding(false).update(hash.subarray(0, 8));
  });
  const response = Buffer.concat([Buffer.from([9, 0]), peer, Buffer.alloc(8), ...parts]);
  return () => [
    ['MS-CHAP-Challenge', challenge],
    ['MS-CHAP2-Response', response],
  ];
}
