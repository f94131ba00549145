/**
 * Indonesian mobile numbers as people write them, in one form.
 *
 * National `0` becomes `+62`; mobile numbers begin with 8 and have 10 to 13 digits with the 0 in front
 * (numbering plan, KM 4/2001 and its changes). The carrier is never told from the prefix: numbers move.
 */

/** `+6281234567890`. */
export type E164 = `+${string}`;

/** Longest text that is worth a look: a full form with brackets, spaces and dashes. */
const LONGEST = 32;
const FOREIGN_SIGNS = /[^\d\s().+\p{Pd}]/u;
const NATIONAL = /^8[1-9]\d{7,10}$/;

/** Null for what is no Indonesian mobile number. */
export function toMobileE164(raw: string): E164 | null {
  if (raw.length > LONGEST) return null;
  // Contacts that are pasted bring invisible marks of writing direction along.
  const text = raw
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim();
  if (FOREIGN_SIGNS.test(text)) return null;
  let digits = text.replace(/\D/g, '');
  const international = text.startsWith('+') || digits.startsWith('00');
  if (digits.startsWith('00')) digits = digits.slice(2);
  if (digits.startsWith('62')) digits = digits.slice(2);
  else if (international) return null;
  if (digits.startsWith('0')) digits = digits.slice(1);
  return NATIONAL.test(digits) ? `+62${digits}` : null;
}

/** For its owner's eyes: `0812••••890` tells which number was meant, and nobody else whose it is. */
export function maskedNumber(phone: E164): string {
  const national = `0${phone.slice(3)}`;
  return `${national.slice(0, 4)}••••${national.slice(-3)}`;
}
