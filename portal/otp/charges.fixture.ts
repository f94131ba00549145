/** A router, one who asks there, and settings of its village. */
import { resolveSettings, type Settings } from '../../settings/resolve.ts';
import { sourceAt } from '../source.ts';
import type { Asker } from './charges.ts';

const PLACE = { routerId: null, villageCode: 'v', districtCode: 'd', regencyCode: 'r' };
export const ROUTER = { id: 'r1', lanSubnet: '172.16.0.0/22' };
export const AT = Date.parse('2026-11-24T02:00:00Z');
export const HOUR = 3_600_000;
export const ASKER: Asker = {
  phone: '+6281234567890',
  mac: 'AA:BB:CC:00:00:01',
  routerId: 'r1',
  source: sourceAt(ROUTER, '172.16.0.7'),
};

export const settingsWith = (values: Readonly<Record<string, number>> = {}): Settings =>
  resolveSettings(
    Object.entries(values).map(([name, value]) => ({
      ...{ level: 'village', code: 'v', name, value: String(value) },
    })),
    PLACE,
  );
