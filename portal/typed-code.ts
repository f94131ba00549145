/**
 * Whether a code that a citizen typed may be looked up by a page. RADIUS counts what guesses cost
 * (radius/guesses.ts), so every page that takes a code asks there first: none is a way around the budget.
 */
import type { PortalDeps } from './context.ts';

/** `limited` and `down` say nothing about the code: nobody has looked it up. */
export type TypedCode = 'voucher' | 'none' | 'limited' | 'down';

/** A voucher that is spent, closed or another village's is one: what follows from that is the caller's. */
export async function lookUpCode(
  { store, radius, log }: Pick<PortalDeps, 'store' | 'radius' | 'log'>,
  typed: string,
  phone: { readonly router: string; readonly mac: string; readonly framedIp: string },
): Promise<TypedCode> {
  const code = store.voucherForm(typed.slice(0, 64));
  if (code === null) return 'none';
  const answer = await radius.authenticate({ username: code, password: code, ...phone });
  if (answer.kind === 'accept') return 'voucher';
  if (answer.kind === 'unreachable') {
    log.warn({ router: phone.router }, 'RADIUS did not answer about a code');
    return 'down';
  }
  if (answer.code === 'SW-LIMIT') return 'limited';
  if (answer.code === 'SW-ERROR') return 'down';
  return answer.code === 'SW-BADCRED' ? 'none' : 'voucher';
}
