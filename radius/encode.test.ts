/** Every kind of value there and back, and what is refused before a NAS sees it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AddressName,
  ATTRIBUTES,
  type AttributeName,
  Code,
  type InterfaceName,
  type Ipv6Name,
  type NumberName,
  type PrefixName,
  type TaggedNumberName,
  type TaggedTextName,
  type TextName,
} from './attributes.ts';
import {
  type AttributeValue,
  addressOf,
  concatOf,
  decodePacket,
  encodePacket,
  findAll,
  interfaceIdOf,
  ipv6Of,
  numberOf,
  octetsOf,
  type Packet,
  prefixOf,
  taggedNumbersOf,
  taggedTextsOf,
  textOf,
} from './codec.ts';
import type { AttributeKind } from './dictionary/kinds.ts';
import { RadiusError } from './errors.ts';
import { formatIpv6 } from './ipv6.ts';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

function encode(attributes: readonly AttributeValue[], echo?: { from: Packet }): Buffer {
  const code = Code.accessRequest;
  const given = { code, identifier: 1, messageAuthenticator: false, attributes };
  return encodePacket(echo === undefined ? given : { ...given, echo });
}

const packet = (attributes: readonly AttributeValue[]): Packet => decodePacket(encode(attributes));

/** A packet whose attributes are `digits`. */
function received(digits: string): Packet {
  const bytes = Buffer.concat([Buffer.alloc(20), hex(digits)]);
  bytes.writeUInt16BE(bytes.length, 2);
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

const namesOf = <N extends AttributeName>(kind: AttributeKind): fc.Arbitrary<N> =>
  fc.constantFrom(
    ...(Object.keys(ATTRIBUTES) as AttributeName[]).filter(
      (name) => ATTRIBUTES[name].kind === kind && name !== 'Message-Authenticator',
    ),
  ) as unknown as fc.Arbitrary<N>;

const word = fc.nat({ max: 0xffff_ffff });
const tag = fc.nat({ max: 31 });
const text = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }).filter((value) => {
  const size = Buffer.byteLength(value);
  return size <= 246 && !/\p{Cc}/u.test(value) && Buffer.from(value).toString() === value;
});
const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('values come back, whatever name and value', () => {
  it('text', () => {
    fc.assert(
      fc.property(namesOf<TextName>('text'), text, (name, value) => {
        expect(textOf(packet([[name, value]]), name)).toBe(value);
      }),
    );
  });

  it('octets', () => {
    const value = fc.uint8Array({ minLength: 1, maxLength: 247 });
    fc.assert(
      fc.property(namesOf<AttributeName>('octets'), value, (name, bytes) => {
        expect(octetsOf(packet([[name, bytes]]), name)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each(['integer', 'date'] as const)('%s', (kind) => {
    fc.assert(
      fc.property(namesOf<NumberName>(kind), word, (name, value) => {
        expect(numberOf(packet([[name, value]]), name)).toBe(value);
      }),
    );
  });

  it('ipaddr', () => {
    fc.assert(
      fc.property(namesOf<AddressName>('ipaddr'), fc.ipV4(), (name, value) => {
        expect(addressOf(packet([[name, value]]), name)).toBe(value);
      }),
    );
  });

  it('ipv6addr', () => {
    fc.assert(
      fc.property(namesOf<Ipv6Name>('ipv6addr'), octets(16), (name, value) => {
        const address = formatIpv6(value);

        expect(ipv6Of(packet([[name, address]]), name)).toBe(address);
      }),
    );
  });

  it('ipv6prefix', () => {
    const prefix = fc.tuple(octets(16), fc.nat({ max: 128 })).map(([value, bits]) => {
      const masked = value.map((octet, i) => {
        const kept = Math.min(8, Math.max(0, bits - i * 8));
        return octet & (0xff00 >> kept);
      });
      return `${formatIpv6(masked)}/${bits}`;
    });
    fc.assert(
      fc.property(namesOf<PrefixName>('ipv6prefix'), prefix, (name, value) => {
        expect(prefixOf(packet([[name, value]]), name)).toBe(value);
      }),
    );
  });

  it('ifid', () => {
    fc.assert(
      fc.property(namesOf<InterfaceName>('ifid'), octets(8), (name, value) => {
        const id = Buffer.from(value).toString('hex').match(/.{4}/g)!.join(':');

        expect(interfaceIdOf(packet([[name, id]]), name)).toBe(id);
      }),
    );
  });

  it('tagged integers, several to a packet', () => {
    const values = fc.array(fc.record({ tag, value: fc.nat({ max: 0xff_ffff }) }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(namesOf<TaggedNumberName>('tagged-integer'), values, (name, list) => {
        const found = taggedNumbersOf(packet(list.map((value) => [name, value])), name);

        expect(found).toEqual(list);
      }),
    );
  });

  it('tagged texts, several to a packet', () => {
    const values = fc.array(fc.record({ tag, value: text }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(namesOf<TaggedTextName>('tagged-text'), values, (name, list) => {
        const found = taggedTextsOf(packet(list.map((value) => [name, value])), name);

        expect(found).toEqual(list);
      }),
    );
  });

  it('the same after the packet was repeated', () => {
    const value = fc.tuple(
      namesOf<AttributeName>('octets'),
      fc.uint8Array({ minLength: 1, maxLength: 60 }),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 20 }), text, (list, rate) => {
        const bytes = encode([...list, ['Mikrotik-Rate-Limit', rate]]);

        expect(encode([], { from: decodePacket(bytes) })).toEqual(bytes);
      }),
    );
  });
});

describe('long values', () => {
  it.each(['EAP-Message', 'Reply-Message', 'NAS-Filter-Rule'] as const)(
    '%s goes on in further attributes',
    (name) => {
      const value = Buffer.alloc(600, 'a');

      const found = packet([[name, value]]);

      expect(findAll(found, name).map(({ from, to }) => to - from)).toEqual([253, 253, 94]);
      expect(concatOf(found, name)).toEqual(value);
    },
  );

  it('a text is cut between characters', () => {
    const value = 'é'.repeat(200);

    const found = packet([['Reply-Message', value]]);

    expect(findAll(found, 'Reply-Message').map(({ from, to }) => to - from)).toEqual([252, 148]);
    expect(concatOf(found, 'Reply-Message')?.toString()).toBe(value);
  });

  it('octets that are no text are cut all the same', () => {
    const value = Buffer.alloc(600, 0x80);

    expect(concatOf(packet([['Reply-Message', value]]), 'Reply-Message')).toEqual(value);
  });

  it('there is nothing to join when there is none', () => {
    expect(concatOf(packet([]), 'EAP-Message')).toBeUndefined();
  });
});

describe('encodePacket refuses', () => {
  it.each([
    ['text over 253 octets', [['User-Name', 'x'.repeat(254)]]],
    ['a long vendor text', [['Mikrotik-Rate-Limit', 'x'.repeat(248)]]],
    ['text for an integer', [['Session-Timeout', '60']]],
    ['a number for a text', [['User-Name', 7]]],
    ['octets of another size', [['Session-Timeout', Buffer.alloc(3)]]],
    ['an IPv4 address for an IPv6 one', [['NAS-IPv6-Address', '10.0.0.1']]],
    ['a number for an IPv6 address', [['NAS-IPv6-Address', 1]]],
    ['a prefix without bits', [['Framed-IPv6-Prefix', '2001:db8::']]],
    ['a prefix of 129 bits', [['Framed-IPv6-Prefix', '2001:db8::/129']]],
    ['a prefix with a host in it', [['Framed-IPv6-Prefix', '2001:db8::1/64']]],
    ['an interface of three groups', [['Framed-Interface-Id', '1:2:3']]],
    ['a tag over 31', [['Tunnel-Type', { tag: 32, value: 1 }]]],
    ['a tagged number over 24 bits', [['Tunnel-Type', { tag: 1, value: 2 ** 24 }]]],
    ['a tagged text that is none', [['Tunnel-Private-Group-ID', { tag: 1, value: 5 }]]],
    ['a tagged text without text', [['Tunnel-Private-Group-ID', { tag: 1, value: '' }]]],
    ['a tag where there is none', [['User-Name', { tag: 1, value: 'x' }]]],
    ['an empty continued text', [['Reply-Message', '']]],
    ['a continued text over the packet', [['Reply-Message', 'x'.repeat(4090)]]],
  ] as [string, AttributeValue[]][])('%s', (_name, attributes) => {
    expect(codeOf(() => encode(attributes))).toBe('RADIUS_ENCODE');
  });

  it('an echo that does not fit', () => {
    const full = packet(Array.from({ length: 15 }, () => ['Class', Buffer.alloc(253)] as const));
    const name = (length: number) => [['User-Name', 'x'.repeat(length)] as const];

    expect(encode(name(249), { from: full })).toHaveLength(4096);
    expect(codeOf(() => encode(name(250), { from: full }))).toBe('RADIUS_ENCODE');
  });
});

describe('decodePacket refuses', () => {
  it.each([
    ['an IPv6 address of 15 octets', `5f11${'00'.repeat(15)}`],
    ['an interface of seven octets', `6009${'00'.repeat(7)}`],
    ['a prefix without its bits', '610300'],
    ['a prefix of 129 bits', `61140081${'00'.repeat(16)}`],
    ['a prefix of 19 octets', `61150080${'00'.repeat(17)}`],
    ['a prefix shorter than its bits', '6106004020010d'],
    ['a delegated prefix shorter than its bits', '7b040001'],
    ['a tagged integer of three octets', '4005000001'],
    ['a ChilliSpot integer of two octets', '1a0a000038df01040001'],
  ])('%s', (_name, digits) => {
    expect(codeOf(() => received(digits))).toBe('RADIUS_ATTRIBUTE');
  });

  it('no prefix with bits beyond its own: only whoever asks for it hears of them', () => {
    const found = received('610700082001ff');

    expect(codeOf(() => prefixOf(found, 'Framed-IPv6-Prefix'))).toBe('RADIUS_ATTRIBUTE');
  });
});

describe('readers', () => {
  it('give nothing for what is not there', () => {
    const empty = packet([]);

    expect([
      ipv6Of(empty, 'NAS-IPv6-Address'),
      prefixOf(empty, 'Delegated-IPv6-Prefix'),
      interfaceIdOf(empty, 'Framed-Interface-Id'),
      addressOf(empty, 'NAS-IP-Address'),
    ]).toEqual([undefined, undefined, undefined, undefined]);
    expect(taggedNumbersOf(empty, 'Tunnel-Type')).toEqual([]);
    expect(taggedTextsOf(empty, 'Tunnel-Private-Group-ID')).toEqual([]);
  });

  it('read a text with and without its tag (RFC 2868 §3.6)', () => {
    const found = received('510501323351043132'.concat('510300', '5102'));

    expect(taggedTextsOf(found, 'Tunnel-Private-Group-ID')).toEqual([
      { tag: 1, value: '23' },
      { tag: 0, value: '12' },
      { tag: 0, value: '' },
      { tag: 0, value: '' },
    ]);
  });

  it('repeat what nobody reads: unknown vendors, vendor 0, types 0, empty values', () => {
    const digits = [
      '1a0900000009ffffff',
      '1a0a0000000001026162',
      '1a0900003a8c000361',
      '000361',
      'f10401ff',
      '2102',
    ].join('');

    const again = encode([], { from: received(digits) });

    expect(again.toString('hex', 20)).toBe(digits);
  });
});
