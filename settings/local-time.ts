/**
 * Calendar and clock of a village, in which quotas are counted and opening hours are told.
 *
 * Formatting a date costs tens of microseconds, and the answer can only change on the minute: the last
 * one is remembered.
 */
export interface LocalMinute {
  /** `2026-11-24` */
  readonly day: string;
  /** `2026-11-24T10` */
  readonly hour: string;
  /** From Monday 00:00. */
  readonly minuteOfWeek: number;
}

export type LocalTime = (atMs: number) => LocalMinute;

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const MINUTES_A_DAY = 1440;

/** Local times by IANA zone; of a village without one, `otherwise`. */
export function localTimes(otherwise: string): (timeZone: string | null) => LocalTime {
  const zones = new Map<string, LocalTime>();
  return (timeZone) => {
    const zone = timeZone ?? otherwise;
    let local = zones.get(zone);
    if (local === undefined) {
      local = localTimeIn(zone);
      zones.set(zone, local);
    }
    return local;
  };
}

export function localTimeIn(timeZone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  let minute = Number.NaN;
  let known: LocalMinute = { day: '', hour: '', minuteOfWeek: 0 };
  return (atMs) => {
    const asked = Math.floor(atMs / 60_000);
    if (asked !== minute) {
      known = read(format, asked * 60_000);
      minute = asked;
    }
    return known;
  };
}

function read(format: Intl.DateTimeFormat, atMs: number): LocalMinute {
  const parts = Object.fromEntries(
    format.formatToParts(atMs).map(({ type, value }) => [type, value]),
  );
  const day = `${parts.year}-${parts.month}-${parts.day}`;
  const minutes = Number(parts.hour) * 60 + Number(parts.minute);
  return {
    day,
    hour: `${day}T${parts.hour}`,
    minuteOfWeek: WEEKDAYS.indexOf(parts.weekday!) * MINUTES_A_DAY + minutes,
  };
}
