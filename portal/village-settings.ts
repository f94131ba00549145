/** What is set for the village of a router. Rows are cached by the store, and what they come to with them. */
import { placeOf, resolveSettings, type Settings } from '../settings/resolve.ts';
import type { Store } from '../store/contract.ts';
import type { Router, StoredSetting } from '../store/types.ts';

/** By the very rows that the store keeps: when they change, it has others. */
const resolved = new WeakMap<readonly StoredSetting[], Settings>();

/** Only the portal's own: nothing that is set for routers can keep a page from being shown. */
export async function settingsOf(
  { store }: { readonly store: Pick<Store, 'settingsAt'> },
  { villageCode, districtCode }: Pick<Router, 'villageCode' | 'districtCode'>,
): Promise<Settings> {
  const rows = await store.settingsAt(villageCode);
  const known = resolved.get(rows);
  if (known !== undefined) return known;
  const own = rows.flatMap(({ level, code, name, value }) =>
    value !== null && name.startsWith('portal.') ? [{ level, code, name, value }] : [],
  );
  const settings = resolveSettings(own, placeOf({ villageCode, districtCode }));
  resolved.set(rows, settings);
  return settings;
}
