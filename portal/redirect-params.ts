/**
 * What the router's login page tells the portal in the query (and the portal's own form repeats).
 *
 * A phone can write anything there, so every value is hostile until it passes here: it is short,
 * given once, of its type, and its links belong to the router that it names. `link-orig` and
 * `server-name` are read by nobody: after the login the phone goes to the status page.
 */
import { normalizeMac } from '../lib/mac.ts';
import { parseIpv4 } from '../lib/net.ts';
import type { Router } from '../store/types.ts';
import { codeFromRouter, type RejectCode } from './reject-codes.ts';
import { acceptServletUrl, servletUrl } from './router-links.ts';

/** A redirect whose every value is in order. */
export interface Redirect {
  readonly router: Router;
  readonly mac: string;
  readonly ip: string | null;
  readonly linkLoginOnly: string;
  readonly error: RejectCode | null;
}

/** `elsewhere`: it comes from the LAN of another village. */
export type RefusedBecause = 'router' | 'mac' | 'ip' | 'link' | 'value' | 'elsewhere';

export type RedirectOutcome =
  | { readonly kind: 'none' }
  /** Only a router is named (RFC 8908 clients, bookmarks): the phone must pass by the router first. */
  | { readonly kind: 'router'; readonly router: Router }
  | { readonly kind: 'complete'; readonly redirect: Redirect }
  | { readonly kind: 'refused'; readonly because: RefusedBecause };

const ROUTER_NAME = /^[A-Za-z0-9-]{1,64}$/;
/** Longest accepted value. `error` is free text that only chooses a code, so it has no place here. */
const LONGEST = { mac: 17, ip: 15, 'link-login-only': 300, 'link-logout': 300 } as const;
type Field = keyof typeof LONGEST;
const FIELDS: readonly Field[] = ['mac', 'ip', 'link-login-only', 'link-logout'];

/** The router's name when it could be one; null is not worth a look into the store. */
export function routerNameIn(params: URLSearchParams): string | null {
  const names = params.getAll('router');
  return names.length === 1 && ROUTER_NAME.test(names[0]!) ? names[0]! : null;
}

/** `router` is the row of {@link routerNameIn}, or null when there is none of that name. */
export function readRedirect(params: URLSearchParams, router: Router | null): RedirectOutcome {
  const mentioned = FIELDS.filter((field) => params.has(field));
  if (!params.has('router') && mentioned.length === 0) return { kind: 'none' };
  if (router === null) return { kind: 'refused', because: 'router' };
  if (mentioned.length === 0) return { kind: 'router', router };
  if (mentioned.some((field) => !isPlain(params, field)))
    return { kind: 'refused', because: 'value' };
  return readFields(params, router);
}

/** The parameters that carry a valid redirect through links and forms. */
export function writeRedirect(redirect: Redirect): Record<string, string> {
  return {
    router: redirect.router.name,
    mac: redirect.mac,
    ...(redirect.ip === null ? {} : { ip: redirect.ip }),
    'link-login-only': redirect.linkLoginOnly,
  };
}

function readFields(params: URLSearchParams, router: Router): RedirectOutcome {
  const mac = normalizeMac(params.get('mac') ?? '');
  if (mac === null) return { kind: 'refused', because: 'mac' };
  const ip = params.get('ip') || null;
  if (ip !== null && parseIpv4(ip) === null) return { kind: 'refused', because: 'ip' };
  const login = params.get('link-login-only') || servletUrl(router, 'login');
  const logout = params.get('link-logout') || servletUrl(router, 'logout');
  const linkLoginOnly = acceptServletUrl(login, router, 'login');
  if (linkLoginOnly === null || acceptServletUrl(logout, router, 'logout') === null) {
    return { kind: 'refused', because: 'link' };
  }
  const error = codeFromRouter(params.get('error') ?? '');
  return { kind: 'complete', redirect: { router, mac, ip, linkLoginOnly, error } };
}

/** Given once, short, without control characters. */
function isPlain(params: URLSearchParams, field: Field): boolean {
  const values = params.getAll(field);
  const value = values[0]!;
  return values.length === 1 && value.length <= LONGEST[field] && !/\p{C}/u.test(value);
}
