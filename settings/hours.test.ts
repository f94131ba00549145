import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hoursOfWeek, MINUTES_A_WEEK, minuteText, openAt, parseHours } from './hours.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

const minute = (day: string, time: string): number => {
  const [hour, rest] = time.split(':').map(Number);
  return DAYS.indexOf(day) * 1440 + hour! * 60 + rest!;
};

describe('opening hours', () => {
  it.each([
    ['mon-fri 06:00-22:00, sat-sun 07:00-23:00', 'mon', '05:59', false, null],
    ['mon-fri 06:00-22:00, sat-sun 07:00-23:00', 'mon', '06:00', true, 960],
    ['mon-fri 06:00-22:00, sat-sun 07:00-23:00', 'fri', '21:59', true, 1],
    ['mon-fri 06:00-22:00, sat-sun 07:00-23:00', 'fri', '22:00', false, null],
    ['mon-fri 06:00-22:00, sat-sun 07:00-23:00', 'sun', '22:30', true, 30],
    ['mon 08:00-12:00 13:00-17:00', 'mon', '12:30', false, null],
    ['mon 08:00-12:00, mon 13:00-17:00', 'mon', '13:00', true, 240],
    ['sat 20:00-02:00', 'sun', '01:00', true, 60],
    ['sun 20:00-02:00', 'sun', '23:00', true, 180],
    ['sun 20:00-02:00', 'mon', '01:30', true, 30],
    ['sun 20:00-02:00', 'mon', '02:00', false, null],
    ['sat-mon 08:00-09:00', 'sun', '08:30', true, 30],
    ['mon-sat 06:00-22:00, sun closed', 'sun', '12:00', false, null],
    ['MON-SUN 00:00-24:00', 'wed', '12:00', true, null],
    ['mon-sun 00:00-12:00 12:00-24:00', 'sun', '23:59', true, null],
    ['sun-mon 00:00-24:00', 'sun', '23:00', true, 60 + 1440],
    ['closed', 'wed', '12:00', false, null],
    // Saturday's night reaches into a Sunday that is closed otherwise.
    ['sat 20:00-02:00, sun closed', 'sun', '01:00', true, 60],
  ])('%s: %s %s', (text, day, time, open, minutesLeft) => {
    expect(openAt(parseHours(text), minute(day, time))).toEqual({ open, minutesLeft });
  });

  it.each([
    ['', 'are empty'],
    ['senin 06:00-22:00', '"senin 06:00-22:00" does not begin with days: mon, tue'],
    ['mon-fri', '"mon-fri" has no times'],
    ['mon-fri 6-22', '"6-22" in "mon-fri 6-22" is no range of the clock'],
    ['mon 24:00-25:00', 'is no range of the clock'],
    ['mon 06:00-22:60', 'is no range of the clock'],
    ['mon 06:00-22:00-23:00', 'is no range of the clock'],
    ['mon 06:00-06:00', 'is empty; the whole day is 00:00-24:00'],
    ['mon-fri 06:00-22:00, wed closed', 'wed is both closed and open'],
    ['mon closed 06:00-22:00', '"closed" in "mon closed 06:00-22:00" is no range'],
    ['mon-fri 06:00-22:00,', 'does not begin with days'],
    ['mon-tue-wed 06:00-22:00', 'does not begin with days'],
    [`${'mon 06:00-22:00, '.repeat(40)}`, 'over 500 characters'],
  ])('refuses %j and says why', (text, problem) => {
    expect(() => parseHours(text)).toThrow(
      expect.objectContaining({ code: 'RADIUS_HOURS', message: expect.stringContaining(problem) }),
    );
  });

  it('are a setting, or none when they cannot be read', () => {
    expect(hoursOfWeek.parse('mon 06:00-22:00')).toEqual(parseHours('mon 06:00-22:00'));
    expect(hoursOfWeek.parse('closed')).toEqual([]);
    expect(hoursOfWeek.parse('always')).toBeNull();
  });
});

describe('minuteText', () => {
  it.each([
    [0, 'mon 00:00'],
    [1440 + 18 * 60 + 31, 'tue 18:31'],
    [7 * 1440 - 1, 'sun 23:59'],
  ])('says %i as %s', (minute, text) => {
    expect(minuteText(minute)).toBe(text);
  });
});

describe('opening hours, whatever they are', () => {
  const clock = (at: number): string =>
    `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`;
  const range = fc
    .tuple(fc.nat(1439), fc.integer({ min: 1, max: 1440 }))
    .filter(([from, to]) => from !== to);
  const entry = fc.record({
    first: fc.nat(6),
    days: fc.integer({ min: 1, max: 7 }),
    ranges: fc.array(range, { minLength: 1, maxLength: 3 }),
  });

  it('agree with a table of every minute of the week', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), (entries) => {
        const table = new Uint8Array(MINUTES_A_WEEK);
        const text = entries.map(({ first, days, ranges }) => {
          for (let day = first; day < first + days; day += 1) {
            for (const [from, to] of ranges) {
              for (let at = from; at < (to > from ? to : to + 1440); at += 1) {
                table[(day * 1440 + at) % MINUTES_A_WEEK] = 1;
              }
            }
          }
          const times = ranges.map(([from, to]) => `${clock(from)}-${clock(to)}`);
          return `${DAYS[first]}-${DAYS[(first + days - 1) % 7]} ${times.join(' ')}`;
        });
        const hours = parseHours(text.join(', '));

        // From the end backwards, twice, so that the end of the week knows its beginning.
        const wrong: string[] = [];
        let left = Number.POSITIVE_INFINITY;
        for (let i = 2 * MINUTES_A_WEEK - 1; i >= 0; i -= 1) {
          const at = i % MINUTES_A_WEEK;
          left = table[at] === 1 ? left + 1 : 0;
          if (i >= MINUTES_A_WEEK) continue;
          const said = openAt(hours, at);
          const expected = left === 0 || left === Number.POSITIVE_INFINITY ? null : left;
          if (said.open !== (table[at] === 1) || said.minutesLeft !== expected) {
            wrong.push(`${text.join(', ')}: minute ${at} is ${JSON.stringify(said)}`);
          }
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
