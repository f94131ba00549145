/** The calendar day of an instant, without formatting a date per packet: it can only change on the minute. */
import { calendarDay } from '../lib/units.ts';

export type DayOf = (atMs: number) => string;

export function dayOf(timeZone: string): DayOf {
  let minute = Number.NaN;
  let day = '';
  return (atMs) => {
    const asked = Math.floor(atMs / 60_000);
    if (asked !== minute) {
      day = calendarDay(atMs, timeZone);
      minute = asked;
    }
    return day;
  };
}
