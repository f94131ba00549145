/** Who may change the number of an account. */
import type { PortalDeps } from '../context.ts';
import { proofOf, type Self } from './self.ts';

/** Only where codes are sent, and where something else than the phone says whose account it is. */
export function mayChangeNumber(deps: Pick<PortalDeps, 'codes'>, self: Self): boolean {
  const proof = proofOf(deps, self);
  return deps.codes !== null && self.router !== null && (proof === 'password' || proof === 'code');
}
