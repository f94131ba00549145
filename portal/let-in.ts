/** The last step of every way in: the account is known and may go online, once it has agreed to the texts. */
import type { Way } from '../settings/portal.ts';
import { askForPassword } from './account/choose-page.ts';
import { askForConsent, consents, knownAsChild } from './consent/ask.ts';
import { type PortalDeps, seeOther } from './context.ts';
import { type Admitted, type Exchange, handBack, type Visit } from './hand-back.ts';
import { claimOf, isStale } from './proofs.ts';
import { provesItself } from './proven-phone.ts';
import { anew } from './tickets.ts';

/**
 * Makes sure of consent to the texts in force: given before, by the boxes of the form that was sent, or on
 * a screen of its own. Then hands back. `via` is the way in that vouches for the account.
 */
export async function letIn(
  deps: PortalDeps,
  exchange: Exchange,
  visit: Visit,
  account: Admitted,
  via: Way,
  /** Known to be under 18: a parent must agree. */
  minor = false,
): Promise<void> {
  const facts = await deps.store.account(account.kind, account.id);
  if (isStale(account, facts)) return seeOther(exchange.res, anew(visit));
  if (facts?.firstPassword === true && via === 'account') {
    return askForPassword(deps, exchange, visit, account);
  }
  // The account of a click is the phone that a link named: what it is, only that phone is told.
  const isTold = via !== 'click' || (await provesItself(deps, exchange.req, visit.redirect));
  const child = facts?.child === true && isTold;
  // Kept, so that a window that is closed now does not make an adult of the next login.
  if (minor && !child) await knownAsChild(deps, visit, account);
  const waiting = {
    account: claimOf(account),
    ...{ via, guardianPhone: null, minor: minor || child, child },
  };
  const standing = await consents(deps, exchange, visit, waiting);
  if (standing === 'asked') await askForConsent(deps, exchange, visit, waiting);
  else await handBack(deps, exchange, visit, account, standing === 'before' ? null : standing);
}
