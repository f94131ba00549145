import { describe, expect, it } from 'vitest';
import { isQuiet, mayChangeAt, minuteOfWeek, workHoursOf } from './quiet.ts';

const PLACE = { id: 'r1', villageCode: '16.06.01.1009', districtCode: '16.06.01' };

describe('hours of work', () => {
  const set = (name: string, value: string, level: 'village' | 'regency' = 'village') => ({
    ...{ level, code: level === 'village' ? PLACE.villageCode : '16.06', name, value },
  });
  const minute = (text: string) =>
    minuteOfWeek(Date.parse(`2026-11-24T${text}:00+07:00`), 'Asia/Jakarta');

  it('of a village that knows its own prayers are its own', () => {
    const hours = workHoursOf(PLACE, [
      set('upgrade.not-during', 'mon-sun 12:00-12:30'),
      set('upgrade.not-during', 'mon-sun 00:00-24:00', 'regency'),
    ]);

    expect(isQuiet(hours, minute('10:00'))).toBe(true);
    expect(isQuiet(hours, minute('11:20'))).toBe(false);
    expect(isQuiet(hours, minute('12:30'))).toBe(true);
  });

  it('may be never, or all week', () => {
    const never = workHoursOf(PLACE, [set('upgrade.not-during', 'closed')]);

    expect([0, 5000, 10_079].map((at) => isQuiet(never, at))).toEqual([true, true, true]);
    expect(mayChangeAt(workHoursOf(PLACE, [set('maintenance.hours', 'closed')]), 77)).toBe(false);
  });

  it('let a reboot begin only where it is over within the window', () => {
    const hours = workHoursOf(PLACE, [
      set('upgrade.not-during', 'closed'),
      set('maintenance.hours', 'tue 01:00-02:00'),
    ]);

    expect(mayChangeAt(hours, minute('01:59'))).toBe(true);
    expect(mayChangeAt(hours, minute('02:00'))).toBe(false);
    expect(isQuiet(hours, minute('01:14'))).toBe(true);
    expect(isQuiet(hours, minute('01:16'))).toBe(false);
  });

  it('that cannot be read hold everything back', () => {
    const hours = workHoursOf(PLACE, [set('maintenance.hours', 'whenever')]);

    expect(mayChangeAt(hours, 0)).toBe(false);
    expect(isQuiet(hours, 0)).toBe(false);
  });

  it('begin on Monday at midnight, whatever the zone', () => {
    expect(minuteOfWeek(Date.parse('2026-11-23T00:00:00+07:00'), 'Asia/Jakarta')).toBe(0);
    expect(minuteOfWeek(Date.parse('2026-11-22T23:59:00+08:00'), 'Asia/Makassar')).toBe(10_079);
  });
});

describe('isQuiet', () => {
  it.each([
    ['Tuesday 22:00', '2026-11-24T22:00', true],
    ['Tuesday 00:30', '2026-11-24T00:30', true],
    ['Tuesday 03:20, too near to Subuh', '2026-11-24T03:20', false],
    ['Tuesday 06:00', '2026-11-24T06:00', true],
    ['Tuesday 10:00, office', '2026-11-24T10:00', false],
    ['Sunday 10:00', '2026-11-22T10:00', true],
    ['Sunday 10:50, Dzuhur is near', '2026-11-22T10:50', false],
    ['Sunday 15:00, Ashar', '2026-11-22T15:00', false],
    ['Saturday 18:00, Maghrib', '2026-11-21T18:00', false],
    ['Friday 11:05, Jumat', '2026-11-27T11:05', false],
  ])('%s', (_when, local, quiet) => {
    const hours = workHoursOf(PLACE, []);
    const at = (zone: string, offset: string) =>
      isQuiet(hours, minuteOfWeek(Date.parse(`${local}:00${offset}`), zone));
    expect(at('Asia/Jakarta', '+07:00')).toBe(quiet);
    expect(at('Asia/Jayapura', '+09:00')).toBe(quiet);
  });
});
