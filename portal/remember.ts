/**
 * Remembered phones: a third box, never ticked beforehand, and the way back on the status page (ADR 0013).
 * What is kept is the router's word for which phone it is, never the query's: a login keeps it with the token
 * ({@link Store.openLogin}), the status page takes the MAC of the session.
 */
import type { Request } from 'express';
import type { Router, Session } from '../store/types.ts';
import { legalTextsAt, textsKey } from './consent/texts.ts';
import { formOf, type Handler, type PortalDeps, seeOther, sessionOf } from './context.ts';
import { chooseLocale } from './i18n.ts';
import { sendMessage } from './messages.ts';
import { isPass } from './otp/visit.ts';
import { isOwnRequest } from './security.ts';
import { withQuery } from './urls.ts';
import { settingsOf } from './village-settings.ts';

/** The box as a page shows it; null where phones are not remembered. */
export interface RememberBox {
  readonly days: number;
  readonly ticked: boolean;
}

export type Remembered =
  /** Until then it returns without a page. */
  | { readonly kind: 'yes'; readonly until: number }
  /** It may be, for so many days. */
  | { readonly kind: 'no'; readonly days: number };

const DAY_MS = 86_400_000;

export async function rememberBox(
  deps: PortalDeps,
  req: Request,
  router: Router,
): Promise<RememberBox | null> {
  const days = await daysAt(deps, router);
  return days === 0 ? null : { days, ticked: isTicked(req) };
}

/** For the token of a login whose form had the box ticked. */
export async function rememberUntil(
  deps: PortalDeps,
  req: Request,
  router: Router,
): Promise<number | null> {
  if (!isTicked(req)) return null;
  const days = await daysAt(deps, router);
  return days === 0 ? null : deps.clock.now() + days * DAY_MS;
}

/** Null for what has no account, where phones are not remembered, and for a machine of an operator. */
export async function rememberedAt(
  deps: PortalDeps,
  session: Session,
  router: Router | null,
): Promise<Remembered | null> {
  if (router === null || session.accountId === null || isPass(session)) return null;
  if (session.ending === true) return null;
  const device = await deps.store.device(session.mac);
  const lasts = device !== null && (device.expiresAt ?? Infinity) > deps.clock.now();
  if (lasts && device.origin === 'operator') return null;
  if (lasts && device.accountId === session.accountId && device.expiresAt !== null) {
    return { kind: 'yes', until: device.expiresAt };
  }
  const days = await daysAt(deps, router);
  return days === 0 ? null : { kind: 'no', days };
}

/** Before a log-out: whoever logs out wants to be asked next time. */
export async function forgetPhone(deps: PortalDeps, session: Session): Promise<void> {
  const { mac, accountId } = session;
  if (accountId === null) return;
  await deps.store.forgetDevice({ mac, accountId, keepSessions: true, at: deps.clock.now() });
}

/** `POST /remember` and `POST /forget`, from the status page. */
export function changeRemembered(deps: PortalDeps, wanted: boolean): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const lang = chooseLocale(formOf(req).get('lang'), req.headers['accept-language']);
    const session = await sessionOf(deps, req);
    if (session !== null && wanted) await rememberPhone(deps, session);
    else if (session !== null) await forgetPhone(deps, session);
    seeOther(res, withQuery('/status', { lang }));
  };
}

async function rememberPhone(deps: PortalDeps, session: Session): Promise<void> {
  const { id: sessionId, mac, accountKind, accountId } = session;
  if (session.ending === true) return;
  const router = await deps.store.routerByName(session.router);
  if (router === null || accountKind === null || accountId === null) return;
  const days = await daysAt(deps, router);
  const account = await deps.store.account(accountKind, accountId);
  if (days === 0 || account === null || account.reserved === true) return;
  const at = deps.clock.now();
  const device = { mac, accountKind, accountId, label: '', expiresAt: at + days * DAY_MS };
  const texts = await legalTextsAt(deps, router);
  const hashes = { terms: texts.terms.hash, privacy: texts.privacy.hash };
  // Texts that changed since this session began are asked about when the phone returns.
  const isAgreed = await deps.store.hasConsented({ ...hashes, account, mac });
  const agreed = isAgreed ? textsKey(texts) : null;
  await deps.store.rememberDevice({ ...device, origin: 'consent', agreed, sessionId, at });
}

function isTicked(req: Request): boolean {
  return formOf(req).get('remember') === '1';
}

async function daysAt(deps: PortalDeps, router: Router): Promise<number> {
  return (await settingsOf(deps, router)).get('portal.remember-days') ?? 0;
}
