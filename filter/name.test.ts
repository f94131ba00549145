import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../test/fixtures/campaign.ts';
import {
  ADDRESS,
  fromWire,
  INVALID,
  requireWire,
  SINGLE_LABEL,
  toWire,
  writeName,
} from './name.ts';

function write(text: string | Uint8Array): number {
  const octets = typeof text === 'string' ? Buffer.from(text) : text;
  return writeName(octets, 0, octets.length, new Uint8Array(256));
}

const canonical = (text: string): string | null => {
  const wire = toWire(text);
  return wire === null ? null : fromWire(wire);
};

describe('names from text', () => {
  it.each([
    ['Contoh.ID', 'contoh.id'],
    ['contoh.id.', 'contoh.id'],
    ['*.contoh.id', 'contoh.id'],
    ['_dns.resolver.arpa', '_dns.resolver.arpa'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['ПРИМЕР.рф', 'xn--e1afmkfd.xn--p1ai'],
    ['1.2.3.4.in-addr.arpa', '1.2.3.4.in-addr.arpa'],
  ])('reads %s as %s', (text, name) => {
    expect(canonical(text)).toBe(name);
  });

  it.each([
    ['', INVALID],
    ['.', INVALID],
    ['a..id', INVALID],
    ['.a.id', INVALID],
    ['http://a.id/x', INVALID],
    ['||a.id^', INVALID],
    ['a b.id', INVALID],
    [`${'a'.repeat(64)}.id`, INVALID],
    ['localhost', SINGLE_LABEL],
    ['10.0.0.1', ADDRESS],
    ['1', ADDRESS],
    ['::1', ADDRESS],
    ['2001:DB8::a', ADDRESS],
    ['１２７.0.0.1', ADDRESS],
  ])('judges "%s" as %i', (text, outcome) => {
    expect(write(text)).toBe(outcome);
  });

  it('takes 63 octets a label and 255 a name, no more', () => {
    const label = 'a'.repeat(63);
    const longest = `${label}.${label}.${label}.${'a'.repeat(58)}.id`;

    expect(write(longest)).toBe(255);
    expect(write(`${label}.${label}.${label}.${'a'.repeat(59)}.id`)).toBe(INVALID);
  });

  it('refuses configuration that is no name', () => {
    expect(() => requireWire('id')).toThrow(
      expect.objectContaining({ code: 'FILTER_NAME_INVALID' }),
    );
  });

  it('never throws, never writes past a name, and reads its own output the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        const wire = new Uint8Array(300).fill(0xee);
        const size = writeName(octets, 0, octets.length, wire);

        expect(size).toBeLessThanOrEqual(255);
        expect(wire.subarray(256).every((octet) => octet === 0xee)).toBe(true);
        const again = size > 0 ? toWire(fromWire(wire)) : null;
        expect(again).toEqual(size > 0 ? wire.slice(0, size) : null);
      }),
      campaign(20_000),
    );
  });
});
