/**
 * Terms and privacy notice as they are agreed to: rendered in both languages with what holds for the
 * regency, and named by a hash over all of it. Who processes data, and for how long, is part of the text:
 * when it changes, citizens are asked anew.
 */
import { createHash } from 'node:crypto';
import type { Settings } from '../../settings/resolve.ts';
import type { LegalText, Router } from '../../store/types.ts';
import type { PortalDeps } from '../context.ts';
import { LOCALES, type Locale, type TextKey, type TextVars, translator } from '../i18n.ts';
import type { Section } from '../pages.ts';
import { settingsOf } from '../village-settings.ts';

export interface LegalTexts {
  readonly terms: LegalText;
  readonly privacy: LegalText;
}

export interface LegalFacts {
  readonly controller: string | null;
  /** Of the data protection officer. */
  readonly dpo: string | null;
  readonly processors: readonly string[];
  /** Registration of the electronic system (PP 71/2019). */
  readonly tdpse: string | null;
  readonly regency: string;
  /** Null where access is free. */
  readonly selling: { readonly permit: string; readonly partner: string } | null;
  readonly sessionDays: number;
  readonly dailyDays: number;
}

/** Of the wording in views/locales; new whenever a sentence there says something else. */
export const TEXT_VERSION = '2026-11';

const PARTS = {
  terms: ['who', 'price', 'fair', 'law', 'filter', 'service'],
  privacy: ['who', 'what', 'why', 'not', 'kept', 'share', 'rights', 'children', 'officer'],
} as const;

export type DocumentName = keyof typeof PARTS;

/** By the very settings that the store keeps. */
const built = new WeakMap<Settings, LegalTexts>();

/** What legal texts are made of, besides the words in views/locales. */
export type TextDeps = Pick<PortalDeps, 'retention' | 'log'> & {
  readonly selling: PortalDeps['selling'];
  readonly store: Pick<PortalDeps['store'], 'settingsAt' | 'village'>;
};

export async function legalTextsAt(
  deps: TextDeps,
  router: Pick<Router, 'villageCode' | 'districtCode'>,
): Promise<LegalTexts> {
  const settings = await settingsOf(deps, router);
  const known = built.get(settings);
  if (known !== undefined) return known;
  const village = await deps.store.village(router.villageCode);
  const texts = legalTexts(factsOf(settings, deps, village?.regencyName ?? ''));
  built.set(settings, texts);
  return texts;
}

export async function legalFactsAt(
  deps: PortalDeps,
  router: Pick<Router, 'villageCode' | 'districtCode'>,
): Promise<LegalFacts> {
  const village = await deps.store.village(router.villageCode);
  return factsOf(await settingsOf(deps, router), deps, village?.regencyName ?? '');
}

/** Pure. */
export function legalTexts(facts: LegalFacts): LegalTexts {
  return { terms: legalText('terms', facts), privacy: legalText('privacy', facts) };
}

/** Names both, for what remembers what was agreed to: 128 bits. */
export function textsKey({ terms, privacy }: LegalTexts): string {
  return createHash('sha256').update(`${terms.hash} ${privacy.hash}`).digest('hex').slice(0, 32);
}

/** The same of the texts in force in a village, for who lets in without a page: RADIUS. */
export function textsInForce(
  deps: TextDeps,
): (at: { readonly village: string; readonly district: string }) => Promise<string> {
  const keys = new WeakMap<LegalTexts, string>();
  return async ({ village, district }) => {
    const texts = await legalTextsAt(deps, { villageCode: village, districtCode: district });
    const key = keys.get(texts) ?? textsKey(texts);
    keys.set(texts, key);
    return key;
  };
}

/** Pure; nothing in it depends on the village, so that one regency has one text. */
export function sectionsOf(document: DocumentName, facts: LegalFacts, locale: Locale): Section[] {
  const words = translator(locale);
  const none = words('legal.none');
  const vars: TextVars = {
    office: words('place.office.any'),
    controller: facts.controller ?? words('legal.controller', { regency: facts.regency }),
    officer: facts.dpo ?? words('legal.noOfficer'),
    processors: facts.processors.length === 0 ? none : facts.processors.join(', '),
    registration: facts.tdpse ?? none,
    sessionDays: facts.sessionDays,
    dailyDays: facts.dailyDays,
    ...facts.selling,
  };
  const price = facts.selling === null ? 'free' : 'sold';
  const parts = PARTS[document].map((part) => (part === 'price' ? price : part));
  return parts.map((part) => ({
    heading: words(`${document}.${part}.heading` as TextKey),
    text: words(`${document}.${part}.text` as TextKey, vars),
  }));
}

function legalText(document: DocumentName, facts: LegalFacts): LegalText {
  const [indonesian, english] = LOCALES.map((locale) =>
    sectionsOf(document, facts, locale)
      .map(({ heading, text }) => `${heading}\n${text}`)
      .join('\n\n'),
  ) as [string, string];
  const text = { document, version: TEXT_VERSION, indonesian, english } as const;
  return { ...text, hash: textHash(text) };
}

/** SHA-256 over document, version and both languages: `consent verify` works it out again. */
export function textHash(text: Omit<LegalText, 'hash'>): string {
  const { document, version, indonesian, english } = text;
  return createHash('sha256')
    .update(JSON.stringify([document, version, indonesian, english]))
    .digest('hex');
}

function factsOf(
  settings: Settings,
  { retention, selling }: Pick<TextDeps, 'retention' | 'selling'>,
  regency: string,
): LegalFacts {
  return {
    controller: settings.get('portal.controller'),
    dpo: settings.get('portal.dpo'),
    processors: settings.get('portal.processors') ?? [],
    tdpse: settings.get('portal.tdpse'),
    regency,
    selling,
    sessionDays: retention.sessionDays,
    dailyDays: retention.dailyDays,
  };
}
