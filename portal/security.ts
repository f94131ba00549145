/**
 * Headers of every answer. Nothing may be loaded, framed, cached or passed on; pages allow their own
 * style sheet by hash and name the targets of their forms.
 *
 * Referrer-Policy is `same-origin` and not `no-referrer`: foreign sites get nothing under either, but
 * under the latter browsers send `Origin: null` with our own forms, which then look like anybody's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

export const BASE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-DNS-Prefetch-Control': 'off',
  'X-Download-Options': 'noopen',
  'X-Permitted-Cross-Domain-Policies': 'none',
  // The filter of old browsers, which could be turned against a page.
  'X-XSS-Protection': '0',
  'Origin-Agent-Cluster': '?1',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=()',
};

/** Browsers take these from encrypted pages alone. */
const ENCRYPTED_HEADERS: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  // A day: a certificate that lapses must not lock phones out for longer.
  'Strict-Transport-Security': 'max-age=86400',
};

export function setBaseHeaders(req: IncomingMessage, res: ServerResponse): void {
  const headers = isEncrypted(req) ? { ...BASE_HEADERS, ...ENCRYPTED_HEADERS } : BASE_HEADERS;
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
}

/**
 * `formTargets` are the origins that forms of the page may lead to besides the portal: browsers apply
 * form-action to the redirect that answers a form, too.
 */
export function pagePolicy(styleHashes: readonly string[], formTargets: readonly string[]): string {
  return [
    "default-src 'none'",
    `style-src ${styleHashes.map((hash) => `'${hash}'`).join(' ')}`,
    'img-src data:',
    `form-action ${["'self'", ...new Set(formTargets)].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/**
 * False for a request that a page of another site made. One that says nothing of where it comes from is let
 * through: every browser that sends forms since 2012 says it, by one of the three.
 */
export function isOwnRequest(req: IncomingMessage): boolean {
  const { 'sec-fetch-site': site, origin, referer, host } = req.headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const from = origin ?? referer;
  return from === undefined || URL.parse(from)?.host === host?.toLowerCase();
}

export function isEncrypted(req: IncomingMessage): boolean {
  return 'encrypted' in req.socket && req.socket.encrypted === true;
}
