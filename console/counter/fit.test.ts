import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitted, printable, twoLines } from './fit.ts';

/** Every character half as wide as the text is high. */
const measure = (text: string): number => Array.from(text).length / 2;
const room = { font: 'Helvetica', width: 100, largest: 10, smallest: 5 } as const;

describe('printable', () => {
  it.each([
    ['Kayu Ara', 'Kayu Ara'],
    ['  Sungai \n\t Lilin\u00a0', 'Sungai Lilin'],
    ['Ĺódź é', 'Lódz é'],
    ['ﬁ ①', 'fi 1'],
    ['中文', '??'],
    ['\u202eabc\u200b\u0007', 'abc'],
    ['“GRATIS” – …', '“GRATIS” – …'],
    ['\u200b', '-'],
    ['', '-'],
  ])('of %j is %j', (text, kept) => {
    expect(printable(text)).toBe(kept);
  });
});

describe('fitted', () => {
  it('is as large as it may be, then smaller, then cut', () => {
    expect(fitted('a'.repeat(10), room, measure)).toEqual({ text: 'a'.repeat(10), size: 10 });
    expect(fitted('a'.repeat(25), room, measure)).toEqual({ text: 'a'.repeat(25), size: 8 });
    expect(fitted('a'.repeat(41), room, measure)).toEqual({ text: `${'a'.repeat(39)}…`, size: 5 });
  });

  it('never leaves its room, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const { text: line, size } = fitted(text, room, measure);

        expect(measure(line) * size).toBeLessThanOrEqual(room.width);
        expect(size).toBeGreaterThanOrEqual(room.smallest);
        expect(line).toMatch(/^[^\p{C}]+$/u);
      }),
    );
  });
});

describe('twoLines', () => {
  it('breaks between phrases, and only when it must', () => {
    const some = ['1 hari', '2 GB', '1 HP'];

    expect(twoLines(some, room, measure)).toEqual(['1 hari, 2 GB, 1 HP']);
    expect(twoLines(some, { ...room, width: 60 }, measure)).toEqual(['1 hari, 2 GB', '1 HP']);
    expect(twoLines(['a'.repeat(99)], room, measure)).toEqual(['a'.repeat(99)]);
  });

  it('loses no phrase', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 1 }),
        fc.integer({ min: 1 }),
        (some, width) => {
          expect(twoLines(some, { ...room, width }, measure).join(', ')).toBe(some.join(', '));
        },
      ),
    );
  });
});
