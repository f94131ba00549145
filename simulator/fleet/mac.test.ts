import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeMac } from '../../lib/mac.ts';
import { phoneMac } from './mac.ts';

describe('phoneMac', () => {
  it('is a MAC address in canonical form that says it was made up', () => {
    expect(phoneMac(0, 0)).toBe('02:00:00:00:00:00');
    expect(phoneMac(241, 65_536)).toBe('02:00:F1:01:00:00');
    expect(normalizeMac(phoneMac(1, 2))).toBe(phoneMac(1, 2));
    // Second hex digit 2, 6, A or E: locally administered, as phones make theirs up.
    expect(phoneMac(1, 2)).toMatch(/^.[26AE]/);
  });

  it('is another one for every phone', () => {
    const phone = fc.tuple(fc.nat(0xffff), fc.nat(0xffffff));
    fc.assert(
      fc.property(phone, phone, (a, b) => {
        const same = a[0] === b[0] && a[1] === b[1];

        expect(phoneMac(...a) === phoneMac(...b)).toBe(same);
      }),
    );
  });
});
