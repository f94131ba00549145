/**
 * Which value of a setting holds for a router: its own, else its village's, its district's, its
 * regency's, else the default. Pure; `explainSetting` tells the whole chain, so that nobody has to
 * guess why a router is as it is.
 */
import { SmartWifiError } from '../lib/errors.ts';
import {
  isSettingName,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  type SettingValue,
} from './known.ts';
import type { Setting } from './setting.ts';

export const SETTING_LEVELS = ['router', 'village', 'district', 'regency'] as const;
export type SettingLevel = (typeof SETTING_LEVELS)[number];

/** One value at one level; `code` is a Kemendagri code, or a router's id. */
export interface SettingRow {
  readonly level: SettingLevel;
  readonly code: string;
  readonly name: string;
  readonly value: string;
}

/** Where a router stands. */
export interface SettingPlace {
  readonly routerId: string | null;
  /** Null above the villages. */
  readonly villageCode: string | null;
  readonly districtCode: string | null;
  readonly regencyCode: string;
}

export interface EffectiveSetting {
  readonly name: SettingName;
  /** Null: nothing is set and there is no default. */
  readonly value: string | null;
  readonly from: SettingLevel | 'default';
  /** Code or id of the level that decides; null for the default. */
  readonly code: string | null;
  /** What wider levels say, which does not hold here; from the nearest to the widest. */
  readonly overridden: readonly SettingRow[];
  /** What is set along the chain and no value to this version; see {@link countsAsUnset}. */
  readonly notUnderstood: readonly SettingRow[];
}

/** All settings of one router, parsed. */
export interface Settings {
  get<N extends SettingName>(name: N): SettingValue<N> | null;
}

/** Of all settings that have a default. */
const DEFAULTS: ReadonlyMap<SettingName, unknown> = new Map(
  SETTING_NAMES.flatMap((name) => {
    const { fallback } = SETTINGS[name];
    return fallback === null ? [] : [[name, parseAs(name, fallback)]];
  }),
);

/** From a router's or village's row. */
export function placeOf(at: {
  readonly id?: string;
  readonly villageCode: string;
  readonly districtCode: string;
}): SettingPlace {
  const regencyCode = at.districtCode.split('.').slice(0, 2).join('.');
  const { villageCode, districtCode } = at;
  return { routerId: at.id ?? null, villageCode, districtCode, regencyCode };
}

export function explainSetting(
  name: SettingName,
  rows: readonly SettingRow[],
  place: SettingPlace,
): EffectiveSetting {
  const chain = SETTING_LEVELS.flatMap((level) =>
    rows.filter((row) => row.name === name && row.level === level && row.code === at(place, level)),
  );
  const notUnderstood = chain.filter((row) => !isUnderstood(row));
  const [nearest, ...overridden] = chain.filter((row) => !countsAsUnset(row));
  if (nearest === undefined) {
    const { fallback } = SETTINGS[name];
    return { name, value: fallback, from: 'default', code: null, overridden: [], notUnderstood };
  }
  const { value, level, code } = nearest;
  return { name, value, from: level, code, overridden, notUnderstood };
}

/** Whether this version knows the name and takes the value. */
export function isUnderstood({ name, value }: Pick<SettingRow, 'name' | 'value'>): boolean {
  return isSettingName(name) && parseAs(name, value) !== null;
}

/**
 * Pages are shown whatever is stored: a value of theirs that an earlier version took and this one does not
 * leaves the wider level, or the default. What a router is configured by is refused instead.
 */
export function countsAsUnset(row: Pick<SettingRow, 'name' | 'value'>): boolean {
  return row.name.startsWith('portal.') && !isUnderstood(row);
}

/** Of rows by name, those that hold: the nearest level of each. */
export function nearestByName<T extends Pick<SettingRow, 'level' | 'code' | 'name'>>(
  rows: readonly T[],
  place: SettingPlace,
): T[] {
  const nearest = new Map<string, T>();
  for (const level of SETTING_LEVELS.toReversed()) {
    for (const row of rows) {
      if (row.level === level && row.code === at(place, level)) nearest.set(row.name, row);
    }
  }
  return [...nearest.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Throws `SETTING_VALUE` for a router's value that this version does not take; a page's counts as unset. */
export function resolveSettings(rows: readonly SettingRow[], place: SettingPlace): Settings {
  const here = rows.filter((row) => row.code === at(place, row.level));
  const values = new Map(DEFAULTS);
  for (const name of new Set(here.map((row) => row.name).filter(isSettingName))) {
    const { value, from, code } = explainSetting(name, here, place);
    if (from === 'default') continue;
    const parsed = parseAs(name, value ?? '');
    if (parsed === null) throw notTaken(name, `as ${from} ${code ?? ''} has it`);
    values.set(name, parsed);
  }
  return {
    get: <N extends SettingName>(name: N) => (values.get(name) ?? null) as SettingValue<N> | null,
  };
}

/** The value as it is kept. Throws `SETTING_VALUE` for an unknown name or a value it cannot have. */
export function checkSetting(name: string, text: string): { name: SettingName; value: string } {
  if (!isSettingName(name)) {
    throw new SmartWifiError(
      'SETTING_VALUE',
      `there is no setting ${name}: see smartwifi setting list --known`,
    );
  }
  const known: Setting = SETTINGS[name];
  const value = known.secret ? text : text.trim();
  if (parseAs(name, value) === null) throw notTaken(name, known.secret ? '' : value);
  return { name, value };
}

function parseAs(name: SettingName, text: string): unknown {
  return (SETTINGS[name] as Setting).type.parse(text);
}

function notTaken(name: SettingName, what: string): SmartWifiError {
  const { type }: Setting = SETTINGS[name];
  const reason = type.why?.(what) ?? what;
  const given = reason === '' ? '' : `: ${reason}`;
  return new SmartWifiError('SETTING_VALUE', `${name} must be ${type.expects}${given}`);
}

function at(place: SettingPlace, level: SettingLevel): string | null {
  switch (level) {
    case 'router':
      return place.routerId;
    case 'village':
      return place.villageCode;
    case 'district':
      return place.districtCode;
    case 'regency':
      return place.regencyCode;
  }
}
