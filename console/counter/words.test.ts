import { expect, it } from 'vitest';
import { AT, tariff } from './card.fixture.ts';
import { checkSelling, formatRupiah } from './selling.ts';
import { allowanceWords, CARD_WORDS, validityWords } from './words.ts';

const open = { ...tariff, dailyOctets: null, validitySeconds: null };

it.each([
  [tariff, '1 hari, 2 GB, 1 HP', '1 d, 2 GB, 1 phone'],
  [
    { ...tariff, validitySeconds: 7 * 86_400 },
    '7 hari, 2 GB per hari, 1 HP',
    '7 d, 2 GB a day, 1 phone',
  ],
  [open, 'tanpa batas kuota, 1 HP', 'unlimited data, 1 phone'],
  [
    { ...open, weeklyOctets: 1.5e9, dailySeconds: 9000, devices: 3 },
    '1,5 GB per minggu, 2 jam 30 menit per hari, 3 HP',
    '1.5 GB a week, 2 h 30 min a day, 3 phones',
  ],
  // A session is no allowance where one may log in again; it is where nothing else limits.
  [{ ...tariff, sessionOctets: 1e8 }, '1 hari, 2 GB, 1 HP', '1 d, 2 GB, 1 phone'],
  [
    { ...open, sessionSeconds: 3600 },
    'tanpa batas kuota, 1 jam sekali masuk, 1 HP',
    'unlimited data, 1 h per login, 1 phone',
  ],
  [
    { ...open, fairUse: [{ period: 'month', afterOctets: 2e10, rate: 'block' }] as const },
    '20 GB per bulan, 1 HP',
    '20 GB a month, 1 phone',
  ],
  [
    {
      ...open,
      fairUse: [{ period: 'day', afterOctets: 1e9, rate: { downKbps: 512, upKbps: 512 } }] as const,
    },
    'tanpa batas kuota, 1 HP',
    'unlimited data, 1 phone',
  ],
])('says what a tariff allows (%#)', (one, indonesian, english) => {
  expect(allowanceWords(one, 'id').join(', ')).toBe(indonesian);
  expect(allowanceWords(one, 'en').join(', ')).toBe(english);
});

it('says from when a voucher is valid', () => {
  expect(validityWords(tariff, 'id')).toBe('Berlaku 1 hari sejak pertama dipakai');
  expect(validityWords(open, 'id')).toBe('Tanpa batas masa berlaku');
  expect(validityWords(tariff, 'en')).toBe('Valid for 1 d from first use');
});

it('writes dates as the village does, on its own day', () => {
  const late = AT + 14.5 * 3_600_000;

  expect(CARD_WORDS.id.date(late, 'Asia/Jakarta')).toBe('25 Nov 2026');
  expect(CARD_WORDS.id.date(late, 'UTC')).toBe('24 Nov 2026');
});

it('writes prices as Indonesians do', () => {
  expect([500_000, 100, 1_234_500_000].map(formatRupiah)).toEqual([
    'Rp 5.000',
    'Rp 1',
    'Rp 12.345.000',
  ]);
});

it('lets nothing have a price without a permit, and names the cure', () => {
  const priced = { name: 'jual', priceMinor: 500_000 };

  expect(() => checkSelling(priced, undefined)).toThrow(
    expect.objectContaining({
      code: 'CONSOLE_SELLING_OFF',
      message: expect.stringContaining('set selling.permit and selling.partner'),
    }),
  );
  expect(() => checkSelling(priced, { permit: '1', partner: 'x' })).not.toThrow();
  expect(() => checkSelling({ ...priced, priceMinor: null }, undefined)).not.toThrow();
});
