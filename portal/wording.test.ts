import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWording } from './wording.ts';

const MONTHS =
  'Januari|Februari|Maret|April|Mei|Juni|Juli|Agustus|September|Oktober|November|Desember';
const ENGLISH_MONTHS =
  'January|February|March|April|May|June|July|August|September|October|November|December';
const instants = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2040, 0, 1) });
const zones = fc.constantFrom('Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura');

/** One amount in a language, whatever it is: `1,5 GB`, `1.234 TB`. */
const amount = (decimal: string, thousand: string, units: string) =>
  new RegExp(`^\\d{1,3}(?:\\${thousand}\\d{3})*(?:\\${decimal}\\d)? (?:${units})$`);

describe('Indonesian wording', () => {
  it.each([
    [1_500_000_000, '1,5 GB'],
    [380_000_000, '380 MB'],
    [1_234_500_000_000_000, '1.235 TB'],
  ])('writes %d octets as %s', (octets, text) => {
    expect(createWording('id', 'Asia/Jakarta').octets(octets)).toBe(text);
  });

  it('writes days, times and amounts as Indonesians do, at any time of any year', () => {
    fc.assert(
      fc.property(
        instants,
        zones,
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.integer({ min: 1, max: 10_000_000 }),
        (at, zone, octets, kbps) => {
          const wording = createWording('id', zone);

          expect(wording.instant(at)).toMatch(
            new RegExp(`^[1-9]\\d? (?:${MONTHS}) 20\\d\\d pukul [012]\\d\\.[0-5]\\d WI(?:B|TA|T)$`),
          );
          expect(wording.clockTime(at)).toMatch(/^[012]\d\.[0-5]\d WI(?:B|TA|T)$/);
          expect(wording.day(new Date(at).toISOString().slice(0, 10))).toMatch(
            /^(?:Sen|Sel|Rab|Kam|Jum|Sab|Min), [1-9]\d? (?:Jan|Feb|Mar|Apr|Mei|Jun|Jul|Agu|Sep|Okt|Nov|Des)$/,
          );
          expect(wording.octets(octets)).toMatch(amount(',', '.', 'B|KB|MB|GB|TB'));
          expect(wording.rate(kbps)).toMatch(amount(',', '.', 'kbps|Mbps'));
          expect(wording.seconds(octets % 10_000_000)).toMatch(
            /^(?:\d+ (?:hari|jam|menit|detik))(?: \d+ (?:jam|menit|detik))?$/,
          );
        },
      ),
    );
  });

  it('names the hour of midnight, which no clock here calls 24', () => {
    const midnight = Date.UTC(2026, 10, 24, 17);

    expect(createWording('id', 'Asia/Jakarta').instant(midnight)).toBe(
      '25 November 2026 pukul 00.00 WIB',
    );
  });
});

it('English wording has the hours of a day, too', () => {
  fc.assert(
    fc.property(instants, zones, (at, zone) => {
      expect(createWording('en', zone).instant(at)).toMatch(
        new RegExp(`^[1-9]\\d? (?:${ENGLISH_MONTHS}) 20\\d\\d at [012]\\d:[0-5]\\d WI(?:B|TA|T)$`),
      );
    }),
  );
});
