import { describe, expect, it } from 'vitest';
import { villagesOfCsv } from './villages.ts';

describe('CSV', () => {
  it('takes coordinates with comma or point, and derives what the code says', () => {
    const { villages } = villagesOfCsv(
      'code;village;district;lat;lon\n16.06.01.2001;Bailangu;Sekayu;-2,9;103.8',
    );

    expect(villages).toMatchObject([
      {
        code: '16.06.01.2001',
        kind: 'desa',
        districtCode: '16.06.01',
        latitude: -2.9,
        longitude: 103.8,
      },
    ]);
  });

  it('reports every bad row with its line', () => {
    const text = [
      'code,village,district,lat,lon',
      '16.06.01.2001,Bailangu,Sekayu,-2.9,103.8',
      '16.06.01.2001,,Sekayu,,',
      'x,Nama,Sekayu,95,1',
      '16.06.01.2002,Nama,Sekayu,-2.9,',
    ].join('\n');

    const problems = [
      'line 3: village is empty',
      'line 3: code 16.06.01.2001 stands in line 2 already',
      'line 4: code "x" is not like 16.06.01.1009',
      'line 4: lat "95" is not a latitude',
      'line 5: lat and lon must both be given, or neither',
    ];

    expect(() => villagesOfCsv(text)).toThrow(
      expect.objectContaining({ code: 'VILLAGE_FILE', problems }),
    );
  });

  it('names missing columns', () => {
    expect(() => villagesOfCsv('code,lat\n1,2')).toThrow(
      'line 1: column village, district is missing',
    );
  });

  it('warns when latitude and longitude look swapped', () => {
    const { warnings } = villagesOfCsv('code,village,district,lat,lon\n16.06.01.2001,B,S,89,-2.9');

    expect(warnings).toHaveLength(1);
  });
});
