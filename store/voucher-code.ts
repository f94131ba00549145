/** Printed voucher codes: eleven random characters (51 bits) and their check character, `ABCD-EFGH-JKMN`. */
import type { Keys } from './keys.ts';
import { formatCode, newCode, normalizeCode } from './unmistakable.ts';

const LENGTH = 12;
/** 50 bits. */
const SEAL_LENGTH = 10;

export function newVoucherCode(): string {
  return formatCode(newCode(LENGTH));
}

/** The characters without spaces, hyphens and case, or null when the check character is wrong. */
export function normalizeVoucherCode(text: string): string | null {
  return normalizeCode(text, LENGTH);
}

/** What a printed QR carries beside the code; nobody who has not seen the card can know it. */
export function voucherSeal(keys: Pick<Keys, 'credentialKey'>, code: string): string {
  const digest = Buffer.from(keys.credentialKey(`voucher-seal:${code}`), 'hex');
  return digest
    .toString('base64url')
    .replaceAll(/[^a-zA-Z0-9]/g, '')
    .toLowerCase()
    .slice(0, SEAL_LENGTH);
}
