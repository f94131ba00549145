/** What is set for the village of a router. Rows are cached by the store, and what they come to with them. */
import type { Logger } from '../lib/log.ts';
import {
  countsAsUnset,
  placeOf,
  resolveSettings,
  type SettingRow,
  type Settings,
} from '../settings/resolve.ts';
import type { Store } from '../store/contract.ts';
import type { Router, StoredSetting } from '../store/types.ts';

/** By the very rows that the store keeps: when they change, it has others. */
const resolved = new WeakMap<readonly StoredSetting[], Settings>();
/** What each log has been told of; at most what operators have set. */
const told = new WeakMap<Logger, Set<string>>();

/**
 * Only the portal's own: nothing that is set for routers can keep a page from being shown. Nor can a value that
 * this version does not take, which counts as unset and is logged once.
 */
export async function settingsOf(
  { store, log }: { readonly store: Pick<Store, 'settingsAt'>; readonly log: Logger },
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
  for (const row of own) if (countsAsUnset(row)) tellOnce(log, row);
  return settings;
}

function tellOnce(log: Logger, { level, code, name, value }: SettingRow): void {
  const lines = told.get(log) ?? new Set<string>();
  told.set(log, lines);
  const line = JSON.stringify([level, code, name, value]);
  if (lines.has(line)) return;
  lines.add(line);
  log.warn({ from: level, code, setting: name }, 'a setting is not understood and counts as unset');
}
