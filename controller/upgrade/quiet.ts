/**
 * When a router may reboot: not in the hours of prayer, not in office hours, not in the evening that most
 * people are online in. Pure. The windows of prayer hold for all of Indonesia the year round (latitudes
 * 6° N to 11° S, the middle of its zones give or take half an hour); the evening covers tarawih.
 */
import { offsetMs } from '../backup/nightly.ts';

/** Minutes of the local day, from inclusive to exclusive. */
type Window = readonly [from: number, to: number];

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
const FRIDAY = 5;

const at = (hour: number, minute: number): number => hour * 60 + minute;

const SUBUH: Window = [at(3, 50), at(5, 40)];
const DZUHUR: Window = [at(11, 25), at(12, 50)];
const JUMAT: Window = [at(11, 0), at(13, 30)];
const ASHAR: Window = [at(14, 35), at(15, 50)];
const EVENING: Window = [at(17, 20), at(21, 30)];
const OFFICE: Window = [at(7, 30), at(16, 0)];

/** Two reboots, an installation between them, and room for a slow link. */
export const NEEDED_MINUTES = 45;

/** Whether all of the next `minutes` are quiet where the router stands. */
export function isQuiet(now: number, timeZone: string, minutes = NEEDED_MINUTES): boolean {
  const local = Math.floor((now + offsetMs(timeZone, now)) / MINUTE_MS);
  for (let ahead = 0; ahead <= minutes; ahead++) {
    if (isBusy(local + ahead)) return false;
  }
  return true;
}

/** `minute`: local minutes since 1970-01-01, a Thursday. */
function isBusy(minute: number): boolean {
  const ofDay = minute % DAY_MINUTES;
  const weekday = (Math.floor(minute / DAY_MINUTES) + 4) % 7;
  const isWorkday = weekday >= 1 && weekday <= FRIDAY;
  const windows = [SUBUH, weekday === FRIDAY ? JUMAT : DZUHUR, ASHAR, EVENING];
  if (isWorkday) windows.push(OFFICE);
  return windows.some(([from, to]) => ofDay >= from && ofDay < to);
}
