import fc from 'fast-check';
import { expect, it } from 'vitest';
import { normalizeMac } from './mac.ts';

const CANONICAL = 'AA:BB:CC:0D:1E:2F';

it.each([CANONICAL, 'aa:bb:cc:0d:1e:2f', 'AA-BB-CC-0D-1E-2F', 'aabb.cc0d.1e2f', 'AABBCC0D1E2F'])(
  '%s has one form',
  (text) => {
    expect(normalizeMac(text)).toBe(CANONICAL);
  },
);

it.each([
  '',
  'AA:BB:CC:0D:1E',
  'AA:BB:CC:0D:1E:2G',
  'AA:BB:CC:0D:1E:2F ',
  'AA:BB:CC:0D:1E:2F:00',
  'AABB:CC:0D:1E:2F',
])('%j is no address', (text) => {
  expect(normalizeMac(text)).toBeNull();
});

it('what came out once comes out again as it is', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const octets = fc.array(octet, { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(octets, fc.constantFrom(':', '-', ''), fc.boolean(), (parts, separator, upper) => {
      const text = parts.map((part) => part.toString(16).padStart(2, '0')).join(separator);
      const canonical = normalizeMac(upper ? text.toUpperCase() : text);

      expect(canonical).not.toBeNull();
      expect(normalizeMac(canonical!)).toBe(canonical);
    }),
  );
});
