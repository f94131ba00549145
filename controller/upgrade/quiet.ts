/**
 * When a router may be changed, and when it may reboot: hours of the week, as the settings of its place say, by its
 * own clock. Pure. A setting that cannot be read holds everything back: nothing happens at a time that nobody meant.
 */
import { errorCode } from '../../lib/errors.ts';
import { type Hours, MINUTES_A_WEEK, openAt } from '../../settings/hours.ts';
import { placeOf, resolveSettings, type SettingRow } from '../../settings/resolve.ts';
import type { Router } from '../../store/types.ts';
import { offsetMs } from '../backup/nightly.ts';

/** What a router's place says of work on it. */
export interface WorkHours {
  /** Null: at any time. */
  readonly window: Hours | null;
  /** No reboot may begin in these. */
  readonly notDuring: Hours;
}

const MINUTE_MS = 60_000;
/** 1970-01-01 was a Thursday. */
const EPOCH_MINUTE = 3 * 1440;
const ALL_WEEK: Hours = [0, MINUTES_A_WEEK];
const NEVER: WorkHours = { window: [], notDuring: ALL_WEEK };

/** Two reboots, an installation between them, and room for a slow link. */
export const NEEDED_MINUTES = 45;

export function workHoursOf(
  router: Pick<Router, 'id' | 'villageCode' | 'districtCode'>,
  rows: readonly SettingRow[],
): WorkHours {
  const own = rows.filter(
    ({ name }) => name.startsWith('maintenance.') || name.startsWith('upgrade.'),
  );
  try {
    const settings = resolveSettings(own, placeOf(router));
    return {
      window: settings.get('maintenance.hours'),
      notDuring: settings.get('upgrade.not-during') ?? [],
    };
  } catch (error) {
    if (errorCode(error) === 'SETTING_VALUE') return NEVER;
    throw error;
  }
}

/** Minutes since Monday 00:00 where the clock says so. */
export function minuteOfWeek(at: number, timeZone: string): number {
  const minute = Math.floor((at + offsetMs(timeZone, at)) / MINUTE_MS) + EPOCH_MINUTE;
  return ((minute % MINUTES_A_WEEK) + MINUTES_A_WEEK) % MINUTES_A_WEEK;
}

/** Whether the window, if there is one, is open. */
export function mayChangeAt({ window }: WorkHours, minute: number): boolean {
  return window === null || openAt(window, minute).open;
}

/** Whether all of the next `minutes` are quiet, and within the window. */
export function isQuiet(hours: WorkHours, minute: number, minutes = NEEDED_MINUTES): boolean {
  for (let ahead = 0; ahead <= minutes; ahead += 1) {
    const then = (minute + ahead) % MINUTES_A_WEEK;
    if (openAt(hours.notDuring, then).open || !mayChangeAt(hours, then)) return false;
  }
  return true;
}
