/**
 * While the server is away a router's own scripts change some of our rows (`desired/outage.ts`). That is
 * no drift: such a row is right when it is as the watch over it says. A row that is in neither state, or
 * in the state of the other time, is planned back to the one that holds; a router whose script failed
 * halfway is mended the same way. Pure.
 */
import { TAG } from './desired/menu.ts';
import type { DesiredMenu, DesiredRow } from './desired/types.ts';
import { normalise } from './normalise.ts';
import type { Observed, ObservedRow } from './plan.ts';

const WATCHES = '/tool/netwatch';

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
  // It has not asked yet, or does not say: what the router does is right in either state.
  const have = rows.find((one) => isSame(menu, row, one));
  return have !== undefined && holds(row.during.values, have) ? away : row;
}

function statusOf(watch: string, observed: Observed): string | undefined {
  const rows = observed.menus.get(WATCHES) ?? [];
  return rows.find((one) => one.comment === TAG + watch)?.status;
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
