/** Printed voucher codes: nine random characters and their check character, `ABCDE-FGHJK`. */
import { formatCode, newCode, normalizeCode } from './unmistakable.ts';

const LENGTH = 10;

export function newVoucherCode(): string {
  return formatCode(newCode(LENGTH));
}

/** The ten characters without spaces, hyphens and case, or null when the check character is wrong. */
export function normalizeVoucherCode(text: string): string | null {
  return normalizeCode(text, LENGTH);
}
