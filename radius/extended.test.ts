import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Code } from './attributes.ts';
import { type AttributeValue, decodePacket, encodePacket } from './codec.ts';
import { RadiusError } from './errors.ts';
import {
  extendedValues,
  findTlv,
  integer64Octets,
  integer64Of,
  MAX_TLV_DEPTH,
  readExtended,
} from './extended.ts';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

function packet(attributes: readonly AttributeValue[]) {
  const code = Code.accessRequest;
  const bytes = encodePacket({ code, identifier: 1, messageAuthenticator: false, attributes });
  return decodePacket(bytes);
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof RadiusError ? error.code : String(error);
  }
  return 'no error';
}

const plain = { vendor: 0, vendorType: 0 };

describe('readExtended', () => {
  it('reads containers, their vendors and their order', () => {
    const found = readExtended(
      packet([
        ['Extended-Attribute-1', hex('04616263')],
        ['User-Name', 'x'],
        ['Extended-Attribute-4', hex('1a00000009ff0102')],
        ['Extended-Attribute-5', hex('01007a')],
      ]),
    );

    expect(found).toEqual([
      { ...plain, type: 241, extendedType: 4, value: hex('616263') },
      { type: 244, extendedType: 26, vendor: 9, vendorType: 255, value: hex('0102') },
      { ...plain, type: 245, extendedType: 1, value: hex('7a') },
    ]);
  });

  it('joins the fragments of a long one, two of them side by side', () => {
    const found = readExtended(
      packet([
        ['Extended-Attribute-5', hex('018061')],
        ['Extended-Attribute-5', hex('018062')],
        ['Extended-Attribute-5', hex('010063')],
        ['Extended-Attribute-5', hex('010064')],
      ]),
    );

    expect(found.map(({ value }) => value.toString())).toEqual(['abc', 'd']);
  });

  it.each([
    ['an extended type alone', [['Extended-Attribute-1', hex('04')]]],
    ['a long one without flags', [['Extended-Attribute-5', hex('04')]]],
    ['a long one without a value', [['Extended-Attribute-6', hex('0400')]]],
    ['a vendor without a value', [['Extended-Attribute-2', hex('1a0000000901')]]],
    ['a fragment that nothing follows', [['Extended-Attribute-5', hex('018061')]]],
    [
      'fragments of two types',
      [
        ['Extended-Attribute-5', hex('018061')],
        ['Extended-Attribute-5', hex('028062')],
      ],
    ],
    [
      'fragments with another attribute between',
      [
        ['Extended-Attribute-5', hex('018061')],
        ['User-Name', 'x'],
        ['Extended-Attribute-5', hex('018062')],
      ],
    ],
  ] as [string, AttributeValue[]][])('passes over %s, which stays in the packet', (_name, list) => {
    const received = packet(list);
    const repeated = encodePacket({
      code: Code.accessRequest,
      identifier: 1,
      messageAuthenticator: false,
      attributes: [],
      echo: { from: received },
    });

    expect(readExtended(received)).toEqual([]);
    expect(repeated).toEqual(received.bytes);
  });

  it('gives back what extendedValues was given, of any length', () => {
    const value = fc.uint8Array({ minLength: 1, maxLength: 1500 });
    fc.assert(
      fc.property(fc.constantFrom(245, 246), fc.nat({ max: 25 }), value, (type, kind, octets) => {
        expect(readExtended(packet(extendedValues(type, kind, octets)))).toEqual([
          { ...plain, type, extendedType: kind, value: Buffer.from(octets) },
        ]);
      }),
    );
  });
});

describe('extendedValues', () => {
  it('fills one container of 252 octets, and no more', () => {
    const found = readExtended(packet(extendedValues(242, 3, Buffer.alloc(252, 1))));

    expect(found[0]?.value).toHaveLength(252);
    expect(codeOf(() => extendedValues(242, 3, Buffer.alloc(253)))).toBe('RADIUS_ENCODE');
  });

  it('sets the flag "more" on all fragments but the last', () => {
    const values = extendedValues(245, 3, Buffer.alloc(502)).map(([, value]) => value);

    expect(values.map((value) => (value as Uint8Array)[1])).toEqual([0x80, 0]);
  });

  it.each([
    [240, 1],
    [247, 1],
    [241, 0],
    [245, 4097],
  ])('refuses type %i with %i octets', (type, length) => {
    expect(codeOf(() => extendedValues(type, 1, Buffer.alloc(length)))).toBe('RADIUS_ENCODE');
  });
});

describe('findTlv', () => {
  /** 1 { 2 { 3 = "a" }, 4 = "b" }, 5 = "c" */
  const value = hex('010a0205030361040362050363');

  it.each([
    [[1, 2, 3], 'a'],
    [[1, 4], 'b'],
    [[5], 'c'],
    [[6], undefined],
    [[1, 9, 3], undefined],
  ])('at %j is %s', (path, text) => {
    const found = findTlv(value, path);

    expect(found && Buffer.from(found).toString()).toBe(text);
  });

  it.each([
    ['a length of two', '0102', [1]],
    ['a length of zero', '0100', [1]],
    ['a type alone', '01', [1]],
    ['more than there is', '010561', [1]],
    ['a broken one after the one looked for', '010361ff', [1]],
    ['a broken one within', '01040202', [1, 2]],
  ])('refuses %s', (_name, digits, path) => {
    expect(codeOf(() => findTlv(hex(digits), path))).toBe('RADIUS_ATTRIBUTE');
  });

  it('goes only so deep', () => {
    const deep = Array.from({ length: MAX_TLV_DEPTH + 1 }, () => 1);
    const nested = deep.reduce((inner) => {
      return Buffer.concat([Uint8Array.of(1, inner.length + 2), inner]);
    }, hex('2a'));

    expect(findTlv(nested, deep.slice(1))).toEqual(hex('01032a'));
    expect(codeOf(() => findTlv(nested, deep))).toBe('RADIUS_ATTRIBUTE');
  });
});

describe('integer64', () => {
  it('comes back, up to the largest', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        expect(integer64Of(integer64Octets(value))).toBe(value);
      }),
    );
  });

  it.each([-1n, 2n ** 64n])('refuses %s', (value) => {
    expect(codeOf(() => integer64Octets(value))).toBe('RADIUS_ENCODE');
  });

  it.each([0, 7, 9])('refuses %i octets', (length) => {
    expect(codeOf(() => integer64Of(Buffer.alloc(length)))).toBe('RADIUS_ATTRIBUTE');
  });
});
