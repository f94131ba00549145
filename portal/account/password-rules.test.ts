import fc from 'fast-check';
import { expect, it } from 'vitest';
import { weakness } from './password-rules.ts';

const PHONE = '+6281234567890';

it.each([
  ['rumahku', 'short'],
  ['x'.repeat(129), 'long'],
  ['081234567890', 'phone'],
  ['siti +62 812-3456-7890', 'phone'],
  ['KataSandi123', 'common'],
  ['11111111', 'common'],
  ['1234567890', 'common'],
  ['87654321', 'common'],
  ['abcdefgh', 'common'],
  ['rumah biru di tepi musi', null],
  ['kopi-susu-7', null],
])('%s: %s', (password, because) => {
  expect(weakness(password, PHONE)).toBe(because);
});

it('refuses whatever holds the own number', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), (before, after) => {
      fc.pre(!/\d/.test(before + after));

      expect(weakness(`${before}81234567890${after}`, PHONE)).toBe('phone');
    }),
  );
});
