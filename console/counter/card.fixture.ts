/** Cards that tests print. */
import type { BatchVoucher, Tariff, Village } from '../../store/types.ts';
import { type Card, type CardPlace, cardOf, type Printing } from './card.ts';

export const AT = Date.UTC(2026, 10, 24, 3);

export const tariff: Tariff = {
  id: 't',
  name: 'harian',
  downKbps: 5000,
  upKbps: 2000,
  burstDownKbps: null,
  burstUpKbps: null,
  burstSeconds: null,
  sessionSeconds: null,
  sessionOctets: null,
  dailySeconds: null,
  dailyOctets: 2_000_000_000,
  weeklySeconds: null,
  weeklyOctets: null,
  monthlySeconds: null,
  monthlyOctets: null,
  validitySeconds: 86_400,
  devices: 1,
  whenFull: 'refuse',
  fairUse: [],
  priceMinor: null,
};

export const village: Village = {
  code: '16.06.01.1009',
  name: 'Kayu Ara',
  kind: 'kelurahan',
  districtCode: '16.06.01',
  districtName: 'Sekayu',
  regencyCode: '16.06',
  regencyName: 'Kabupaten Musi Banyuasin',
  provinceName: 'Sumatera Selatan',
  latitude: null,
  longitude: null,
};

export const voucher: BatchVoucher = {
  id: 'v1',
  batch: '2026-11-24',
  serial: 3,
  of: 48,
  code: 'ACDE-FGHJ-KMNP',
  tariff,
  villageCode: village.code,
  disabled: false,
  usedAt: null,
  validUntil: null,
};

export const place: CardPlace = {
  ssid: 'Desa Digital',
  village,
  regency: 'Kabupaten Musi Banyuasin',
  complaint: { label: null, number: '0811-7112-112' },
};

export const printing: Printing = {
  locale: 'id',
  publicUrl: 'https://wifi.example.go.id',
  selling: undefined,
  printedAt: AT,
  timeZone: 'Asia/Jakarta',
};

export const URL_OF_CARD = 'https://wifi.example.go.id/v/ACDEFGHJKMNP.a1b2c3d4e5';

export function card(
  over: {
    readonly voucher?: Partial<BatchVoucher>;
    readonly place?: Partial<CardPlace>;
    readonly printing?: Partial<Printing>;
  } = {},
): Card {
  const of = { ...voucher, ...over.voucher };
  const code = of.code.replaceAll('-', '');
  return cardOf(
    of,
    { code, seal: 'a1b2c3d4e5' },
    { ...place, ...over.place },
    { ...printing, ...over.printing },
  );
}
