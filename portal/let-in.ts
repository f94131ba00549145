/** The last step of every way in: the account is known and may go online, so the phone goes back to its router. */
import type { Request, Response } from 'express';
import type { Way } from '../settings/portal.ts';
import type { AccountKind } from '../store/types.ts';
import { type PortalDeps, seeOther } from './context.ts';
import type { Locale } from './i18n.ts';
import type { Redirect } from './redirect-params.ts';
import { handBackUrl } from './router-links.ts';
import { withQuery } from './urls.ts';

export interface Admitted {
  readonly kind: AccountKind;
  readonly id: string;
}

/**
 * 303 to the router with a one-time token for this phone there; it logs the phone in with it. `via` is the
 * way in that vouches for the account.
 */
export async function letIn(
  deps: PortalDeps,
  { res }: { readonly req: Request; readonly res: Response },
  visit: { readonly redirect: Redirect; readonly locale: Locale },
  account: Admitted,
  _via: Way,
): Promise<void> {
  const { redirect, locale } = visit;
  const welcome = withQuery('/status', { router: redirect.router.name, lang: locale, wait: '1' });
  const token = await deps.store.issueToken({
    accountKind: account.kind,
    accountId: account.id,
    mac: redirect.mac,
    routerId: redirect.router.id,
    at: deps.clock.now(),
    ttlMs: deps.tokenTtlMs,
  });
  deps.metrics.login('accepted');
  seeOther(res, handBackUrl(redirect.linkLoginOnly, token, deps.publicOrigin + welcome));
}
