/**
 * Indonesia has three time zones; a Kemendagri code begins with its province, and the province tells the
 * zone.
 */
const WIB = 'Asia/Jakarta';
const WITA = 'Asia/Makassar';
const WIT = 'Asia/Jayapura';
/** By the first two digits of a village code (Kemendagri's province codes). */
const PROVINCES: Readonly<Record<string, readonly string[]>> = {
  [WIB]: '11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 61 62'.split(' '),
  [WITA]: '51 52 53 63 64 65 71 72 73 74 75 76'.split(' '),
  [WIT]: '81 82 91 92 93 94 95 96 97'.split(' '),
};
const ZONE_OF_PROVINCE = new Map(
  Object.entries(PROVINCES).flatMap(([zone, codes]) => codes.map((code) => [code, zone] as const)),
);
const VILLAGE_CODE = /^(\d{2})\.\d{2}\.\d{2}\.\d{4}$/;

/** IANA time zone of a village; null for a code that is not Kemendagri's. */
export function timeZoneOf(villageCode: string): string | null {
  const province = VILLAGE_CODE.exec(villageCode)?.[1];
  return (province === undefined ? undefined : ZONE_OF_PROVINCE.get(province)) ?? null;
}
