import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmacMd5, hmacMd5Key, md5, md5Final, md5Reset, md5Start, md5Update } from './md5.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const oracle = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

function patterned(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) bytes[i] = (i * 151 + length * 31 + (i >> 8)) & 255;
  return bytes;
}

describe('md5', () => {
  it('gives the digests of RFC 1321 §A.5', () => {
    const digests = ['', 'a', 'abc', 'message digest'].map((text) => hex(md5(Buffer.from(text))));

    expect(digests).toEqual([
      'd41d8cd98f00b204e9800998ecf8427e',
      '0cc175b9c0f1b6a831c399e269772661',
      '900150983cd24fb0d6963f7d28e17f72',
      'f96b697d7cb7938d525a2f31aaf161d0',
    ]);
  });

  it('agrees with node:crypto on every length from 0 to 4096', () => {
    const differing: number[] = [];
    for (let length = 0; length <= 4096; length += 1) {
      const bytes = patterned(length);
      if (hex(md5(bytes)) !== oracle(bytes)) differing.push(length);
    }

    expect(differing).toEqual([]);
  });

  it('does not depend on how the input is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 }), (parts) => {
        expect(hex(md5(...parts))).toBe(oracle(Buffer.concat(parts)));
      }),
    );
  });

  it('hashes a range of a buffer and writes the digest where it is told', () => {
    const state = md5Start();
    const out = new Uint8Array(20);

    md5Reset(state);
    md5Update(state, patterned(300), 17, 222);
    md5Final(state, out, 3);

    expect(hex(out.subarray(3, 19))).toBe(oracle(patterned(300).subarray(17, 222)));
    expect([...out.subarray(0, 3), out[19]]).toEqual([0, 0, 0, 0]);
  });
});

describe('hmacMd5', () => {
  it('agrees with node:crypto for keys shorter and longer than a block', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 300 }),
        (key, bytes) => {
          const expected = createHmac('md5', key).update(bytes).digest('hex');

          expect(hex(hmacMd5(hmacMd5Key(key), bytes))).toBe(expected);
        },
      ),
    );
  });

  it('uses one prepared key any number of times', () => {
    const key = hmacMd5Key(Buffer.from('testing123'));

    const both = [hmacMd5(key, patterned(80)), hmacMd5(key, patterned(80))].map(hex);

    expect(both[0]).toBe(both[1]);
  });
});
