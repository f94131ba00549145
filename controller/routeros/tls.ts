/**
 * API-SSL. A router without a certificate offers anonymous Diffie-Hellman only (TLS 1.2 at most): private
 * against listeners, open to whoever stands between. A router with one is known by the fingerprint
 * that it had at enrolment, or by the fleet's authority. Who it is, is decided before a byte is sent.
 */
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { RouterOsError } from './errors.ts';

export type RouterTls =
  | { readonly kind: 'anonymous' }
  /** `sha256` of the certificate, 64 hex digits; colons and case do not matter. Dates are not looked at. */
  | { readonly kind: 'pinned'; readonly sha256: string }
  /** `authority` is PEM; `name` is a DNS name in the router's certificate. */
  | { readonly kind: 'authority'; readonly authority: string; readonly name: string };

/** Beside them whatever router there is, to read its fingerprint and say nothing. */
export type TlsPeer = RouterTls | { readonly kind: 'any' };

const ANONYMOUS = 'ADH-AES256-GCM-SHA384:@SECLEVEL=0';

/** Node's options; the judgement is {@link refusal}'s alone. */
export function tlsOptions(tls: TlsPeer): ConnectionOptions {
  switch (tls.kind) {
    case 'anonymous':
      return { ciphers: ANONYMOUS, maxVersion: 'TLSv1.2', rejectUnauthorized: false };
    case 'any':
    case 'pinned':
      return { rejectUnauthorized: false };
    case 'authority':
      return { ca: tls.authority, servername: tls.name, rejectUnauthorized: false };
  }
}

/** Why the router at the other end is not the one we want; null when it is. */
export function refusal(socket: TLSSocket, tls: TlsPeer): RouterOsError | null {
  switch (tls.kind) {
    case 'any':
    case 'anonymous':
      return null;
    case 'pinned': {
      const seen = fingerprintOf(socket);
      if (seen !== null && seen === plain(tls.sha256)) return null;
      return certificateError(`the router has the certificate ${seen ?? '(none)'}`);
    }
    case 'authority':
      if (socket.authorized) return null;
      return certificateError(`the router's certificate: ${String(socket.authorizationError)}`);
  }
}

/** SHA-256 of the peer's certificate, 64 lower-case hex digits; null when it shows none. */
export function fingerprintOf(socket: TLSSocket): string | null {
  const fingerprint = socket.getPeerX509Certificate()?.fingerprint256;
  return fingerprint === undefined ? null : plain(fingerprint);
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}

function certificateError(message: string): RouterOsError {
  return new RouterOsError('ROUTER_CERTIFICATE', message);
}
