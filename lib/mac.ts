/** MAC addresses. Vendors write them in several forms; inside we hold one: `AA:BB:CC:DD:EE:FF`. */

const SEPARATED = /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;
const DOTTED = /^(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}$/i;
const BARE = /^[0-9a-f]{12}$/i;

/** The canonical form, or null when `text` is not a MAC address. */
export function normalizeMac(text: string): string | null {
  if (!SEPARATED.test(text) && !DOTTED.test(text) && !BARE.test(text)) return null;
  const digits = text.replaceAll(/[:.-]/g, '').toUpperCase();
  return digits.replaceAll(/(..)(?=.)/g, '$1:');
}
