/** What a password may be. Length counts, not kinds of characters (NIST SP 800-63B §5.1.1.2). */
export type WeakBecause = 'short' | 'long' | 'phone' | 'common';

const SHORTEST = 8;
/** RADIUS carries 128 octets; letters may have four. */
const LONGEST_OCTETS = 128;
/** The worst of leaked lists, and what stands on every wall here; compared without case and spaces. */
const COMMON = new Set(
  'password password1 passw0rd qwertyuiop qwerty123 iloveyou 1q2w3e4r admin123 administrator katasandi katasandi123 rahasia123 sayangku sayang123 indonesia indonesia1 merdeka45 bismillah bismillah1 alhamdulillah persija1928 wifigratis wifidesa sekayu123 musibanyuasin palembang internet12 abcd1234 1234abcd asdfghjkl zxcvbnm123 p@ssw0rd'.split(
    ' ',
  ),
);

/** Null for one that may be used. `phone` is its owner's, in E.164. */
export function weakness(password: string, phone: string | null): WeakBecause | null {
  if (Array.from(password).length < SHORTEST) return 'short';
  if (Buffer.byteLength(password) > LONGEST_OCTETS) return 'long';
  const digits = password.replaceAll(/\D/g, '');
  // The number without its prefix, however it was written.
  if (phone !== null && digits.includes(phone.slice(3))) return 'phone';
  const plain = password.toLowerCase().replaceAll(/\s/g, '');
  return COMMON.has(plain) || isRun(plain) ? 'common' : null;
}

/** `aaaaaaaa`, `12345678`, `87654321`, `abcdefgh`. */
function isRun(text: string): boolean {
  const codes = Array.from(text, (character) => character.codePointAt(0)!);
  const step = (codes[1] ?? 0) - (codes[0] ?? 0);
  return (
    Math.abs(step) <= 1 && codes.every((code, i) => i === 0 || isNext(codes[i - 1]!, code, step))
  );
}

/** After 9 comes 0. */
function isNext(before: number, code: number, step: number): boolean {
  return code - before === step || (step === 1 && before === 57 && code === 48);
}
