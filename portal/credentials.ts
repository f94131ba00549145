/** What was typed into the login page, as RADIUS is asked about it. */
import type { LoginMethod } from './pages.ts';

export type Typed =
  | { readonly kind: 'empty'; readonly method: LoginMethod }
  /** Cannot be anybody's: longer than what RADIUS carries. */
  | { readonly kind: 'impossible'; readonly method: LoginMethod }
  | {
      readonly kind: 'credentials';
      readonly method: LoginMethod;
      readonly username: string;
      readonly password: string;
    };

const LONGEST_CODE = 64;
const LONGEST_NAME_OCTETS = 253;
/** RFC 2865 §5.2: User-Password. */
const LONGEST_PASSWORD_OCTETS = 128;

/** The voucher field wins when both were filled in. */
export function readCredentials(form: URLSearchParams): Typed {
  const voucher = normalizeVoucher(form.get('voucher') ?? '');
  if (voucher !== '') {
    return voucher.length > LONGEST_CODE
      ? { kind: 'impossible', method: 'voucher' }
      : { kind: 'credentials', method: 'voucher', username: voucher, password: voucher };
  }
  const username = (form.get('username') ?? '').trim();
  const password = form.get('password') ?? '';
  const method = form.has('username') || form.has('password') ? 'account' : 'voucher';
  if (username === '' || password === '') return { kind: 'empty', method };
  const possible =
    Buffer.byteLength(username) <= LONGEST_NAME_OCTETS &&
    Buffer.byteLength(password) <= LONGEST_PASSWORD_OCTETS &&
    !/\p{Cc}/u.test(username);
  return possible
    ? { kind: 'credentials', method, username, password }
    : { kind: 'impossible', method };
}

/**
 * A printed code as people type it: spaces, hyphens, dots, full-width letters and case do not count.
 * Look-alikes are the store's business, which knows the alphabet of its codes.
 */
export function normalizeVoucher(text: string): string {
  return text
    .slice(0, 200)
    .normalize('NFKC')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toUpperCase();
}
