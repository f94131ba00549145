/** The villages of idn-area-data: reading its 83,000 rows takes a while. */
import { describe, expect, it } from 'vitest';
import { villagesOfRegency } from '../../../scripts/villages.ts';

describe('gazetteer', () => {
  it('has the 242 units of Musi Banyuasin: 15 districts, 229 desa, 13 kelurahan', async () => {
    const villages = await villagesOfRegency('16.06');
    const count = (kind: string): number => villages.filter((v) => v.kind === kind).length;

    expect([villages.length, count('desa'), count('kelurahan')]).toEqual([242, 229, 13]);
    expect(new Set(villages.map((v) => v.districtCode)).size).toBe(15);
    expect(villages[0]).toMatchObject({
      code: '16.06.01.1009',
      name: 'Kayu Ara',
      districtName: 'Sekayu',
      regencyName: 'Musi Banyuasin',
      provinceName: 'Sumatera Selatan',
    });
  });

  it.each(['16', '99.99', 'x'])('refuses regency %j', async (regency) => {
    await expect(villagesOfRegency(regency)).rejects.toMatchObject({ code: 'VILLAGE_REGENCY' });
  });
});
