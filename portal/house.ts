/**
 * How pages look and whom they name in a village: what is set there, in its district and in its regency.
 * Without a village, as the regency has it.
 */
import { createHash } from 'node:crypto';
import type { Logo } from '../settings/logo.ts';
import type { CallNumber, ServiceLink } from '../settings/look-types.ts';
import type { Palette, Tones } from '../settings/palette.ts';
import { resolveSettings, type Settings } from '../settings/resolve.ts';
import type { Announcement, Router } from '../store/types.ts';
import type { PortalDeps } from './context.ts';
import { settingsOf } from './village-settings.ts';

export interface House {
  /** Null: the network is called after its village. */
  readonly name: string | null;
  /** The colours as one style sheet, and its hash as the policy of a page names it. */
  readonly css: string;
  readonly cssHash: string;
  readonly logo: Logo | null;
  /** Where there is no logo. */
  readonly initials: string | null;
  readonly complaint: CallNumber | null;
  readonly services: readonly ServiceLink[];
  readonly emergency: readonly CallNumber[];
  /** Of all times; see {@link shownAt}. */
  readonly announcements: readonly Announcement[];
}

/** By the very settings that the store keeps: when they change, there are others. */
const built = new WeakMap<Settings, Omit<House, 'announcements'>>();
const NOTHING_SET = resolveSettings([], {
  routerId: null,
  villageCode: null,
  districtCode: null,
  regencyCode: '',
});

/** What a page has that nobody has set anything for. */
export const PLAIN_HOUSE: House = { ...build(NOTHING_SET), announcements: [] };

export async function houseOf(
  { store, log, regency }: Pick<PortalDeps, 'store' | 'log' | 'regency'>,
  router: Pick<Router, 'villageCode' | 'districtCode'> | null,
): Promise<House> {
  const place =
    router ?? (regency === undefined ? null : { villageCode: regency, districtCode: regency });
  if (place === null) return PLAIN_HOUSE;
  const [settings, announcements] = await Promise.all([
    settingsOf({ store, log }, place),
    store.announcementsAt(place.villageCode),
  ]);
  let house = built.get(settings);
  if (house === undefined) {
    house = build(settings);
    built.set(settings, house);
  }
  return { ...house, announcements };
}

/** Those of now: service notices first, then in their order. */
export function shownAt(announcements: readonly Announcement[], at: number): Announcement[] {
  const now = announcements.filter(
    ({ from, until }) => (from === null || from <= at) && (until === null || until > at),
  );
  const rank = ({ kind }: Announcement): number => (kind === 'service' ? 0 : 1);
  return now.toSorted((a, b) => rank(a) - rank(b) || a.position - b.position);
}

function build(settings: Settings): Omit<House, 'announcements'> {
  const css = cssOf(settings.get('portal.accent')!);
  return {
    name: settings.get('portal.name'),
    css,
    cssHash: `sha256-${createHash('sha256').update(css).digest('base64')}`,
    logo: settings.get('portal.logo'),
    initials: settings.get('portal.initials'),
    complaint: settings.get('portal.complaint'),
    services: settings.get('portal.services') ?? [],
    emergency: settings.get('portal.emergency') ?? [],
  };
}

/** Colours alone, so that nothing in it needs escaping in HTML. */
function cssOf({ light, dark }: Palette): string {
  const tones = ({ accent, on, tint, band }: Tones): string =>
    `:root{--accent:${accent};--on:${on};--tint:${tint};--band:${band}}`;
  return `${tones(light)}@media (prefers-color-scheme:dark){${tones(dark)}}`;
}
