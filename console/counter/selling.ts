/**
 * Selling access needs a permit: UU 36/1999 art. 11 and 47, as amended by UU 6/2023. The legal way is a standard
 * certificate for reselling (KBLI 61994) and an agreement with an ISP, whose name is shown. Free vouchers are
 * always allowed. So nothing with a price is made, issued or printed unless both are configured.
 */
import { SmartWifiError } from '../../lib/errors.ts';

export interface Selling {
  /** Number of the permit. */
  readonly permit: string;
  /** The ISP whose access it is. */
  readonly partner: string;
}

const RUPIAH = new Intl.NumberFormat('id-ID', { maximumFractionDigits: 2 });

/** Throws `CONSOLE_SELLING_OFF` for a price without a permit. */
export function checkSelling(
  tariff: { readonly name: string; readonly priceMinor: number | null },
  selling: Selling | undefined,
): void {
  if (tariff.priceMinor === null || selling !== undefined) return;
  throw new SmartWifiError(
    'CONSOLE_SELLING_OFF',
    `tariff ${tariff.name} costs ${formatRupiah(tariff.priceMinor)}, and selling is off: set selling.permit and selling.partner in the configuration, or take the price away with smartwifi tariff change ${tariff.name} --price none`,
  );
}

/** `Rp 5.000`; minor units are a hundredth. */
export function formatRupiah(minor: number): string {
  return `Rp ${RUPIAH.format(minor / 100)}`;
}
