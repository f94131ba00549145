import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInterfaceId, formatIpv6, parseInterfaceId, parseIpv6 } from './ipv6.ts';

const octets = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

describe('IPv6 text', () => {
  it.each([
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['20010db8000000000000000000000000', '2001:db8::'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['20010db8000100010001000100010001', '2001:db8:1:1:1:1:1:1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['20010db8000000000001000000000000', '2001:db8:0:0:1::'],
    ['fe8000000000000002000000000000ab', 'fe80::200:0:0:ab'],
    ['00010000000000000000000000000000', '1::'],
  ])('RFC 5952 §4: %s is %s', (hex, text) => {
    expect(formatIpv6(octets(hex))).toBe(text);
    expect(parseIpv6(text)).toEqual(octets(hex));
  });

  it.each([
    ['::ffff:10.1.2.3', '00000000000000000000ffff0a010203'],
    ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
    ['2001:DB8:0:0::A', '20010db800000000000000000000000a'],
  ])('reads %s too', (text, hex) => {
    expect(parseIpv6(text)).toEqual(octets(hex));
  });

  it.each(['', ':', '10.0.0.1', '2001:db8', '1::2::3', 'fe80::1%eth0', '::g', '1:2:3:4:5:6:7:8:9'])(
    'refuses %j',
    (text) => {
      expect(parseIpv6(text)).toBeNull();
    },
  );

  it('comes back from any sixteen octets, and Node reads the same address', () => {
    const sparse = fc.oneof(fc.constant(0), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(sparse, { minLength: 16, maxLength: 16 }), (list) => {
        const value = Uint8Array.from(list);
        const text = formatIpv6(value);
        const node = new SocketAddress({ address: text, family: 'ipv6' }).address;

        expect(parseIpv6(text)).toEqual(value);
        expect(parseIpv6(node)).toEqual(value);
      }),
    );
  });
});

describe('interface identifiers', () => {
  it('are four groups of four digits', () => {
    expect(formatInterfaceId(octets('00005efe0a010203'))).toBe('0000:5efe:0a01:0203');
    expect(parseInterfaceId('0:5EFE:a01:203')).toEqual(octets('00005efe0a010203'));
  });

  it.each(['', '1:2:3', '1:2:3:4:5', '1:2:3:g', '::1', '12345:1:1:1'])('refuse %j', (text) => {
    expect(parseInterfaceId(text)).toBeNull();
  });
});
