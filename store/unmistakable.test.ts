import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCode, newCode, normalizeCode } from './unmistakable.ts';

const LENGTH = 6;

describe('a code that people read aloud', () => {
  it('is found again however it is written, and has no look-alikes', () => {
    for (let i = 0; i < 200; i += 1) {
      const code = newCode(LENGTH);

      expect(code).toMatch(/^[ACDEFGHJKMNPQRTUVWXY346789]{6}$/);
      expect(normalizeCode(` ${formatCode(code).toLowerCase()} `, LENGTH)).toBe(code);
    }
  });

  it('with one character changed is no code', () => {
    fc.assert(
      fc.property(fc.nat(LENGTH - 2), fc.nat(25), (at, other) => {
        const code = newCode(LENGTH);
        const letter = 'ACDEFGHJKMNPQRTUVWXY346789'[other]!;
        const changed = code.slice(0, at) + letter + code.slice(at + 1);

        if (changed !== code) expect(normalizeCode(changed, LENGTH)).toBeNull();
      }),
    );
  });

  it('of another length, or any text, is none and breaks nothing', () => {
    expect(normalizeCode(newCode(LENGTH), LENGTH + 1)).toBeNull();
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const code = normalizeCode(text, LENGTH);
        expect(code === null || code.length === LENGTH).toBe(true);
      }),
    );
  });
});
