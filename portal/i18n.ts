/**
 * Texts in Indonesian (default) and English. The locale files are part of the program: loaded once,
 * with the same keys and placeholders in both (a test proves it).
 */
import english from '../views/locales/en.json' with { type: 'json' };
import indonesian from '../views/locales/id.json' with { type: 'json' };

export const LOCALES = ['id', 'en'] as const;
export type Locale = (typeof LOCALES)[number];
export type TextKey = keyof typeof indonesian;
export type TextVars = Readonly<Record<string, string | number>>;
export type Translate = (key: TextKey, vars?: TextVars) => string;

const TEXTS: Readonly<Record<Locale, Readonly<Record<TextKey, string>>>> = {
  id: indonesian,
  en: english,
};

/** Texts of one language. A placeholder without a value, or an unknown key, is a fault of ours and throws. */
export function translator(locale: Locale, common: TextVars = {}): Translate {
  const texts = TEXTS[locale];
  return (key, vars = {}) => {
    const text: string | undefined = texts[key];
    if (text === undefined) throw new TypeError(`no text ${key} in ${locale}`);
    return text.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
      const value = vars[name] ?? common[name];
      if (value === undefined) throw new TypeError(`text ${key} lacks ${name}`);
      return String(value);
    });
  };
}

export function isTextKey(key: string): key is TextKey {
  return Object.hasOwn(TEXTS.id, key);
}

/** `?lang` (or the form's field), then Accept-Language by weight, then Indonesian. */
export function chooseLocale(lang: string | null, acceptLanguage: string | undefined): Locale {
  const asked = LOCALES.find((locale) => locale === lang);
  return asked ?? acceptedLocale(acceptLanguage ?? '') ?? 'id';
}

export function otherLocale(locale: Locale): Locale {
  return locale === 'id' ? 'en' : 'id';
}

function acceptedLocale(header: string): Locale | null {
  let best: { locale: Locale; weight: number } | null = null;
  for (const part of header.slice(0, 500).split(',')) {
    const [tag = '', ...params] = part.trim().toLowerCase().split(';');
    const weight = weightOf(params);
    const locale = localeOf(tag.trim());
    if (locale !== null && weight > (best?.weight ?? 0)) best = { locale, weight };
  }
  return best?.locale ?? null;
}

function localeOf(tag: string): Locale | null {
  const language = tag.split('-')[0];
  if (language === 'en') return 'en';
  // Java, and with it older Androids, writes Indonesian by its withdrawn code.
  return language === 'id' || language === 'in' ? 'id' : null;
}

function weightOf(params: readonly string[]): number {
  const q = params.map((param) => /^\s*q=(\d(?:\.\d{1,3})?)\s*$/.exec(param)?.[1]).find(Boolean);
  return q === undefined ? 1 : Number(q);
}
