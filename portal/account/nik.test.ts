import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ageOf, parseNik } from './nik.ts';

const TODAY = Date.UTC(2026, 10, 24);

describe('parseNik', () => {
  it.each([
    ['1606015708900003', '1990-08-17', '16.06.01'],
    ['16.06.01-570890-0003', '1990-08-17', '16.06.01'],
    ['1606010101000001', '2000-01-01', '16.06.01'],
    ['1606012512260001', '1926-12-25', '16.06.01'],
  ])('reads %s', (text, birth, district) => {
    expect(parseNik(text, TODAY, '16.06')).toMatchObject({
      ok: true,
      birth,
      district,
      warnings: [],
    });
  });

  it.each([
    ['160601570890', 'format'],
    ['16060157089000031', 'format'],
    ['1606013102900001', 'date'],
    ['1606010113900001', 'date'],
    ['1606017102900001', 'date'],
    ['1606010102900000', 'serial'],
  ])('refuses %s', (text, why) => {
    expect(parseNik(text, TODAY)).toEqual({ ok: false, why });
  });

  it('only warns of a place that is not here, or not known', () => {
    expect(parseNik('9906010102900001', TODAY, '16.06')).toMatchObject({ warnings: ['province'] });
    expect(parseNik('3171010102900001', TODAY, '16.06')).toMatchObject({
      warnings: ['foreign district'],
    });
  });

  it('takes any text and never gives a birth in the future', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{16}$/)), (text) => {
        const nik = parseNik(text, TODAY);

        expect(nik.ok ? Date.parse(nik.birth) : 0).toBeLessThanOrEqual(TODAY);
      }),
    );
  });
});

it.each([
  ['2008-11-24', 18],
  ['2008-11-25', 17],
  ['2000-01-01', 26],
])('ageOf %s is %d', (birth, age) => {
  expect(ageOf(birth, TODAY)).toBe(age);
});
