/**
 * Hours of the week, of a village's WiFi and of work on its router: `mon-fri 06:00-22:00, sat-sun 07:00-12:00 13:00-23:00`.
 *
 * Entries are separated by commas: days, then ranges of the clock or the word `closed`. A day that is
 * not named is closed. A range whose end is not after its begin runs over midnight (`20:00-02:00`),
 * `00:00-24:00` is the whole day, and `closed` alone is never. Times are the village's own.
 */
import { SmartWifiError } from '../lib/errors.ts';
import type { ValueType } from './value-types.ts';

/**
 * Minutes of the week, from Monday 00:00, at which the WiFi opens (even places) and closes (odd ones);
 * ascending, 0 to 10,080. A range over the end of the week stands there in two parts.
 */
export type Hours = readonly number[];

export interface OpenAt {
  readonly open: boolean;
  /** Until the next closing; null when closed, or when it never closes. */
  readonly minutesLeft: number | null;
}

export const MINUTES_A_WEEK = 10_080;
const MINUTES_A_DAY = 1440;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/;
const WHOLE_DAY_END = '24:00';
const CLOSED = 'closed';
const MAX_TEXT = 500;

const CLOSED_NOW: OpenAt = { open: false, minutesLeft: null };
const ALWAYS_OPEN: OpenAt = { open: true, minutesLeft: null };

/** `RADIUS_HOURS` says which entry is wrong and what it should look like. */
export function parseHours(text: string): Hours {
  const whole = text.trim().toLowerCase();
  if (whole === CLOSED) return [];
  if (whole === '') throw refuse('opening hours are empty: write closed, or mon-sun 06:00-22:00');
  if (whole.length > MAX_TEXT) throw refuse(`opening hours are over ${MAX_TEXT} characters`);
  const ranges: [number, number][] = [];
  const closed = new Set<number>();
  const opened = new Set<number>();
  for (const entry of whole.split(',')) {
    const [days, ...times] = entry.trim().split(/\s+/);
    const named = parseDays(days!, entry);
    if (times.length === 0) throw refuse(`"${entry.trim()}" has no times: ${days} 06:00-22:00`);
    for (const day of named) (times[0] === CLOSED ? closed : opened).add(day);
    if (times[0] === CLOSED && times.length === 1) continue;
    for (const time of times) {
      const [from, to] = parseRange(time, entry);
      for (const day of named) ranges.push([day * MINUTES_A_DAY + from, day * MINUTES_A_DAY + to]);
    }
  }
  for (const day of closed) {
    if (opened.has(day)) throw refuse(`${DAYS[day]} is both closed and open`);
  }
  return merged(ranges);
}

/** `minuteOfWeek` from Monday 00:00. */
export function openAt(hours: Hours, minuteOfWeek: number): OpenAt {
  for (let i = 0; i < hours.length; i += 2) {
    if (minuteOfWeek < hours[i]!) return CLOSED_NOW;
    const end = hours[i + 1]!;
    if (minuteOfWeek >= end) continue;
    if (end < MINUTES_A_WEEK || hours[0] !== 0) {
      return { open: true, minutesLeft: end - minuteOfWeek };
    }
    // It stays open into the next week.
    const beyond = hours[1]!;
    if (beyond === MINUTES_A_WEEK) return ALWAYS_OPEN;
    return { open: true, minutesLeft: end - minuteOfWeek + beyond };
  }
  return CLOSED_NOW;
}

/** For settings. `closed` is never. */
export const hoursOfWeek: ValueType<Hours> = {
  expects: 'hours of the week, such as mon-fri 20:00-04:00, sat-sun 00:00-24:00, or closed',
  parse: (text) => {
    try {
      return parseHours(text);
    } catch (error) {
      if (error instanceof SmartWifiError) return null;
      throw error;
    }
  },
};

/** A minute of the week as operators write it: `tue 18:31`. */
export function minuteText(minuteOfWeek: number): string {
  const [day, minute] = [Math.floor(minuteOfWeek / MINUTES_A_DAY), minuteOfWeek % MINUTES_A_DAY];
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${DAYS[day]} ${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** `mon`, `mon-fri`, or `sat-mon` over the end of the week. */
function parseDays(word: string, entry: string): number[] {
  const [first, last, more] = word.split('-');
  const from = DAYS.indexOf(first!);
  const to = last === undefined ? from : DAYS.indexOf(last);
  if (from === -1 || to === -1 || more !== undefined) {
    throw refuse(`"${entry.trim()}" does not begin with days: ${DAYS.join(', ')}, or mon-fri`);
  }
  const count = ((to - from + DAYS.length) % DAYS.length) + 1;
  return Array.from({ length: count }, (_, i) => (from + i) % DAYS.length);
}

/** Minutes from the day's midnight; an end over midnight is beyond 1440. */
function parseRange(word: string, entry: string): [number, number] {
  const [begin, end, more] = word.split('-');
  const from = parseClock(begin ?? '');
  const to = end === WHOLE_DAY_END ? MINUTES_A_DAY : parseClock(end ?? '');
  if (from === null || to === null || more !== undefined) {
    throw refuse(`"${word}" in "${entry.trim()}" is no range of the clock: 06:00-22:00`);
  }
  if (from === to) {
    throw refuse(`"${word}" is empty; the whole day is 00:00-24:00, none of it is closed`);
  }
  return [from, to > from ? to : to + MINUTES_A_DAY];
}

function parseClock(text: string): number | null {
  const match = CLOCK.exec(text);
  return match === null ? null : Number(match[1]) * 60 + Number(match[2]);
}

/** What runs over the end of the week begins it; then sorted, and what touches joined. */
function merged(ranges: readonly [number, number][]): Hours {
  const within = ranges.flatMap<[number, number]>(([from, to]) =>
    to <= MINUTES_A_WEEK
      ? [[from, to]]
      : [
          [from, MINUTES_A_WEEK],
          [0, to - MINUTES_A_WEEK],
        ],
  );
  const edges: number[] = [];
  for (const [from, to] of within.toSorted((a, b) => a[0] - b[0])) {
    const last = edges.length - 1;
    if (last > 0 && from <= edges[last]!) edges[last] = Math.max(edges[last]!, to);
    else edges.push(from, to);
  }
  return edges;
}

function refuse(message: string): SmartWifiError {
  return new SmartWifiError('RADIUS_HOURS', message);
}

/** Minutes until it opens next; null while it is open, and where it never opens. */
export function minutesToOpening(hours: Hours, minuteOfWeek: number): number | null {
  if (hours.length === 0 || openAt(hours, minuteOfWeek).open) return null;
  const later = hours.find((edge, i) => i % 2 === 0 && edge > minuteOfWeek);
  return (later ?? hours[0]! + MINUTES_A_WEEK) - minuteOfWeek;
}
