/** Days and times as operators type them, in the time zone of the configuration. */
import { UsageError } from './command.ts';

const SHAPE = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2}))?$/;
const DAY_MS = 86_400_000;

/**
 * `2026-11-24` or `2026-11-24 14:05`. A day alone is its first moment, or with `end` its last: the next
 * midnight. A time that a change of clocks skips is the one after it.
 */
export function localInstant(
  text: string,
  timeZone: string,
  { option, end = false }: { option: string; end?: boolean },
): number {
  const match = SHAPE.exec(text.trim());
  const [year, month, day, hour = 0, minute = 0] = (match?.slice(1) ?? []).map((part) =>
    part === undefined ? undefined : Number(part),
  );
  const wall = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute);
  const real = match !== null && new Date(wall).toISOString().startsWith(text.trim().slice(0, 10));
  if (!real || hour > 23 || minute > 59) {
    throw new UsageError(`--${option} expects a day, 2026-11-24, or a time, "2026-11-24 14:05"`);
  }
  const whole = match[4] === undefined && end ? wall + DAY_MS : wall;
  // Twice: the first guess may lie on the other side of a change of clocks.
  return whole - offsetAt(whole - offsetAt(whole, timeZone), timeZone);
}

function offsetAt(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(at);
  return Date.parse(`${parts.replace(' ', 'T')}Z`) - Math.floor(at / 1000) * 1000;
}
