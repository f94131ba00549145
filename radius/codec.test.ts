import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SmartWifiError } from '../lib/errors.ts';
import { campaign } from '../test/fixtures/campaign.ts';
import {
  addressOf,
  decodePacket,
  encodePacket,
  findAll,
  findAttribute,
  numberOf,
  octetsOf,
  textOf,
} from './codec.ts';
import { RadiusError } from './errors.ts';

/** A packet of code 1 whose attributes are `hex` and whose length field is right. */
function packet(hex: string): Buffer {
  const attributes = Buffer.from(hex, 'hex');
  const header = Buffer.alloc(20);
  header[0] = 1;
  header.writeUInt16BE(20 + attributes.length, 2);
  return Buffer.concat([header, attributes]);
}

function withLength(bytes: Buffer, length: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE(length, 2);
  return copy;
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof SmartWifiError ? error.code : String(error);
  }
  return 'no error';
}

describe('decodePacket', () => {
  it.each([
    ['an empty datagram', Buffer.alloc(0), 'RADIUS_LENGTH'],
    ['19 octets', Buffer.alloc(19), 'RADIUS_LENGTH'],
    ['a length field below 20', withLength(packet(''), 19), 'RADIUS_LENGTH'],
    ['a length field above 4096', withLength(Buffer.alloc(5000), 4097), 'RADIUS_LENGTH'],
    ['a datagram shorter than its length field', withLength(packet('0103'), 30), 'RADIUS_LENGTH'],
    ['an attribute of length 0', packet('0100'), 'RADIUS_ATTRIBUTE'],
    ['an attribute of length 1', packet('0101'), 'RADIUS_ATTRIBUTE'],
    ['an attribute that ends after its type', packet('01'), 'RADIUS_ATTRIBUTE'],
    ['an attribute beyond the packet', packet('010561'), 'RADIUS_ATTRIBUTE'],
    ['an integer of two octets', packet('1b040001'), 'RADIUS_ATTRIBUTE'],
    ['an address of two octets', packet('04040a00'), 'RADIUS_ATTRIBUTE'],
    ['a short Message-Authenticator', packet('500401ff'), 'RADIUS_ATTRIBUTE'],
    ['two Message-Authenticators', packet(`5012${'00'.repeat(16)}`.repeat(2)), 'RADIUS_ATTRIBUTE'],
    ['a vendor attribute without vendor', packet('1a0400003a'), 'RADIUS_VENDOR'],
    ['a vendor attribute without value', packet('1a0600003a8c'), 'RADIUS_VENDOR'],
    ['a sub-attribute beyond its attribute', packet('1a0900003a8c080941'), 'RADIUS_VENDOR'],
    ['a sub-attribute of length 1', packet('1a0800003a8c0801'), 'RADIUS_VENDOR'],
    ['a MikroTik integer of three octets', packet('1a0b00003a8c1105000000'), 'RADIUS_ATTRIBUTE'],
    ['201 attributes', packet('0103'.concat('61').repeat(201)), 'RADIUS_ATTRIBUTE_COUNT'],
    [
      '248 sub-attributes',
      packet(`1afe00003a8c${'0302'.repeat(124)}`.repeat(2)),
      'RADIUS_ATTRIBUTE_COUNT',
    ],
  ])('refuses %s', (_name, bytes, code) => {
    expect(codeOf(() => decodePacket(bytes))).toBe(code);
  });

  it('ignores octets after the length that the packet states', () => {
    const decoded = decodePacket(Buffer.concat([packet('010361'), Buffer.from('ffff', 'hex')]));

    expect(decoded.bytes).toHaveLength(23);
    expect(textOf(decoded, 'User-Name')).toBe('a');
  });

  it('reads sub-attributes of a known vendor, several in one attribute', () => {
    const decoded = decodePacket(packet('1a1400003a8c0808324d2f354d00110600000400'));

    expect(textOf(decoded, 'Mikrotik-Rate-Limit')).toBe('2M/5M');
    expect(numberOf(decoded, 'Mikrotik-Total-Limit')).toBe(1024);
  });

  it('keeps what an unknown vendor sent without looking into it', () => {
    const decoded = decodePacket(packet('1a0900000009ffffff'));

    expect(decoded.attributes).toEqual([{ vendor: 9, type: 0, from: 26, to: 29 }]);
  });

  it('takes control characters out of text', () => {
    const decoded = decodePacket(packet('010761006200'.concat('0a')));

    expect(textOf(decoded, 'User-Name')).toBe('ab');
  });

  it('lets nothing but RadiusError out, whatever 5,000 mutations do to a packet', () => {
    const good = Buffer.from(
      '02070039943f719c89572222b03065b07399827a50120a9000896ce90bfcb2cc2924db99d5ed1b0600000e101a0d00003a8c0807324d2f354d',
      'hex',
    );
    const mutation = fc.record({
      at: fc.nat({ max: good.length - 1 }),
      value: fc.nat({ max: 255 }),
    });
    const outcomes = { decoded: 0, refused: 0 };
    fc.assert(
      fc.property(
        fc.array(mutation, { minLength: 1, maxLength: 8 }),
        fc.nat({ max: 80 }),
        (mutations, cut) => {
          const bytes = Buffer.concat([good, Buffer.alloc(24)]).subarray(0, good.length + 24 - cut);
          for (const { at, value } of mutations) if (at < bytes.length) bytes[at] = value;
          try {
            const decoded = decodePacket(bytes);
            for (const a of decoded.attributes) {
              expect(a.from <= a.to && a.to <= decoded.bytes.length).toBe(true);
            }
            numberOf(decoded, 'Session-Timeout');
            addressOf(decoded, 'Framed-IP-Address');
            textOf(decoded, 'Mikrotik-Rate-Limit');
            outcomes.decoded += 1;
          } catch (error) {
            if (!(error instanceof RadiusError)) throw error;
            outcomes.refused += 1;
          }
        },
      ),
      campaign(100_000),
    );

    expect(outcomes.decoded).toBeGreaterThan(100);
    expect(outcomes.refused).toBeGreaterThan(100);
  });
});

describe('encodePacket', () => {
  it('puts the Message-Authenticator before everything else', () => {
    const bytes = encodePacket({
      code: 2,
      identifier: 7,
      messageAuthenticator: true,
      attributes: [['Session-Timeout', 60]],
    });

    expect(decodePacket(bytes).messageAuthenticatorAt).toBe(22);
  });

  it('gives back what it was given, whatever the values', () => {
    const text = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme-ascii' });
    const word = fc.nat({ max: 0xffff_ffff });
    const octets = fc.uint8Array({ minLength: 1, maxLength: 253 });
    fc.assert(
      fc.property(text, word, octets, text, (name, seconds, state, rate) => {
        const decoded = decodePacket(
          encodePacket({
            code: 2,
            identifier: 9,
            messageAuthenticator: false,
            attributes: [
              ['User-Name', name],
              ['Session-Timeout', seconds],
              ['State', state],
              ['Mikrotik-Rate-Limit', rate],
              ['Framed-IP-Address', '10.1.2.3'],
            ],
          }),
        );

        expect(textOf(decoded, 'User-Name')).toBe(name);
        expect(numberOf(decoded, 'Session-Timeout')).toBe(seconds);
        expect(octetsOf(decoded, 'State')).toEqual(Buffer.from(state));
        expect(textOf(decoded, 'Mikrotik-Rate-Limit')).toBe(rate);
        expect(addressOf(decoded, 'Framed-IP-Address')).toBe('10.1.2.3');
      }),
    );
  });

  it('repeats every Proxy-State of a request, in order', () => {
    const request = decodePacket(packet('2104aabb010361210311'));

    const reply = decodePacket(
      encodePacket({
        code: 3,
        identifier: 1,
        messageAuthenticator: true,
        attributes: [],
        echo: { from: request, name: 'Proxy-State' },
      }),
    );

    const values = findAll(reply, 'Proxy-State').map((a) =>
      reply.bytes.toString('hex', a.from, a.to),
    );
    expect(values).toEqual(['aabb', '11']);
    expect(findAttribute(reply, 'User-Name')).toBeUndefined();
  });

  it.each([
    ['text over 253 octets', [['User-Name', 'x'.repeat(254)]]],
    ['vendor text over 247 octets', [['Mikrotik-Group', 'x'.repeat(248)]]],
    ['empty text', [['User-Name', '']]],
    ['a negative number', [['Session-Timeout', -1]]],
    ['a number over 32 bits', [['Session-Timeout', 2 ** 32]]],
    ['a fraction', [['Session-Timeout', 1.5]]],
    ['a bad address', [['Framed-IP-Address', '10.0.0']]],
    ['more than 4096 octets', Array.from({ length: 17 }, () => ['User-Name', 'x'.repeat(250)])],
  ] as const)('refuses %s', (_name, attributes) => {
    const encode = () =>
      encodePacket({
        code: 1,
        identifier: 0,
        messageAuthenticator: false,
        attributes: attributes as never,
      });

    expect(codeOf(encode)).toBe('RADIUS_ENCODE');
  });
});
