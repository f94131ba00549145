/** Back to the router, which logs the phone in. */
import type { Request, Response } from 'express';
import type { AccountKind, TokenConsent } from '../store/types.ts';
import { legalTextsAt, textsKey } from './consent/texts.ts';
import { type PortalDeps, seeOther } from './context.ts';
import type { Locale } from './i18n.ts';
import { phoneKind } from './phone-kind.ts';
import type { Redirect } from './redirect-params.ts';
import { rememberUntil } from './remember.ts';
import { handBackUrl } from './router-links.ts';
import { withQuery } from './urls.ts';

export interface Admitted {
  readonly kind: AccountKind;
  readonly id: string;
  /** When its owner was proven; absent: 0. */
  readonly epoch?: number;
}

export interface Exchange {
  readonly req: Request;
  readonly res: Response;
}

export interface Visit {
  readonly redirect: Redirect;
  readonly locale: Locale;
  /** Of the ticket that the login waits in: of one ticket, one token lives. */
  readonly ticketId?: string;
}

/**
 * 303 to the router with a one-time token for this phone there; it logs the phone in with it. `consent` is what
 * was agreed to just now; the texts in force are agreed to by then.
 */
export async function handBack(
  deps: PortalDeps,
  { req, res }: Exchange,
  { redirect, locale, ticketId }: Visit,
  account: Admitted,
  consent: TokenConsent | null,
): Promise<void> {
  const welcome = withQuery('/welcome', { router: redirect.router.name, lang: locale, wait: '1' });
  const until = await rememberUntil(deps, req, redirect.router);
  const inForce = textsKey(await legalTextsAt(deps, redirect.router));
  const device = await deps.store.device(redirect.mac);
  // Remembered already, under other texts: it returns under these from now on.
  const isRenewed = device?.accountId === account.id && device.agreed !== inForce;
  const token = await deps.store.issueToken({
    accountKind: account.kind,
    accountId: account.id,
    epoch: account.epoch ?? 0,
    mac: redirect.mac,
    routerId: redirect.router.id,
    phone: phoneKind(req.headers['user-agent']),
    ...(until === null ? {} : { rememberUntil: until }),
    ...(until === null && !isRenewed ? {} : { agreed: inForce }),
    ...(consent === null ? {} : { consent }),
    ...(ticketId === undefined ? {} : { ticketId }),
    at: deps.clock.now(),
    ttlMs: deps.tokenTtlMs,
  });
  deps.metrics.login('accepted');
  seeOther(res, handBackUrl(redirect.linkLoginOnly, token, deps.publicOrigin + welcome));
}
