/**
 * What the queue and the poller must know of a router's link. Unlike the configuration of the router, which
 * is refused for any value that is not understood, they go on with the defaults: one village's mistake must not
 * stop the work on all others.
 */
import { errorCode } from '../../lib/errors.ts';
import {
  placeOf,
  resolveSettings,
  type SettingRow,
  type Settings,
} from '../../settings/resolve.ts';
import type { Router } from '../../store/types.ts';

type Placed = Pick<Router, 'id' | 'villageCode' | 'districtCode'>;

/** Settings by the name `link.…`; the others are defaults. */
export function linkSettings(router: Placed, rows: readonly SettingRow[]): Settings {
  return settingsOf('link.', router, rows);
}

/** Settings by the name `drift.…`; the others are defaults. */
export function driftSettings(router: Placed, rows: readonly SettingRow[]): Settings {
  return settingsOf('drift.', router, rows);
}

function settingsOf(prefix: string, router: Placed, rows: readonly SettingRow[]): Settings {
  const place = placeOf(router);
  const own = rows.filter((row) => row.name.startsWith(prefix));
  try {
    return resolveSettings(own, place);
  } catch (error) {
    if (errorCode(error) !== 'SETTING_VALUE') throw error;
    return resolveSettings([], place);
  }
}

/** Which link a router's jobs load: its own, or the one that the setting `link.name` says it shares. */
export function linkKey(router: Placed, rows: readonly SettingRow[]): string {
  const name = linkSettings(router, rows).get('link.name');
  return name === null ? `router:${router.id}` : `link:${name}`;
}
