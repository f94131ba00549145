/**
 * The closed set of categories: what a list is about, what a policy can block, what a blocked name is
 * answered with. Order is rank: of several categories that apply, the first one is the reason given.
 * A category's bit in the table is its place here, so there can be sixteen.
 */
import { FilterError } from './errors.ts';

export const CATEGORIES = [
  'trustpositif',
  'malware',
  'phishing',
  'scam',
  'gambling',
  'adult',
  'violence',
  'drugs',
  'bypass',
  'piracy',
  'nosafesearch',
  'social',
  'tracking',
  'ads',
] as const;

export type Category = (typeof CATEGORIES)[number];

/** What blocked a name: a list's category, or a name that the policy itself denies. */
export type BlockReason = Category | 'deny';

/**
 * `sinkhole`: A gets the block page's address, everything else NODATA, so that plain HTTP shows the page.
 * `nxdomain`: the name does not exist.
 */
export type AnswerStyle = 'sinkhole' | 'nxdomain';

/** Extended DNS Errors (RFC 8914 §4): 15 Blocked, 16 Censored, 17 Filtered, 18 Prohibited. */
export type BlockEde = 15 | 16 | 17;

export interface BlockAnswer {
  readonly style: AnswerStyle;
  readonly ede: BlockEde;
  /** EXTRA-TEXT of the error, for people; Bahasa Indonesia. */
  readonly text: string;
}

const sinkhole = (text: string): BlockAnswer => ({ style: 'sinkhole', ede: 17, text });
const filtered = (text: string): BlockAnswer => ({ style: 'nxdomain', ede: 17, text });
const security = (text: string): BlockAnswer => ({ style: 'nxdomain', ede: 15, text });

export const BLOCK_ANSWERS: Readonly<Record<BlockReason, BlockAnswer>> = {
  trustpositif: { style: 'nxdomain', ede: 16, text: 'Diblokir sesuai daftar TrustPositif Komdigi' },
  malware: security('Diblokir: situs penyebar perangkat perusak'),
  phishing: security('Diblokir: situs pencuri data (phishing)'),
  scam: security('Diblokir: situs penipuan'),
  gambling: sinkhole('Diblokir: situs perjudian'),
  adult: sinkhole('Diblokir: situs pornografi'),
  violence: filtered('Diblokir: situs kekerasan'),
  drugs: filtered('Diblokir: situs narkotika'),
  bypass: filtered('Diblokir: layanan penghindar penyaringan (DoH/VPN)'),
  piracy: filtered('Diblokir: situs pembajakan'),
  nosafesearch: filtered('Diblokir: mesin pencari tanpa pencarian aman'),
  social: filtered('Diblokir: media sosial menurut kebijakan setempat'),
  tracking: filtered('Diblokir: pelacak'),
  ads: filtered('Diblokir: iklan'),
  deny: filtered('Diblokir menurut kebijakan setempat'),
};

/** Blocked everywhere whatever a policy says: the list is the government's, not the operator's. */
export const LOCKED: readonly Category[] = ['trustpositif'];

export function isCategory(text: string): text is Category {
  return CATEGORIES.some((category) => category === text);
}

/** `FILTER_CATEGORY_UNKNOWN` for anything else: a typo must not silently block nothing. */
export function requireCategory(text: string): Category {
  if (isCategory(text)) return text;
  throw new FilterError(
    'FILTER_CATEGORY_UNKNOWN',
    `there is no category "${text}"; there are ${CATEGORIES.join(', ')}`,
  );
}

export function categoryBit(category: Category): number {
  return CATEGORIES.indexOf(category);
}

/** Bits 0 to 15 of some categories. */
export function categoryBits(categories: readonly Category[]): number {
  return categories.reduce((bits, category) => bits | (1 << categoryBit(category)), 0);
}

/** The first category by rank of a non-empty set of bits. */
export function firstCategory(bits: number): Category {
  return CATEGORIES[31 - Math.clz32(bits & -bits)]!;
}
