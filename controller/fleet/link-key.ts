/** Which link a router's jobs load: its own, or the one that the setting `link.name` says it shares. */
import type { Router } from '../../store/types.ts';
import { placeOf, resolveSettings, type SettingRow } from '../settings/resolve.ts';

export function linkKey(
  router: Pick<Router, 'id' | 'villageCode' | 'districtCode'>,
  settings: readonly SettingRow[],
): string {
  const named = settings.some((row) => row.name === 'link.name');
  const name = named ? resolveSettings(settings, placeOf(router)).get('link.name') : null;
  return name === null ? `router:${router.id}` : `link:${name}`;
}
