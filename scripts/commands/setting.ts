import { readFile } from 'node:fs/promises';
import { stillNeeded } from '../../controller/settings/needs.ts';
import { realClock } from '../../lib/clock.ts';
import { errorCode, errorMessage } from '../../lib/errors.ts';
import { isSettingName, SETTING_NAMES, SETTINGS, type SettingName } from '../../settings/known.ts';
import {
  checkSetting,
  type EffectiveSetting,
  explainSetting,
  isUnderstood,
  placeOf,
  resolveSettings,
  SETTING_LEVELS,
  type SettingPlace,
  type SettingRow,
} from '../../settings/resolve.ts';
import type { Store } from '../../store/contract.ts';
import type { SettingLevel, StoredSetting } from '../../store/types.ts';
import {
  audit,
  type Command,
  type CommandContext,
  operandsOf,
  textOption,
  UsageError,
  withStore,
} from '../command.ts';
import { PLACE_OPTIONS, requirePlace } from '../place.ts';
import { table } from '../table.ts';

export const LEVEL_OPTIONS = { ...PLACE_OPTIONS, router: { type: 'string' } } as const;
export const LEVEL_USAGE =
  '(--router NAME | --village CODE | --district CODE | --regency CODE)' as const;
const SEALED = '(sealed)';

export interface Level {
  readonly level: SettingLevel;
  /** Kemendagri code, or a router's id. */
  readonly code: string;
  /** As the operator knows it: the code, or the router's name. */
  readonly label: string;
}

export const settingSet: Command = {
  summary: 'set something for a router, a village, a district or a regency; the nearest decides',
  usage: `NAME (VALUE | --file FILE) ${LEVEL_USAGE}`,
  options: { ...LEVEL_OPTIONS, file: { type: 'string' } },
  run: async (context) => {
    const file = textOption(context.options, 'file');
    // A secret that is typed stays in the history of the shell; one in a file does not.
    const [name = '', typed = ''] = operandsOf(
      context,
      file === undefined ? ['the name of a setting', 'its value'] : ['the name of a setting'],
    );
    const value = file === undefined ? typed : (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
    const checked = checkSetting(name, value);
    const { secret } = SETTINGS[checked.name];
    return withStore(context, async (store) => {
      const at = await requireLevel(context, store);
      const { level, code } = at;
      await store.setSetting({ level, code, ...checked, secret, at: realClock.now() });
      const shown = secret ? SEALED : checked.value;
      await audit(store, 'setting.set', `${level}:${at.label}`, `${checked.name}=${shown}`);
      const { needed, refused } = await neededAt(context, store);
      const also =
        (needed.length === 0 ? '' : `\nstill needed: ${needed.join(', ')}`) +
        (refused === null ? '' : `\nnothing is configured there until this is mended: ${refused}`);
      const value = secret ? null : checked.value;
      context.print(
        { level, code, name: checked.name, value, secret, needed, refused },
        `${checked.name} is ${shown} for ${level} ${at.label}${also}`,
      );
      return 0;
    });
  },
};

export const settingUnset: Command = {
  summary: 'take a setting of one level away: the next level decides',
  usage: `NAME ${LEVEL_USAGE}`,
  options: LEVEL_OPTIONS,
  run: (context) =>
    withStore(context, async (store) => {
      const [name = ''] = operandsOf(context, ['the name of a setting']);
      const { level, code, label } = await requireLevel(context, store);
      const removed = await store.unsetSetting({ level, code, name });
      if (!removed) throw new UsageError(`${level} ${label} has no ${name} of its own`);
      await audit(store, 'setting.unset', `${level}:${label}`, name);
      context.print(
        { unset: { level, code, name } },
        `${level} ${label} has no ${name} of its own`,
      );
      return 0;
    }),
};

export const settingList: Command = {
  summary: 'list what is set and where; with --known, all there is to set',
  usage: '[--known]',
  options: { known: { type: 'boolean' } },
  run: async (context) => {
    operandsOf(context, []);
    if (context.options.known === true) return listKnown(context);
    return withStore(context, async (store) => {
      const names = await routerNames(store);
      const rows = (await store.listSettings()).map((row) => ({
        ...row,
        router: row.level === 'router' ? (names.get(row.code) ?? null) : null,
        understood: isUnderstoodRow(row),
      }));
      context.print(
        rows,
        table(
          ['setting', 'level', 'of', 'value'],
          rows.map((row) => [row.name, row.level, row.router ?? row.code, shownValue(row)]),
        ),
      );
      return 0;
    });
  },
};

export const settingExplain: Command = {
  summary: 'say which value holds somewhere, and from which level it comes',
  usage: `[NAME] ${LEVEL_USAGE}`,
  options: LEVEL_OPTIONS,
  run: (context) =>
    withStore(context, async (store) => {
      const chosen = chosenNames(context);
      const place = await requireSettingPlace(context, store);
      const rows = (await store.listSettings()).map(shownRow);
      const names = await routerNames(store);
      const said = chosen.map((name) => withoutSealed(explainSetting(name, rows, place)));
      context.print(
        said,
        table(
          ['setting', 'value', 'from', 'instead of', 'not understood'],
          said.map(lineOf(names)),
        ),
      );
      return 0;
    }),
};

/** The level that is named, which must exist. */
export async function requireLevel(context: CommandContext, store: Store): Promise<Level> {
  const name = textOption(context.options, 'router');
  if (name === undefined) {
    const { level, code } = await requirePlace(context, store).catch((error: unknown) => {
      const given = SETTING_LEVELS.some((one) => context.options[one] !== undefined);
      throw given ? error : new UsageError(`give one of ${LEVEL_USAGE.slice(1, -1)}`);
    });
    return { level, code, label: code };
  }
  if (SETTING_LEVELS.filter((one) => context.options[one] !== undefined).length > 1) {
    throw new UsageError('give one of --router, --village, --district, --regency');
  }
  const router = await store.routerByName(name);
  if (router === null)
    throw new UsageError(`there is no router ${name}: see smartwifi router list`);
  return { level: 'router', code: router.id, label: router.name };
}

async function requireSettingPlace(context: CommandContext, store: Store): Promise<SettingPlace> {
  const { level, code } = await requireLevel(context, store);
  if (level === 'router') {
    const router = (await store.listRouters()).find(({ id }) => id === code);
    if (router !== undefined) return placeOf(router);
  }
  // Codes nest: 16.06.01.1009 lies in 16.06.01, which lies in 16.06.
  const parts = code.split('.');
  return {
    routerId: null,
    villageCode: level === 'village' ? code : null,
    districtCode: level === 'regency' ? null : parts.slice(0, 3).join('.'),
    regencyCode: parts.slice(0, 2).join('.'),
  };
}

/** What a configuration there would lack (levels below may have it), and what of another version refuses it. */
async function neededAt(
  context: CommandContext,
  store: Store,
): Promise<{ needed: SettingName[]; refused: string | null }> {
  const place = await requireSettingPlace(context, store);
  const rows = (await store.listSettings()).map(shownRow);
  try {
    return { needed: stillNeeded(resolveSettings(rows, place)), refused: null };
  } catch (error) {
    // What was set is set: another value that is not understood must not look like a refusal of this one.
    if (errorCode(error) !== 'SETTING_VALUE') throw error;
    return { needed: [], refused: errorMessage(error) };
  }
}

function chosenNames({ operands }: CommandContext): readonly SettingName[] {
  const [name, ...rest] = operands;
  if (rest.length > 0) throw new UsageError(`unexpected: ${rest.join(' ')}`);
  if (name === undefined) return SETTING_NAMES;
  if (!isSettingName(name)) {
    throw new UsageError(`there is no setting ${name}: see smartwifi setting list --known`);
  }
  return [name];
}

function listKnown(context: CommandContext): number {
  const known = SETTING_NAMES.map((name) => {
    const { summary, type, fallback, secret } = SETTINGS[name];
    return { name, summary, expects: type.expects, default: fallback, secret };
  });
  context.print(
    known,
    known
      .map(
        (one) =>
          `${one.name}\n    ${one.summary}\n    ${one.expects}; ${one.default === null ? 'no default' : `default ${one.default}`}${one.secret ? '; sealed' : ''}`,
      )
      .join('\n'),
  );
  return 0;
}

function shownRow(row: StoredSetting): SettingRow {
  return { ...row, value: row.value ?? SEALED };
}

/** A sealed value cannot be read here; a name of another version is understood no more than a wrong value. */
function isUnderstoodRow({ name, value }: StoredSetting): boolean {
  return value === null ? isSettingName(name) : isUnderstood({ name, value });
}

function shownValue(row: StoredSetting): string {
  return `${row.value ?? SEALED}${isUnderstoodRow(row) ? '' : ' (not understood)'}`;
}

/** What stands for a sealed value is no value of it. */
function withoutSealed(said: EffectiveSetting): EffectiveSetting {
  return SETTINGS[said.name].secret ? { ...said, notUnderstood: [] } : said;
}

function lineOf(names: ReadonlyMap<string, string>) {
  const at = (level: SettingLevel, code: string): string =>
    `${level} ${level === 'router' ? (names.get(code) ?? code) : code}`;
  const listed = (rows: readonly SettingRow[]): string =>
    rows.map((row) => `${row.value} of ${at(row.level, row.code)}`).join(', ');
  return (said: EffectiveSetting): (string | null)[] => [
    said.name,
    said.value,
    said.from === 'default' ? 'default' : at(said.from, said.code ?? ''),
    listed(said.overridden),
    listed(said.notUnderstood),
  ];
}

async function routerNames(store: Store): Promise<Map<string, string>> {
  return new Map((await store.listRouters()).map(({ id, name }) => [id, name]));
}
