/**
 * Villages from the Kemendagri gazetteer (npm idn-area-data, data under ODbL) and from operators'
 * CSV files. Keyed by code: eight names of Musi Banyuasin repeat.
 */

import { SmartWifiError } from '../lib/errors.ts';
import type { Village, VillageKind } from '../store/types.ts';
import { type CsvRow, parseCsv } from './csv.ts';

const REGENCY = /^\d{2}\.\d{2}$/;
const VILLAGE = /^\d{2}\.\d{2}\.\d{2}\.\d{4}$/;

/** Every row that is wrong, with its line number; nothing was imported. */
class VillageFileError extends SmartWifiError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      'VILLAGE_FILE',
      `nothing was imported; ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n${problems.join('\n')}`,
    );
    this.problems = problems;
  }
}

/** Loads the whole gazetteer (about 1.5 s, 100 MB) and keeps one regency: for imports, never at run time. */
export async function villagesOfRegency(regency: string): Promise<Village[]> {
  if (!REGENCY.test(regency)) {
    throw new SmartWifiError('VILLAGE_REGENCY', `${regency} is not a regency code such as 16.06`);
  }
  const area = await import('idn-area-data');
  const [provinces, regencies, districts, villages] = await Promise.all([
    area.getProvinces(),
    area.getRegencies(),
    area.getDistricts(),
    area.getVillages(),
  ]);
  const found = regencies.find((row) => row.code === regency);
  if (found === undefined) {
    throw new SmartWifiError('VILLAGE_REGENCY', `the gazetteer has no regency ${regency}`);
  }
  const province = provinces.find((row) => row.code === regency.slice(0, 2));
  const names = new Map(districts.map((row) => [row.code, row.name]));
  return villages
    .filter((row) => row.code.startsWith(`${regency}.`))
    .map((row) => {
      const districtCode = row.code.slice(0, 8);
      return {
        code: row.code,
        name: titled(row.name),
        kind: kindOf(row.code),
        districtCode,
        districtName: titled(names.get(districtCode) ?? districtCode),
        regencyCode: regency,
        regencyName: titled(found.name.replace(/^(KABUPATEN|KOTA) /i, '')),
        provinceName: titled(province?.name ?? ''),
        latitude: null,
        longitude: null,
      };
    });
}

/**
 * Operators' own file: columns code, village, district, and any of type, regency, province, lat, lon.
 * Throws {@link VillageFileError} naming every bad row.
 */
export function villagesOfCsv(text: string): { villages: Village[]; warnings: string[] } {
  const { columns, rows } = parseCsv(text);
  const missing = ['code', 'village', 'district'].filter((column) => !columns.includes(column));
  if (missing.length > 0)
    throw new VillageFileError([`line 1: column ${missing.join(', ')} is missing`]);
  const problems: string[] = [];
  const warnings: string[] = [];
  const seen = new Map<string, number>();
  const villages: Village[] = [];
  for (const row of rows) {
    const say = (problem: string): void => void problems.push(`line ${row.line}: ${problem}`);
    const village = villageOfRow(row, say);
    const before = seen.get(row.values.code!);
    if (before !== undefined) say(`code ${row.values.code} stands in line ${before} already`);
    seen.set(row.values.code!, row.line);
    if (village.latitude !== null && Math.abs(village.latitude) > 11.5) {
      warnings.push(
        `line ${row.line}: latitude ${village.latitude} lies outside Indonesia: are lat and lon swapped?`,
      );
    }
    villages.push(village);
  }
  if (problems.length > 0) throw new VillageFileError(problems);
  return { villages, warnings };
}

function villageOfRow({ values }: CsvRow, say: (problem: string) => void): Village {
  const code = values.code ?? '';
  if (!VILLAGE.test(code)) say(`code "${code}" is not like 16.06.01.1009`);
  for (const column of ['village', 'district']) {
    if ((values[column] ?? '') === '') say(`${column} is empty`);
  }
  const latitude = coordinate(values.lat, 90, () => say(`lat "${values.lat}" is not a latitude`));
  const longitude = coordinate(values.lon, 180, () =>
    say(`lon "${values.lon}" is not a longitude`),
  );
  if (((values.lat ?? '') === '') !== ((values.lon ?? '') === '')) {
    say('lat and lon must both be given, or neither');
  }
  const type = (values.type ?? '').toLowerCase();
  if (!['', 'desa', 'kelurahan', 'other'].includes(type))
    say(`type "${type}" is not desa or kelurahan`);
  return {
    code,
    name: values.village ?? '',
    kind: type === '' ? kindOf(code) : (type as VillageKind),
    districtCode: code.slice(0, 8),
    districtName: values.district ?? '',
    regencyCode: code.slice(0, 5),
    regencyName: values.regency ?? '',
    provinceName: values.province ?? '',
    latitude,
    longitude,
  };
}

function coordinate(text: string | undefined, limit: number, wrong: () => void): number | null {
  if (text === undefined || text === '') return null;
  const value = Number(text.replace(',', '.'));
  if (Number.isFinite(value) && Math.abs(value) <= limit) return value;
  wrong();
  return null;
}

/** Tenth character of the code: 1 kelurahan, 2 desa. */
function kindOf(code: string): VillageKind {
  if (code[9] === '1') return 'kelurahan';
  return code[9] === '2' ? 'desa' : 'other';
}

/** The gazetteer writes some names in capitals. */
function titled(name: string): string {
  if (name !== name.toUpperCase()) return name;
  return name
    .toLowerCase()
    .replaceAll(
      /(^|[\s(/-])(\p{L})/gu,
      (_, before: string, letter: string) => before + letter.toUpperCase(),
    );
}
