import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calendarDay } from '../lib/units.ts';
import { dayOf } from './day.ts';

describe('dayOf', () => {
  it.each(['Asia/Jakarta', 'Asia/Kathmandu', 'UTC'])('is the calendar day in %s', (timeZone) => {
    const midnight = Date.parse('2026-03-01T17:00:00Z');
    const near = fc.integer({ min: -180_000, max: 180_000 }).map((offset) => midnight + offset);
    const anywhere = fc.integer({ min: 0, max: 4_000_000_000_000 });
    fc.assert(
      fc.property(fc.array(fc.oneof(near, anywhere), { maxLength: 20 }), (instants) => {
        const day = dayOf(timeZone);

        const days = instants.map((at) => day(at));

        expect(days).toEqual(instants.map((at) => calendarDay(at, timeZone)));
      }),
    );
  });
});
