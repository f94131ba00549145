/**
 * While the server is away a router's own scripts change some of our rows (`desired/outage.ts`). That is
 * no drift: such a row is right when it is as the watch over it says. A row that is in neither state, or
 * in the state of the other time, is planned back to the one that holds; a router whose script failed
 * halfway is mended the same way. A script waits whether one lost probe was all: for so long, and for the
 * time that reading takes, either state is right. Pure.
 */
import { TAG } from './desired/menu.ts';
import type { DesiredMenu, DesiredRow } from './desired/types.ts';
import { normalise } from './normalise.ts';
import type { Observed, ObservedRow } from './plan.ts';

const WATCHES = '/tool/netwatch';
const CLOCK = '/system/clock';
/** Scripts decide within 40 s (`undecidedSeconds`); a slow link needs a minute to be read. */
const UNDECIDED_MS = 120_000;

/** The menu with each watched row as it should be just now. */
export function asWatched(
  menu: DesiredMenu,
  rows: readonly ObservedRow[],
  observed: Observed,
): DesiredMenu {
  if (menu.rows.every((row) => row.during === undefined)) return menu;
  return { ...menu, rows: menu.rows.map((row) => rowNow(menu, row, rows, observed)) };
}

function rowNow(
  menu: DesiredMenu,
  row: DesiredRow,
  rows: readonly ObservedRow[],
  observed: Observed,
): DesiredRow {
  if (row.during === undefined) return row;
  const away: DesiredRow = { ...row, values: { ...row.values, ...row.during.values } };
  const status = statusOf(row.during.watch, observed);
  if (status === 'up') return row;
  if (status === 'down') return away;
  // It has not asked yet, has not decided, or does not say: what the router does is right in either state.
  const have = rows.find((one) => isSame(menu, row, one));
  return have !== undefined && holds(row.during.values, have) ? away : row;
}

function statusOf(watch: string, observed: Observed): string | undefined {
  const rows = observed.menus.get(WATCHES) ?? [];
  const { status, since } = rows.find((one) => one.comment === TAG + watch) ?? {};
  return status === 'down' && isRecent(since, observed) ? undefined : status;
}

/** By the router's own clock, which may have been set in between. */
function isRecent(since: string | undefined, observed: Observed): boolean {
  const { date, time } = observed.menus.get(CLOCK)?.[0] ?? {};
  const ageMs = instantOf(`${date} ${time}`) - instantOf(since);
  return ageMs < UNDECIDED_MS;
}

/** `2026-11-24 01:02:03`; both are of one zone, so any will do. */
function instantOf(text: string | undefined): number {
  return Date.parse(`${(text ?? '').replace(' ', 'T')}Z`);
}

function isSame(menu: DesiredMenu, row: DesiredRow, have: ObservedRow): boolean {
  if (menu.kind === 'single') return true;
  return menu.ownedBy === 'comment' ? have.comment === TAG + row.key : have.name === row.key;
}

function holds(values: Readonly<Record<string, string>>, have: ObservedRow): boolean {
  return Object.entries(values).every(
    ([property, value]) => normalise(property, value) === normalise(property, have[property]),
  );
}
