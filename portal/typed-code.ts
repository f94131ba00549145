/**
 * Whether a code that a citizen typed may be looked up by a page. RADIUS counts what guesses cost
 * (radius/guesses.ts), so every page that takes a code asks there first: none is a way around the budget.
 */
import type { PortalDeps } from './context.ts';

/** What RADIUS says of a code that it did not find, or did not look for. */
const NOT_FOUND: ReadonlySet<string> = new Set(['SW-BADCRED', 'SW-LIMIT', 'SW-ERROR']);

/** A voucher that is spent, closed or another village's is one: what follows from that is the caller's. */
export async function isVoucher(
  { store, radius }: Pick<PortalDeps, 'store' | 'radius'>,
  typed: string,
  phone: { readonly router: string; readonly mac: string; readonly framedIp: string },
): Promise<boolean> {
  const code = store.voucherForm(typed.slice(0, 64));
  if (code === null) return false;
  const answer = await radius.authenticate({ username: code, password: code, ...phone });
  return answer.kind === 'accept' || (answer.kind === 'reject' && !NOT_FOUND.has(answer.code));
}
