import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCode, newCode, normalizeCode } from './unmistakable.ts';

const LENGTH = 6;

describe('a code that people read aloud', () => {
  it('is found again however it is written, and has no look-alikes', () => {
    const codes = Array.from({ length: 200 }, () => newCode(LENGTH));

    expect(codes.filter((code) => !/^[ACDEFGHJKMNPQRTUVWXY346789]{6}$/.test(code))).toEqual([]);
    expect(
      codes.map((code) => normalizeCode(` ${formatCode(code).toLowerCase()} `, LENGTH)),
    ).toEqual(codes);
  });

  it('with one character changed is no code', () => {
    fc.assert(
      fc.property(fc.nat(LENGTH - 2), fc.nat(25), (at, other) => {
        const code = newCode(LENGTH);
        const letter = 'ACDEFGHJKMNPQRTUVWXY346789'[other]!;
        const changed = code.slice(0, at) + letter + code.slice(at + 1);

        fc.pre(changed !== code);

        expect(normalizeCode(changed, LENGTH)).toBeNull();
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
