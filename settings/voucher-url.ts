/**
 * Where the QR of a printed voucher leads. The seal is what nobody can guess who has not seen the card
 * (`Store.voucherSeal`), so that a code with it costs no guess; both are letters and digits.
 */
export function voucherUrl(publicUrl: string, code: string, seal: string): string {
  return `${publicUrl}/v/${code}.${seal}`;
}

/** What RADIUS takes as a voucher's secret, from the last part of {@link voucherUrl}; null = it is none. */
export function sealedCodeIn(part: string): { code: string; seal: string } | null {
  const [, code, seal] = /^([a-z0-9]{4,20})\.([a-z0-9]{4,20})$/i.exec(part) ?? [];
  return code === undefined || seal === undefined
    ? null
    : { code: code.toUpperCase(), seal: seal.toLowerCase() };
}
