/** What every page shows around its own content: language, place, title, links that keep the redirect. */
import type { VillageKind } from '../store/types.ts';
import {
  chooseLocale,
  type Locale,
  otherLocale,
  type TextKey,
  type Translate,
  translator,
} from './i18n.ts';
import type { LanguageLink } from './pages.ts';
import { type Params, withQuery } from './urls.ts';

/** Where the phone is, as far as the request tells. */
export interface Place {
  readonly kind: VillageKind;
  readonly village: string;
  readonly district: string;
  readonly regency: string;
}

export interface Frame {
  readonly locale: Locale;
  readonly t: Translate;
  /** Of the document: the page's name, then the network's. */
  readonly title: string;
  readonly network: string;
  readonly district: string | null;
  readonly provider: string;
  readonly switchTo: LanguageLink;
  readonly termsUrl: string;
  readonly privacyUrl: string;
}

export interface FrameRequest {
  readonly lang: string | null;
  readonly acceptLanguage: string | undefined;
  readonly place: Place | null;
  /** Path of this page for the language link. */
  readonly path: string;
  /** Parameters that links keep. */
  readonly carry: Params;
  /** Origin in front of links, on pages that are shown under a foreign name. */
  readonly origin?: string;
}

/** Language and texts of a request, before its page is chosen. */
export interface Speech {
  readonly locale: Locale;
  readonly t: Translate;
}

export function speak(request: Pick<FrameRequest, 'lang' | 'acceptLanguage' | 'place'>): Speech {
  const locale = chooseLocale(request.lang, request.acceptLanguage);
  const kind = request.place?.kind ?? 'desa';
  const office = translator(locale)(`place.office.${kind}`);
  return { locale, t: translator(locale, { office, village: request.place?.village ?? '' }) };
}

/** `own` are parameters that only the page's own language link keeps. */
export function createFrame(
  speech: Speech,
  request: FrameRequest,
  titleKey: TextKey,
  own: Params = {},
): Frame {
  const { locale, t } = speech;
  const { place, carry, origin = '' } = request;
  const other = otherLocale(locale);
  const network = place === null ? t('place.unknown') : t(`place.network.${place.kind}`);
  const link = (path: string, params: Params): string =>
    withQuery(origin + path, { ...carry, ...params });
  return {
    locale,
    t,
    title: `${t(titleKey)} – ${network}`,
    network,
    district: place === null ? null : t('place.district', { district: place.district }),
    provider:
      place === null || place.regency === ''
        ? t('place.free')
        : t('place.provider', { regency: regencyIn(locale, place.regency) }),
    switchTo: {
      locale: other,
      name: translator(other)('language.name'),
      url: link(request.path, { ...own, lang: other }),
    },
    termsUrl: link('/terms', { lang: locale }),
    privacyUrl: link('/privacy', { lang: locale }),
  };
}

/** `Kabupaten Musi Banyuasin` is `Musi Banyuasin Regency` in English. */
function regencyIn(locale: Locale, name: string): string {
  if (locale === 'id') return name;
  return name.replace(/^kabupaten (.+)$/i, '$1 Regency').replace(/^kota (.+)$/i, '$1 City');
}
