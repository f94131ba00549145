import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../settings/known.ts';
import { resolveSettings } from '../../settings/resolve.ts';
import { endOfDay, endOfMonth, graceCharges, sendCharges } from './charges.ts';
import { CODE_TRIES } from './sender.ts';

const PLACE = { routerId: null, villageCode: 'v', districtCode: 'd', regencyCode: 'r' };
const ASKER = { phone: '+6281234567890', mac: 'AA:BB:CC:00:00:01', routerId: 'r1' };

describe('the end of a day', () => {
  it.each([
    ['2026-11-24T16:59:59.999Z', 'Asia/Jakarta', '2026-11-24T17:00:00.000Z'],
    ['2026-11-24T17:00:00.000Z', 'Asia/Jakarta', '2026-11-25T17:00:00.000Z'],
    ['2026-11-24T15:30:00.500Z', 'Asia/Jayapura', '2026-11-25T15:00:00.000Z'],
  ])('%s in %s is %s', (at, zone, end) => {
    expect(new Date(endOfDay(Date.parse(at), zone)).toISOString()).toBe(end);
  });

  it('is of the month on its last day', () => {
    const at = Date.parse('2026-12-31T16:59:59Z');

    expect(endOfMonth(at, 'Asia/Jakarta')).toBe(endOfDay(at, 'Asia/Jakarta'));
    expect(new Date(endOfMonth(at + 1000, 'Asia/Jakarta')).toISOString()).toBe(
      '2027-01-31T17:00:00.000Z',
    );
  });

  it('comes within a day, and is the same for every instant of the day', () => {
    const instant = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2060, 0) });
    fc.assert(
      fc.property(instant, fc.constantFrom('Asia/Jakarta', 'Asia/Makassar', 'UTC'), (at, zone) => {
        const end = endOfDay(at, zone);

        expect(end).toBeGreaterThan(at);
        expect(end - at).toBeLessThanOrEqual(86_400_000);
        expect(endOfDay(end - 1, zone)).toBe(end);
        expect(endOfMonth(at, zone)).toBeGreaterThanOrEqual(end);
      }),
    );
  });
});

it('a number’s code is guessed in a year of days with a chance below 1 %', () => {
  const perDay = Number(SETTINGS['portal.otp.per-phone'].fallback) * CODE_TRIES;

  expect(1 - (1 - 1e-6) ** (perDay * 365)).toBeLessThan(0.01);
});

describe('what a code is charged to', () => {
  it('is number, phone and router, as the village has it', () => {
    const settings = resolveSettings(
      [{ level: 'village', code: 'v', name: 'portal.otp.per-phone', value: '2' }],
      PLACE,
    );

    expect(
      sendCharges(ASKER, settings, 9).map(({ scope, most, gapMs }) => [scope, most, gapMs]),
    ).toEqual([
      ['phone', 2, 60_000],
      ['mac', 6, 60_000],
      ['router', 300, 0],
    ]);
  });

  it('is no number where none was given', () => {
    const settings = resolveSettings([], PLACE);

    const scopes = graceCharges({ ...ASKER, phone: null }, settings, 9).map(({ scope }) => scope);
    expect(scopes).toEqual(['grace mac', 'grace router']);
  });
});
