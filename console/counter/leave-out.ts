/** Which cards are worth printing. A card that somebody uses must not be printed for somebody else. Pure. */
import type { BatchVoucher } from '../../store/types.ts';

export type LeftOut = 'used' | 'revoked' | 'unreadable';

export interface Printable {
  readonly vouchers: readonly BatchVoucher[];
  readonly leftOut: Readonly<Record<LeftOut, number>>;
}

/** `withUsed` prints a lost card again; a revoked one, and one of no form that portals take, never. */
export function worthPrinting(
  vouchers: readonly BatchVoucher[],
  withUsed: boolean,
  isReadable: (code: string) => boolean,
): Printable {
  const leftOut = { used: 0, revoked: 0, unreadable: 0 };
  const kept = vouchers.filter((voucher) => {
    const why = reasonOf(voucher, withUsed, isReadable);
    if (why !== null) leftOut[why] += 1;
    return why === null;
  });
  return { vouchers: kept, leftOut };
}

function reasonOf(
  voucher: BatchVoucher,
  withUsed: boolean,
  isReadable: (code: string) => boolean,
): LeftOut | null {
  if (voucher.disabled) return 'revoked';
  if (!isReadable(voucher.code)) return 'unreadable';
  return voucher.usedAt !== null && !withUsed ? 'used' : null;
}
