import type { ReadContext, WriteContext } from '../sql.ts';
import type { ImportCount, OpeningHours, Village, VillageImport, VillageKind } from '../types.ts';

interface VillageRow {
  code: string;
  name: string;
  kind: VillageKind;
  district_code: string;
  district_name: string;
  regency_code: string;
  regency_name: string;
  province_name: string;
  latitude: number | null;
  longitude: number | null;
}

const COLUMNS =
  'code, name, kind, district_code, district_name, regency_code, regency_name, province_name, latitude, longitude';

export const villageReads = {
  async listVillages({ sql }: ReadContext): Promise<Village[]> {
    return (await sql.all<VillageRow>(`SELECT ${COLUMNS} FROM villages ORDER BY code`)).map(
      toVillage,
    );
  },

  async village({ sql }: ReadContext, code: string): Promise<Village | null> {
    const row = await sql.get<VillageRow>(`SELECT ${COLUMNS} FROM villages WHERE code = ?`, code);
    return row === undefined ? null : toVillage(row);
  },

  async listOpeningHours({ sql }: ReadContext): Promise<OpeningHours[]> {
    return sql.all('SELECT level, code, hours FROM opening_hours ORDER BY level, code');
  },
};

export const villageWrites = {
  /** A row without coordinates keeps those the store has: the gazetteer has none, operators' pins do. */
  async importVillages(ctx: WriteContext, args: VillageImport): Promise<ImportCount> {
    const known = new Map((await villageReads.listVillages(ctx)).map((v) => [v.code, v]));
    const count = { added: 0, changed: 0, unchanged: 0 };
    for (const given of args.villages) {
      const before = known.get(given.code);
      const village = {
        ...given,
        latitude: given.latitude ?? before?.latitude ?? null,
        longitude: given.longitude ?? before?.longitude ?? null,
      };
      if (before !== undefined && sameVillage(before, village)) {
        count.unchanged += 1;
        continue;
      }
      await saveVillage(ctx, village, args.at);
      if (before === undefined) count.added += 1;
      else count.changed += 1;
    }
    if (count.added + count.changed > 0) {
      ctx.invalidate('village', '*');
      ctx.invalidate('router', '*');
    }
    return count;
  },

  async setOpeningHours(
    ctx: WriteContext,
    { level, code, hours }: Omit<OpeningHours, 'hours'> & { hours: string | null },
  ): Promise<void> {
    await ctx.sql.run('DELETE FROM opening_hours WHERE level = ? AND code = ?', level, code);
    if (hours !== null) {
      await ctx.sql.run(
        'INSERT INTO opening_hours (level, code, hours) VALUES (?, ?, ?)',
        level,
        code,
        hours,
      );
    }
    ctx.invalidate('router', '*');
  },
};

async function saveVillage({ sql }: WriteContext, v: Village, at: number): Promise<void> {
  await sql.run(
    `INSERT INTO villages (${COLUMNS}, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind,
       district_code = excluded.district_code, district_name = excluded.district_name,
       regency_code = excluded.regency_code, regency_name = excluded.regency_name,
       province_name = excluded.province_name, latitude = excluded.latitude,
       longitude = excluded.longitude, updated_at = excluded.updated_at`,
    v.code,
    v.name,
    v.kind,
    v.districtCode,
    v.districtName,
    v.regencyCode,
    v.regencyName,
    v.provinceName,
    v.latitude,
    v.longitude,
    at,
  );
}

function sameVillage(a: Village, b: Village): boolean {
  return (Object.keys(a) as (keyof Village)[]).every((key) => a[key] === b[key]);
}

function toVillage(row: VillageRow): Village {
  return {
    code: row.code,
    name: row.name,
    kind: row.kind,
    districtCode: row.district_code,
    districtName: row.district_name,
    regencyCode: row.regency_code,
    regencyName: row.regency_name,
    provinceName: row.province_name,
    latitude: row.latitude,
    longitude: row.longitude,
  };
}
