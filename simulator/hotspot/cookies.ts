/**
 * MAC cookies: a phone that logged in once is let in again by its MAC, with the name and password of that time, for as
 * long as its user profile says. RADIUS still decides, and a refusal ends the cookie. They outlive a power cut.
 */
import type { Clock } from '../../lib/clock.ts';
import type { MenuTree } from '../menu/contract.ts';
import { formatDuration } from './values.ts';

export interface Cookie {
  readonly username: string;
  readonly password: string;
}

export interface Cookies {
  /** What a phone may log in with; null when it has no cookie. */
  of(mac: string): Cookie | null;
  /** `lifeMs` from now; a second login renews it. */
  keep(mac: string, cookie: Cookie, lifeMs: number): void;
  drop(mac: string): void;
}

const MENU = '/ip/hotspot/cookie';

export function createCookies(tree: MenuTree, clock: Pick<Clock, 'now'>): Cookies {
  const cookies = new Map<string, Cookie & { readonly until: number }>();
  const of = (mac: string): Cookie | null => {
    const cookie = cookies.get(mac);
    if (cookie === undefined) return null;
    if (cookie.until > clock.now()) return cookie;
    cookies.delete(mac);
    return null;
  };
  tree.onRead(MENU, () => {
    const now = clock.now();
    const rows = [...cookies]
      .filter(([, { until }]) => until > now)
      .map(([mac, { username, until }]) => ({
        user: username,
        domain: '',
        'mac-address': mac,
        'mac-cookie': 'true',
        'expires-in': formatDuration(until - now),
      }));
    tree.setDynamic(MENU, rows);
  });
  tree.onRemoveDynamic(MENU, ({ values }) => {
    cookies.delete(values['mac-address'] ?? '');
  });
  return {
    of,
    keep: (mac, cookie, lifeMs) =>
      void cookies.set(mac, { ...cookie, until: clock.now() + lifeMs }),
    drop: (mac) => void cookies.delete(mac),
  };
}
