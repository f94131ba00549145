/** What every page shows around its own content: language, place, title, links that keep the redirect. */
import type { LogoTag } from '../settings/logo.ts';
import type { CallNumber } from '../settings/look-types.ts';
import type { Announcement, VillageKind } from '../store/types.ts';
import { type House, PLAIN_HOUSE } from './house.ts';
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

/** Where the phone is, as far as the request tells, and what pages there look like and announce. */
export interface Place {
  /** Null: somewhere in the regency. */
  readonly where: {
    readonly kind: VillageKind;
    readonly village: string;
    readonly district: string;
    readonly regency: string;
  } | null;
  readonly house: House;
  /** Of now, in the order in which they are shown. */
  readonly announcements: readonly Announcement[];
  /** Null: everything is free. */
  readonly selling: { readonly permit: string; readonly partner: string } | null;
}

/** An announcement in the words of a page. */
export interface Notice {
  readonly text: string;
  /** Set where it is not in the page's own language. */
  readonly lang: Locale | null;
}

export interface Frame {
  readonly locale: Locale;
  readonly t: Translate;
  /** Of the document: the page's name, then the network's. */
  readonly title: string;
  readonly network: string;
  readonly district: string | null;
  readonly provider: string;
  /** Permit and ISP of what is sold, which the law wants shown; null = all is free. */
  readonly licence: string | null;
  readonly css: string;
  readonly cssHash: string;
  readonly logo: { readonly viewBox: string; readonly tags: readonly LogoTag[] } | null;
  readonly initials: string | null;
  readonly complaint: CallNumber | null;
  /** Work or faults that are known: on every page. */
  readonly notices: readonly Notice[];
  /** Of the village: where a page has room for them. */
  readonly news: readonly Notice[];
  readonly accountUrl: string;
  readonly whyUrl: string;
  readonly helpUrl: string;
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
  const where = request.place?.where ?? null;
  const office = translator(locale)(`place.office.${where?.kind ?? 'desa'}`);
  return { locale, t: translator(locale, { office, village: where?.village ?? '' }) };
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
  const where = place?.where ?? null;
  const house = place?.house ?? PLAIN_HOUSE;
  const announced = place?.announcements ?? [];
  const selling = place?.selling ?? null;

  // Who reads the texts comes back to where they are agreed to.
  const waiting: Params =
    own.ticket === undefined || request.path !== '/consent' ? {} : { ticket: own.ticket };
  const network =
    house.name ?? (where === null ? t('place.unknown') : t(`place.network.${where.kind}`));
  const link = (path: string, params: Params): string =>
    withQuery(origin + path, { ...carry, ...params });
  return {
    locale,
    t,
    title: `${t(titleKey)} – ${network}`,
    network,
    district: where === null ? null : t('place.district', { district: where.district }),
    provider:
      where === null || where.regency === ''
        ? t(selling === null ? 'place.free' : 'place.unknown')
        : t('place.provider', { regency: regencyIn(locale, where.regency) }),
    licence: selling === null ? null : t('place.licence', selling),
    css: house.css,

    cssHash: house.cssHash,
    logo: house.logo,
    initials: house.initials,
    complaint: house.complaint,
    notices: noticesOf(announced, 'service', locale),
    news: noticesOf(announced, 'news', locale),
    accountUrl: link('/account', { lang: locale }),
    // What a login was refused for is what is asked about.
    whyUrl: link('/why', {
      ...(own.error === undefined ? {} : { error: own.error }),
      lang: locale,
    }),
    helpUrl: link('/help', { lang: locale }),
    switchTo: {
      locale: other,
      name: translator(other)('language.name'),
      url: link(request.path, { ...own, lang: other }),
    },
    termsUrl: link('/terms', { ...waiting, lang: locale }),
    privacyUrl: link('/privacy', { ...waiting, lang: locale }),
  };
}

function noticesOf(
  announcements: readonly Announcement[],
  kind: Announcement['kind'],
  locale: Locale,
): Notice[] {
  return announcements
    .filter((one) => one.kind === kind)
    .map(({ text, textEn }) =>
      locale === 'en' && textEn === null
        ? { text, lang: 'id' }
        : { text: locale === 'en' ? textEn! : text, lang: null },
    );
}

/** `Kabupaten Musi Banyuasin` is `Musi Banyuasin Regency` in English. */
function regencyIn(locale: Locale, name: string): string {
  if (locale === 'id') return name;
  return name.replace(/^kabupaten (.+)$/i, '$1 Regency').replace(/^kota (.+)$/i, '$1 City');
}
