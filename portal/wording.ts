/** Amounts, rates and instants in the words of a page. */
import { formatOctets, formatSeconds } from '../lib/units.ts';
import type { Locale } from './i18n.ts';

export interface Wording {
  octets(octets: number): string;
  /** `1 jam 5 menit`; from a minute on the seconds are left out, as the page is not a stopwatch. */
  seconds(seconds: number): string;
  /** `10 Mbps`, `512 kbps`. */
  rate(kbps: number): string;
  /** `24 November 2026 pukul 14.05 WIB`. */
  instant(atMs: number): string;
  /** `14.05 WIB`. */
  clockTime(atMs: number): string;
  /** Of a calendar day, `2026-11-24`: `Sel, 24 Nov`. */
  day(day: string): string;
  /** `WIB`, `WITA`, `WIT`. */
  zone(atMs: number): string;
}

/** {@link createWording} for every time zone that a village is in; `otherwise` for one without. */
export function wordings(otherwise: string) {
  const known = new Map<string, Wording>();
  return (locale: Locale, timeZone: string | null): Wording => {
    const zone = timeZone ?? otherwise;
    const key = `${locale} ${zone}`;
    const wording = known.get(key) ?? createWording(locale, zone);
    known.set(key, wording);
    return wording;
  };
}

export function createWording(locale: Locale, timeZone: string): Wording {
  const tag = locale === 'id' ? 'id-ID' : 'en-GB';
  const instants = new Intl.DateTimeFormat(tag, {
    timeZone,
    dateStyle: 'long',
    timeStyle: 'short',
  });
  const times = new Intl.DateTimeFormat(tag, { timeZone, timeStyle: 'short' });
  // Only Indonesian names its zones by their letters; the other locales say GMT+7.
  const zones = new Intl.DateTimeFormat('id-ID', { timeZone, timeZoneName: 'short' });
  const days = new Intl.DateTimeFormat(tag, {
    timeZone: 'UTC',
    weekday: 'short',
    day: 'numeric',
    month: 'short',
  });
  const numbers = new Intl.NumberFormat(tag, { maximumFractionDigits: 1 });
  const zone = (atMs: number): string =>
    zones.formatToParts(atMs).find((part) => part.type === 'timeZoneName')?.value ?? '';
  return {
    octets: (octets) => formatOctets(octets, locale),
    seconds: (seconds) => formatSeconds(seconds, locale),
    rate: (kbps) => (kbps >= 1000 ? `${numbers.format(kbps / 1000)} Mbps` : `${kbps} kbps`),
    instant: (atMs) => `${instants.format(atMs)} ${zone(atMs)}`,
    day: (day) => days.format(Date.parse(`${day}T00:00:00Z`)),
    clockTime: (atMs) => `${times.format(atMs)} ${zone(atMs)}`,
    zone,
  };
}
