/** Whether a village is open, and when it opens next. */
import { minutesToOpening, openAt, parseHours } from '../settings/hours.ts';
import { localTimeIn } from '../settings/local-time.ts';
import type { Router } from '../store/types.ts';

export interface Opening {
  readonly open: boolean;
  /** The next time that it opens; null while it is open, and where it never opens. */
  readonly opensAt: number | null;
}

/** Null where no hours are set: it is always open. */
export function openingAt(
  { openingHours }: Pick<Router, 'openingHours'>,
  timeZone: string,
  at: number,
): Opening | null {
  if (openingHours === null) return null;
  const hours = parseHours(openingHours);
  const { minuteOfWeek } = localTimeIn(timeZone)(at);
  const minutes = minutesToOpening(hours, minuteOfWeek);
  const minute = Math.floor(at / 60_000) * 60_000;
  return {
    open: openAt(hours, minuteOfWeek).open,
    opensAt: minutes === null ? null : minute + minutes * 60_000,
  };
}
