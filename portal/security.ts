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
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=()',
};

/** A day: a certificate that lapses must not lock phones out for longer. */
const STRICT_TRANSPORT = 'max-age=86400';

export function setBaseHeaders(req: IncomingMessage, res: ServerResponse): void {
  for (const [name, value] of Object.entries(BASE_HEADERS)) res.setHeader(name, value);
  if (isEncrypted(req)) res.setHeader('Strict-Transport-Security', STRICT_TRANSPORT);
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

/** False for a request that a page of another site made. Browsers too old to say are let through. */
export function isOwnRequest(req: IncomingMessage): boolean {
  const site = req.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const origin = req.headers.origin;
  return origin === undefined || URL.parse(origin)?.host === req.headers.host?.toLowerCase();
}

export function isEncrypted(req: IncomingMessage): boolean {
  return 'encrypted' in req.socket && req.socket.encrypted === true;
}
