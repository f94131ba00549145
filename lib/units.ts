/** Amounts for people: octets and seconds in the words of a locale. */

export type Locale = 'id' | 'en';

const OCTET_UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** `1.5 MB`; decimal units as tariffs are sold, one decimal below 10, comma in Indonesian. */
export function formatOctets(octets: number, locale: Locale): string {
  let value = octets;
  let unit = 0;
  while (value >= 1000 && unit < OCTET_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  const text = new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
  return `${text} ${OCTET_UNITS[unit]}`;
}

/** `1 jam 5 menit` / `1 h 5 min`; seconds only below one minute. */
export function formatSeconds(seconds: number, locale: Locale): string {
  const words = locale === 'id' ? ['hari', 'jam', 'menit', 'detik'] : ['d', 'h', 'min', 's'];
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
    whole < 60 ? whole : 0,
  ];
  const said = parts.flatMap((n, i) => (n > 0 ? [`${n} ${words[i]}`] : [])).slice(0, 2);
  return said.length > 0 ? said.join(' ') : `0 ${words[3]}`;
}

/** The calendar day (`YYYY-MM-DD`) of an instant in a time zone. */
export function calendarDay(atMs: number, timeZone: string): string {
  return dayFormat(timeZone).format(atMs);
}

const dayFormats = new Map<string, Intl.DateTimeFormat>();

function dayFormat(timeZone: string): Intl.DateTimeFormat {
  let format = dayFormats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
    dayFormats.set(timeZone, format);
  }
  return format;
}
