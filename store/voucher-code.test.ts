import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newVoucherCode, normalizeVoucherCode } from './voucher-code.ts';

const codes = fc.constant(null).map(() => newVoucherCode());

it('reads every code it makes, whatever the case, spaces and hyphens', () => {
  fc.assert(
    fc.property(codes, fc.array(fc.constantFrom(' ', '-', '.', '\t')), (code, noise) => {
      const bare = code.replaceAll('-', '');
      const typed = `${noise.join('')}${bare.slice(0, 3)}${noise.join('')}${bare.slice(3).toLowerCase()}`;

      expect(normalizeVoucherCode(typed)).toBe(bare);
    }),
  );
});

it('tells every single wrong character from a code', () => {
  fc.assert(
    fc.property(
      codes,
      fc.nat(11),
      fc.constantFrom(...Array.from('ACDEFGHJKMNPQRTUVWXY346789')),
      (code, at, other) => {
        const bare = code.replaceAll('-', '');
        fc.pre(bare[at] !== other);

        expect(normalizeVoucherCode(bare.slice(0, at) + other + bare.slice(at + 1))).toBeNull();
      },
    ),
  );
});

it.each(['', 'ABC', 'x'.repeat(1000), 'AAAA-AAAA-AAA0', '1234-5678-9012'])('refuses %j', (text) => {
  expect(normalizeVoucherCode(text)).toBeNull();
});
