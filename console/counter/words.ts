/** What stands on a voucher in plain words, in both languages. Cards are Indonesian unless asked otherwise. */
import { formatOctets, formatSeconds, type Locale } from '../../lib/units.ts';
import type { Tariff, Village } from '../../store/types.ts';

type Period = 'session' | 'day' | 'week' | 'month';

export interface CardWords {
  readonly join: string;
  readonly enter: string;
  readonly free: string;
  readonly complaint: string;
  readonly permit: string;
  readonly partner: string;
  readonly batch: string;
  readonly validFromFirst: (duration: string) => string;
  readonly forever: string;
  readonly devices: (n: number) => string;
  readonly per: Readonly<Record<Period, string>>;
  readonly unlimited: string;
  readonly place: (village: Village) => string;
  readonly everywhere: (regency: string | null) => string;
  readonly date: (at: number, timeZone: string) => string;
}

export const CARD_WORDS: Readonly<Record<Locale, CardWords>> = {
  id: {
    join: 'Sambungkan HP ke WiFi',
    enter: 'Lalu pindai QR, atau ketik kode ini:',
    free: 'GRATIS – tidak diperjualbelikan',
    complaint: 'Pengaduan',
    permit: 'Izin jual kembali',
    partner: 'Mitra ISP',
    batch: 'Batch',
    validFromFirst: (duration) => `Berlaku ${duration} sejak pertama dipakai`,
    forever: 'Tanpa batas masa berlaku',
    devices: (n) => `${n} HP`,
    per: { session: 'sekali masuk', day: 'per hari', week: 'per minggu', month: 'per bulan' },
    unlimited: 'tanpa batas kuota',
    place: (v) => `${KINDS.id[v.kind]}${v.name}, Kec. ${v.districtName}`,
    everywhere: (regency) => (regency === null ? 'Semua desa' : `Semua desa, ${regency}`),
    date: (at, timeZone) => dateIn('id-ID', at, timeZone),
  },
  en: {
    join: 'Connect your phone to WiFi',
    enter: 'Then scan the QR, or type this code:',
    free: 'FREE – not for sale',
    complaint: 'Complaints',
    permit: 'Reselling permit',
    partner: 'ISP partner',
    batch: 'Batch',
    validFromFirst: (duration) => `Valid for ${duration} from first use`,
    forever: 'Does not expire',
    devices: (n) => `${n} phone${n === 1 ? '' : 's'}`,
    per: { session: 'per login', day: 'a day', week: 'a week', month: 'a month' },
    unlimited: 'unlimited data',
    place: (v) => `${KINDS.en[v.kind]}${v.name}, ${v.districtName} District`,
    everywhere: (regency) => (regency === null ? 'All villages' : `All villages, ${regency}`),
    date: (at, timeZone) => dateIn('en-GB', at, timeZone),
  },
};

const KINDS: Readonly<Record<Locale, Readonly<Record<Village['kind'], string>>>> = {
  id: { desa: 'Desa ', kelurahan: 'Kelurahan ', other: '' },
  en: { desa: '', kelurahan: '', other: '' },
};

/** `1 hari`, `2 GB`, `1 HP`: how long, how much, for how many. */
export function allowanceWords(tariff: Tariff, locale: Locale): string[] {
  const words = CARD_WORDS[locale];
  const data = [
    ...amounts(tariff, 'Octets', (n) => trimmed(formatOctets(n, locale)), words),
    ...fairUseBlocks(tariff, locale, words),
  ];
  const time = amounts(tariff, 'Seconds', (n) => formatSeconds(n, locale), words);
  const { validitySeconds, devices } = tariff;
  return [
    ...(validitySeconds === null ? [] : [formatSeconds(validitySeconds, locale)]),
    ...(data.length === 0 ? [words.unlimited] : new Set(data)),
    ...time,
    words.devices(devices),
  ];
}

/** `Berlaku 1 hari sejak pertama dipakai`. */
export function validityWords(tariff: Tariff, locale: Locale): string {
  const words = CARD_WORDS[locale];
  return tariff.validitySeconds === null
    ? words.forever
    : words.validFromFirst(formatSeconds(tariff.validitySeconds, locale));
}

function amounts(
  tariff: Tariff,
  of: 'Octets' | 'Seconds',
  format: (amount: number) => string,
  words: CardWords,
): string[] {
  const periods: readonly (readonly [Period, number | null])[] = [
    ['session', tariff[`session${of}`]],
    ['day', tariff[`daily${of}`]],
    ['week', tariff[`weekly${of}`]],
    ['month', tariff[`monthly${of}`]],
  ];
  const limited = periods.filter(([, amount]) => amount !== null);
  return limited.flatMap(([period, amount]) => {
    // Who may log in again has more than the session's.
    if (amount === null || (period === 'session' && limited.length > 1)) return [];
    // Of what lasts a day, "per hari" is all of it.
    const isAll = period === 'day' && tariff.validitySeconds === DAY;
    return [isAll ? format(amount) : `${format(amount)} ${words.per[period]}`];
  });
}

const DAY = 86_400;

function fairUseBlocks(tariff: Tariff, locale: Locale, words: CardWords): string[] {
  return tariff.fairUse
    .filter(({ rate }) => rate === 'block')
    .map(
      ({ period, afterOctets }) =>
        `${trimmed(formatOctets(afterOctets, locale))} ${words.per[period]}`,
    );
}

/** `2,0 GB` is `2 GB`. */
function trimmed(amount: string): string {
  return amount.replace(/[.,]0(?= )/, '');
}

function dateIn(tag: string, at: number, timeZone: string): string {
  return new Intl.DateTimeFormat(tag, { timeZone, dateStyle: 'medium' }).format(at);
}
