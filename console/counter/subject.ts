/** Whom an operator asks about: a phone number, a phone's address, a voucher's code, or a user name. Pure. */
import { normalizeMac } from '../../lib/mac.ts';

export type Subject =
  | { readonly kind: 'mac'; readonly mac: string }
  | { readonly kind: 'phone'; readonly phone: string }
  /** Of a voucher or of a subscriber; the store knows which. */
  | { readonly kind: 'name'; readonly name: string };

/** `toMobile` gives a phone number's one form; null = it is none. Null for what no name can be. */
export function subjectOf(text: string, toMobile: (text: string) => string | null): Subject | null {
  const name = text.trim();
  if (name === '' || name.length > 253 || /\p{Cc}/u.test(name)) return null;
  const mac = normalizeMac(name);
  // Twelve digits are a phone number sooner than an address.
  const phone = toMobile(name);
  if (phone !== null && !/[:-][0-9a-f]{2}[:-]/i.test(name)) return { kind: 'phone', phone };
  if (mac !== null) return { kind: 'mac', mac };
  return { kind: 'name', name };
}

/** A user name, masked where it is a phone number: people log in with theirs. */
export function shownName(name: string): string {
  return /^\+?\d{9,15}$/.test(name) ? maskedPhone(name) : name;
}

/** `+62812******12`: enough to recognise a number that one knows. */
export function maskedPhone(phone: string): string {
  return `${phone.slice(0, 6)}${'*'.repeat(Math.max(0, phone.length - 8))}${phone.slice(-2)}`;
}
