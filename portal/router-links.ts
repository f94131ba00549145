/**
 * Addresses of a router's hotspot servlet. They are built from the router's row, or accepted from
 * the phone only when they name exactly that router: a token must never go anywhere else.
 */
import type { Router } from '../store/types.ts';
import { withQuery } from './urls.ts';

type Servlet = Pick<Router, 'loginHost' | 'hotspotAddress' | 'hotspotPort'>;
export type ServletPage = 'login' | 'logout';

/** Host, optional port, path; no userinfo, query, fragment, escapes, or spelling that needs decoding. */
const LINK =
  /^(https?):\/\/([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::([1-9]\d{0,4}))?\/(login|logout)$/i;

export function servletUrl(router: Servlet, page: ServletPage): string {
  const host = router.loginHost === '' ? router.hotspotAddress : router.loginHost;
  return build('http', host.toLowerCase(), router.hotspotPort, page);
}

/** The canonical form of a link that belongs to this router; null for every other text. */
export function acceptServletUrl(text: string, router: Servlet, page: ServletPage): string | null {
  const match = LINK.exec(text);
  if (match === null || match[4] !== page) return null;
  const scheme = match[1]!.toLowerCase() === 'https' ? 'https' : 'http';
  const host = match[2]!.toLowerCase();
  if (host !== router.loginHost.toLowerCase() && host !== router.hotspotAddress) return null;
  const port = match[3] === undefined ? defaultPort(scheme) : Number(match[3]);
  // A certificate moves the servlet to 443; any other port must be the row's.
  if (port !== router.hotspotPort && !(scheme === 'https' && port === 443)) return null;
  return build(scheme, host, port, page);
}

/** Where an accepted phone goes: the router's login with a token that works once. */
export function handBackUrl(
  linkLoginOnly: string,
  credentials: { username: string; token: string },
  welcomeUrl: string,
): string {
  return withQuery(linkLoginOnly, {
    username: credentials.username,
    password: credentials.token,
    dst: welcomeUrl,
  });
}

function build(scheme: 'http' | 'https', host: string, port: number, page: ServletPage): string {
  return `${scheme}://${host}${port === defaultPort(scheme) ? '' : `:${port}`}/${page}`;
}

function defaultPort(scheme: 'http' | 'https'): number {
  return scheme === 'https' ? 443 : 80;
}
