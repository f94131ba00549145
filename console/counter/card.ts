/** From a voucher and what is set for its village to the words of a card. Pure. */
import type { Locale } from '../../lib/units.ts';
import { voucherUrl } from '../../settings/voucher-url.ts';
import type { BatchVoucher, Village } from '../../store/types.ts';
import { checkSelling, formatRupiah, type Selling } from './selling.ts';
import { allowanceWords, CARD_WORDS, validityWords } from './words.ts';

/** What holds for all cards of a village. */
export interface CardPlace {
  readonly ssid: string;
  /** Null: the voucher is good in every village. */
  readonly village: Village | null;
  /** Name of the regency; null when no village is known. */
  readonly regency: string | null;
  /** Where complaints go to. */
  readonly complaint: { readonly label: string | null; readonly number: string } | null;
}

export interface Printing {
  readonly locale: Locale;
  readonly publicUrl: string;
  readonly selling: Selling | undefined;
  readonly printedAt: number;
  readonly timeZone: string;
}

/** Lines of a card; each is fitted to its room by the layout. */
export interface Card {
  readonly join: string;
  readonly ssid: string;
  readonly place: string;
  readonly allowance: readonly string[];
  readonly validity: string;
  /** `GRATIS – …`, or the price. */
  readonly banner: string;
  /** Permit and ISP partner of what is sold, else nothing. */
  readonly licence: readonly string[];
  readonly enter: string;
  readonly code: string;
  readonly url: string;
  readonly complaint: string | null;
  /** `Batch 2026-11-24 · 3/48`. */
  readonly batch: string;
  readonly date: string;
}

/** So that the serial number after it is never what is cut off. */
const BATCH_LENGTH = 19;

/** Throws `CONSOLE_SELLING_OFF` for a voucher with a price where selling is off. */
export function cardOf(
  voucher: BatchVoucher,
  sealed: { readonly code: string; readonly seal: string },
  place: CardPlace,
  printing: Printing,
): Card {
  const { tariff } = voucher;
  const { locale, selling } = printing;
  const words = CARD_WORDS[locale];
  checkSelling(tariff, selling);
  const isSold = tariff.priceMinor !== null && selling !== undefined;
  return {
    join: words.join,
    ssid: place.ssid,
    place: place.village === null ? words.everywhere(place.regency) : words.place(place.village),
    allowance: allowanceWords(tariff, locale),
    validity: validityWords(tariff, locale),
    banner: isSold ? formatRupiah(tariff.priceMinor) : words.free,
    licence: isSold
      ? [`${words.permit} ${selling.permit}`, `${words.partner} ${selling.partner}`]
      : [],
    enter: words.enter,
    code: voucher.code,
    url: voucherUrl(printing.publicUrl, sealed.code, sealed.seal),
    complaint: place.complaint === null ? null : complaintOf(place.complaint, words.complaint),
    batch: `${words.batch} ${shortened(voucher.batch)} · ${voucher.serial}/${voucher.of}`,
    date: words.date(printing.printedAt, printing.timeZone),
  };
}

/** The number first: what is too long is cut at the end. */
function complaintOf({ label, number }: NonNullable<CardPlace['complaint']>, word: string): string {
  return label === null ? `${word} ${number}` : `${word} ${number} (${label})`;
}

function shortened(batch: string): string {
  const characters = Array.from(batch);
  return characters.length <= BATCH_LENGTH
    ? batch
    : `${characters.slice(0, BATCH_LENGTH - 1).join('')}…`;
}
