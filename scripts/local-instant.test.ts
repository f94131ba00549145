import { describe, expect, it } from 'vitest';
import { localInstant } from './local-instant.ts';

describe('localInstant', () => {
  it.each([
    ['2026-11-24', 'Asia/Jakarta', false, '2026-11-23T17:00:00.000Z'],
    ['2026-11-24', 'Asia/Jakarta', true, '2026-11-24T17:00:00.000Z'],
    ['2026-11-24 14:05', 'Asia/Jayapura', true, '2026-11-24T05:05:00.000Z'],
    ['2026-11-24T14:05', 'UTC', false, '2026-11-24T14:05:00.000Z'],
  ])('%s in %s (end %s) is %s', (text, zone, end, iso) => {
    expect(new Date(localInstant(text, zone, { option: 'from', end })).toISOString()).toBe(iso);
  });

  it.each(['24-11-2026', '2026-02-30', '2026-11-24 24:00', '2026-11-24 14:60', 'besok', ''])(
    'refuses %j',
    (text) => {
      expect(() => localInstant(text, 'UTC', { option: 'from' })).toThrow('--from expects a day');
    },
  );
});
