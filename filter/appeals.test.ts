import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Appeal } from '../store/types.ts';
import { countOf, foldAppeals } from './appeals.ts';

const appeal = (villageCode: string, none: number, over: Partial<Appeal> = {}): Appeal => ({
  villageCode,
  name: 'belajar.example',
  category: null,
  state: 'open',
  counts: { none, school: 0, work: 0, service: 0, other: 0 },
  firstDay: '2026-11-24',
  lastDay: '2026-11-24',
  allowedUntil: null,
  ...over,
});
const seen = (appeals: readonly Appeal[]) =>
  foldAppeals(appeals).map(({ level, code, count }) => [level, code, count]);

describe('foldAppeals', () => {
  it('names a village that appealed often enough, and counts the others with their district', () => {
    const appeals = [
      appeal('16.06.01.2001', 5),
      appeal('16.06.01.2002', 2),
      appeal('16.06.01.2003', 1),
    ];

    expect(seen(appeals)).toEqual([
      ['village', '16.06.01.2001', 5],
      ['district', '16.06.01', 3],
    ]);
  });

  it('counts with the regency what is too little for a district, and then says no number', () => {
    expect(seen([appeal('16.06.01.2002', 2), appeal('16.06.02.2003', 1)])).toEqual([
      ['regency', '16.06', 3],
    ]);
    expect(seen([appeal('16.06.01.2002', 2)])).toEqual([['regency', '16.06', null]]);
  });

  it('tells reasons only together with a number', () => {
    const counts = { none: 1, school: 2, work: 0, service: 0, other: 0 };

    expect(foldAppeals([appeal('16.06.01.2001', 0, { counts })])[0]?.reasons).toEqual({
      school: 2,
    });
    expect(
      foldAppeals([appeal('16.06.01.2001', 0, { counts: { ...counts, school: 1 } })])[0],
    ).toMatchObject({ count: null, reasons: {} });
  });

  it('never shows a place with fewer than three, and loses none', () => {
    const many = fc.array(
      fc.record({
        village: fc.integer({ min: 1, max: 6 }),
        district: fc.nat(3),
        n: fc.integer({ min: 1, max: 4 }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(many, (places) => {
        const byVillage = new Map<string, number>();
        for (const { village, district, n } of places) {
          const code = `16.06.0${district}.200${village}`;
          byVillage.set(code, (byVillage.get(code) ?? 0) + n);
        }
        const appeals = [...byVillage].map(([code, n]) => appeal(code, n));
        const lines = foldAppeals(appeals);
        const sum = appeals.reduce((all, one) => all + countOf(one), 0);
        const told = lines.reduce((all, { count }) => all + (count ?? 0), 0);

        expect(lines.filter(({ count }) => count !== null && count < 3)).toEqual([]);
        expect(lines.filter(({ count, level }) => count === null && level !== 'regency')).toEqual(
          [],
        );
        expect(sum - told).toBeLessThan(3);
      }),
    );
  });
});
