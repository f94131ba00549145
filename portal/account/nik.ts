/**
 * NIK, the number on an identity card (PP 40/2019): place of first registration, date of birth (women: day
 * plus 40), serial. It has no check digit and lasts for life, so a place that does not fit proves nothing:
 * only what cannot be a NIK is refused.
 */
export type NikWarning = 'province' | 'foreign district';

export type Nik =
  | {
      readonly ok: true;
      readonly digits: string;
      /** Code of the district of first registration: `16.06.01`. */
      readonly district: string;
      /** `1990-08-17` */
      readonly birth: string;
      readonly warnings: readonly NikWarning[];
    }
  | { readonly ok: false; readonly why: 'format' | 'date' | 'serial' };

/** Of Kemendagri: two digits, by island. */
const PROVINCES = new Set(
  '11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81 82 91 92 93 94 95 96'.split(
    ' ',
  ),
);
const WOMEN = 40;

/** `regency`: code of the regency that asks, such as `16.06`. */
export function parseNik(raw: string, todayMs: number, regency = ''): Nik {
  const digits = raw.slice(0, 64).replaceAll(/[\s.-]/g, '');
  if (!/^\d{16}$/.test(digits)) return { ok: false, why: 'format' };
  const pair = (from: number): number => Number(digits.slice(from, from + 2));
  const day = pair(6) > WOMEN ? pair(6) - WOMEN : pair(6);
  const month = pair(8);
  // Two digits of a year: the latest that is not in the future.
  const recent = Date.UTC(2000 + pair(10), month - 1, day);
  const birth = new Date(recent > todayMs ? Date.UTC(1900 + pair(10), month - 1, day) : recent);
  if (birth.getUTCDate() !== day || birth.getUTCMonth() !== month - 1) {
    return { ok: false, why: 'date' };
  }
  if (digits.endsWith('0000')) return { ok: false, why: 'serial' };
  const district = `${digits.slice(0, 2)}.${digits.slice(2, 4)}.${digits.slice(4, 6)}`;
  const warnings: NikWarning[] = [];
  if (!PROVINCES.has(digits.slice(0, 2))) warnings.push('province');
  else if (!district.startsWith(regency)) warnings.push('foreign district');
  return { ok: true, digits, district, birth: birth.toISOString().slice(0, 10), warnings };
}

/** Whole years, on the calendar. */
export function ageOf(birth: string, todayMs: number): number {
  const today = new Date(todayMs).toISOString().slice(0, 10);
  const years = Number(today.slice(0, 4)) - Number(birth.slice(0, 4));
  return today.slice(5) < birth.slice(5) ? years - 1 : years;
}
