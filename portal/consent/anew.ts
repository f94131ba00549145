/**
 * A remembered phone does not return under texts that its citizen never agreed to (radius/login.ts). It has shown
 * by its address which phone it is, so it agrees with a tap and types nothing: once, for all texts that changed.
 */
import type { PortalDeps } from '../context.ts';
import { type Exchange, handBack, type Visit } from '../hand-back.ts';
import { claimOf } from '../proofs.ts';
import { provesItself } from '../proven-phone.ts';
import { askForConsent } from './ask.ts';
import { legalTextsAt, textsKey } from './texts.ts';

/** False for every other phone, and after a refusal: the login page says why. */
export async function asksAnew(
  deps: PortalDeps,
  exchange: Exchange,
  visit: Visit,
): Promise<boolean> {
  const { mac, router, error } = visit.redirect;
  const device = error === null ? await deps.store.device(mac) : null;
  if (device === null || device.origin !== 'consent') return false;
  const texts = await legalTextsAt(deps, router);
  const lasts = (device.expiresAt ?? Infinity) > deps.clock.now();
  if (!lasts || device.agreed === textsKey(texts)) return false;
  if (!(await provesItself(deps, exchange.req, visit.redirect))) return false;
  const facts = await deps.store.account(device.accountKind, device.accountId);
  if (facts === null || facts.disabled) return false;
  const account = claimOf(facts);
  const hashes = { terms: texts.terms.hash, privacy: texts.privacy.hash };
  // On another phone, meanwhile.
  if (await deps.store.hasConsented({ ...hashes, account, mac: null })) {
    await handBack(deps, exchange, visit, account, null);
    return true;
  }
  const child = facts.child === true;
  const waiting = { account, via: 'remembered', guardianPhone: null, minor: child, child } as const;
  await askForConsent(deps, exchange, visit, waiting);
  return true;
}
