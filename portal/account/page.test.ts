import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { translator } from '../i18n.ts';
import { createWording, type Wording } from '../wording.ts';
import { dayRows, phoneLine, weekRows } from './page.ts';

const words = translator('id');
const wording = createWording('id', 'Asia/Jakarta');
/** Amounts as bare numbers, so that they can be summed. */
const bare: Wording = { ...wording, octets: String, seconds: () => '' };
const phone = {
  handle: 'h',
  kind: 'android',
  label: null,
  onlineSince: null,
  rememberedUntil: null,
  isThis: false,
};

describe('use by week', () => {
  it('begins on Monday', () => {
    const rows = weekRows(
      ['2026-11-24', '2026-11-23', '2026-11-22'].map((day) => ({
        day,
        octets: 1_000_000,
        seconds: 60,
        sessions: 1,
      })),
      words,
      wording,
    );

    expect(rows.map(({ label }) => label)).toEqual([
      'Minggu mulai Sen, 23 Nov',
      'Minggu mulai Sen, 16 Nov',
    ]);
    expect(rows[0]?.value).toBe('2,0 MB, 2 menit');
  });

  it('loses nothing of what the days have, and counts nothing twice', () => {
    const day = fc.record({ ago: fc.nat(400), octets: fc.nat(1e9) }).map(({ ago, octets }) => ({
      day: new Date(Date.UTC(2026, 10, 24 - ago)).toISOString().slice(0, 10),
      ...{ octets, seconds: 0, sessions: 0 },
    }));
    fc.assert(
      fc.property(fc.array(day, { maxLength: 40 }), (days) => {
        const sum = (rows: { value: string }[]): number =>
          rows.reduce((all, { value }) => all + Number.parseInt(value, 10), 0);

        expect(sum(weekRows(days, words, bare))).toBe(sum(dayRows(days, bare)));
      }),
    );
  });
});

describe('a phone of the own account', () => {
  it.each([
    [
      { onlineSince: Date.UTC(2026, 10, 24, 3) },
      'HP Android',
      'Tersambung sejak 24 November 2026 pukul 10.00 WIB',
    ],
    [
      { rememberedUntil: Date.UTC(2026, 11, 1, 3) },
      'HP Android',
      'Diingat sampai 1 Desember 2026 pukul 10.00 WIB',
    ],
    [
      { label: 'printer sekolah', rememberedUntil: Number.MAX_SAFE_INTEGER },
      'printer sekolah',
      'Perangkat tetap',
    ],
    [
      { kind: '<b>', onlineSince: Date.UTC(2026, 10, 24, 3) },
      'Perangkat lain',
      'Tersambung sejak 24 November 2026 pukul 10.00 WIB',
    ],
  ])('%j is called %s, %s', (over, name, state) => {
    expect(phoneLine({ ...phone, ...over }, words, wording)).toMatchObject({ name, state });
  });
});
