import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBackupDue, offsetMs } from './nightly.ts';

const HOUR = 3_600_000;
const router = (id: string) => ({ id, createdAt: 0 });
const WIB = 7 * HOUR;
const instant = fc.integer({ min: 1_790_000_000_000, max: 1_830_000_000_000 });

describe('isBackupDue', () => {
  it('comes once a night, between one and three where the router stands', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.constantFrom('Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura'),
        instant,
        (id, zone, at) => {
          const one = router(id);
          // From one noon there to the third after it: three whole nights.
          const start = at - ((at + offsetMs(zone, at)) % (24 * HOUR)) + 12 * HOUR;
          let checkedAt = start;
          const hours: number[] = [];
          for (let now = start; now < start + 72 * HOUR; now += HOUR / 6) {
            if (!isBackupDue(one, checkedAt, now, offsetMs(zone, now))) continue;
            checkedAt = now;
            hours.push(((now + offsetMs(zone, now)) / HOUR) % 24);
          }

          expect(hours).toHaveLength(3);
          expect(hours.every((hour) => hour >= 1 && hour < 3.2)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('does not forget a router that was away', () => {
    const night = Date.parse('2026-11-24T20:30:00Z');

    expect(isBackupDue(router('a'), night - 72 * HOUR, night + 8 * HOUR, WIB)).toBe(true);
    expect(isBackupDue(router('a'), night, night + 8 * HOUR, WIB)).toBe(false);
  });
});

describe('offsetMs', () => {
  it.each([
    ['Asia/Jakarta', 7],
    ['Asia/Makassar', 8],
    ['Asia/Jayapura', 9],
  ])('%s is %d hours ahead', (zone, hours) => {
    expect(offsetMs(zone, Date.parse('2026-11-24T16:59:59.500Z'))).toBe(hours * HOUR);
  });
});
