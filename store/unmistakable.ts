/**
 * Codes that people read, say and type: random letters and digits and a check character (Luhn mod N),
 * without characters that are mistaken for one another (0 O, 1 I L, 2 Z, 5 S, 8 B). A typing error is told
 * from a guess before the store is asked.
 */
import { randomInt } from 'node:crypto';

const ALPHABET = 'ACDEFGHJKMNPQRTUVWXY346789';

/** `length` characters, the check character among them. */
export function newCode(length: number): string {
  const body = Array.from({ length: length - 1 }, () => ALPHABET[randomInt(ALPHABET.length)]).join(
    '',
  );
  return body + checkCharacter(body);
}

/** The characters without spaces, hyphens and case, or null when the check character is wrong. */
export function normalizeCode(text: string, length: number): string | null {
  if (text.length > 40) return null;
  const code = text
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '')
    .replaceAll('B', '8');
  if (code.length !== length || Array.from(code).some((character) => !ALPHABET.includes(character)))
    return null;
  return checkCharacter(code.slice(0, -1)) === code.at(-1) ? code : null;
}

/** In groups of at most five, which are easier to say: `ABC-DEF`, `ABCD-EFGH-JKMN`. */
export function formatCode(code: string): string {
  const groups = Math.max(2, Math.ceil(code.length / 5));
  const size = Math.ceil(code.length / groups);
  return Array.from({ length: groups }, (_, i) => code.slice(i * size, (i + 1) * size)).join('-');
}

function checkCharacter(body: string): string {
  const n = ALPHABET.length;
  let factor = 2;
  let sum = 0;
  for (const character of Array.from(body).toReversed()) {
    const addend = factor * ALPHABET.indexOf(character);
    sum += Math.floor(addend / n) + (addend % n);
    factor = 3 - factor;
  }
  return ALPHABET[(n - (sum % n)) % n]!;
}
