/** MAC addresses. Vendors write them in several forms; inside we hold one: `AA:BB:CC:DD:EE:FF`. */

const SEPARATED = /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;
const DOTTED = /^(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}$/i;
const BARE = /^[0-9a-f]{12}$/i;

/** The canonical form, or null when `text` is not a MAC address. */
export function normalizeMac(text: string): string | null {
  if (isCanonical(text)) return text;
  if (!SEPARATED.test(text) && !DOTTED.test(text) && !BARE.test(text)) return null;
  const digits = text.replaceAll(/[:.-]/g, '').toUpperCase();
  return digits.replaceAll(/(..)(?=.)/g, '$1:');
}

/** Nearly every address comes in the form that we hold; that is told without a regular expression. */
function isCanonical(text: string): boolean {
  if (text.length !== 17) return false;
  for (let i = 0; i < 17; i += 1) {
    const c = text.charCodeAt(i);
    const fits = i % 3 === 2 ? c === 0x3a : (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x46);
    if (!fits) return false;
  }
  return true;
}
