/**
 * The grace pass (ADR 0027): a login like any other, on an account of its own, that reaches messengers only.
 * Where it cannot be had, the page of the code is shown at once: it is a convenience, never a condition.
 */
import type { GracePass } from '../../store/types.ts';
import { isBehind, type PortalDeps } from '../context.ts';
import type { Locale } from '../i18n.ts';
import { type Redirect, writeRedirect } from '../redirect-params.ts';
import { handBackUrl } from '../router-links.ts';
import { sourceAt } from '../source.ts';
import { withQuery } from '../urls.ts';
import { settingsOf } from '../village-settings.ts';
import { endOfDay, graceCharges } from './charges.ts';

export type GraceResult = 'given' | 'limited' | 'off';

/** Minutes of the pass that this phone may have, charged; 0: none. */
export async function takeGrace(
  deps: PortalDeps,
  { router, mac }: Redirect,
  phone: string | null,
  address: string,
): Promise<number> {
  const settings = await settingsOf(deps, router);
  const minutes = settings.get('portal.grace.minutes') ?? 0;
  // The rules that confine a pass come with the configuration.
  if (minutes === 0 || router.provisioning !== 'applied') {
    deps.metrics.grace('off');
    return 0;
  }
  const at = deps.clock.now();
  const endsAt = endOfDay(at, router.timeZone ?? deps.timeZone);
  const source = sourceAt(router, address);
  const charges = graceCharges({ phone, mac, routerId: router.id, source }, settings, endsAt);
  const answer = await deps.store.chargeOtp({ charges, at });
  deps.metrics.grace(answer.kind === 'charged' ? 'given' : 'limited');
  return answer.kind === 'charged' ? minutes : 0;
}

/** The open pass of the phone at this address: whoever names another's MAC does not end theirs. */
export async function passOf(
  deps: PortalDeps,
  { router, mac }: Redirect,
  address: string,
): Promise<GracePass | null> {
  const pass = await deps.store.graceOfPhone({ routerId: router.id, mac });
  if (pass === null || pass.address === null || pass.address === address) return pass;
  // Behind a NAT the router knows the phone by another address than we do.
  return isBehind(router, address) ? null : pass;
}

/** Where the phone goes for its pass; from there it comes back to the page of its code. */
export async function graceUrl(
  deps: PortalDeps,
  redirect: Redirect,
  pass: { readonly minutes: number; readonly locale: Locale; readonly page: string },
): Promise<string> {
  const { router, mac, linkLoginOnly } = redirect;
  const kbps = (await settingsOf(deps, router)).get('portal.grace.kbps') ?? 128;
  const at = deps.clock.now();
  const accountId = await deps.store.ensureGraceAccount({ seconds: pass.minutes * 60, kbps, at });
  const token = await deps.store.issueToken({
    accountKind: 'subscriber',
    accountId,
    mac,
    routerId: router.id,
    at,
    ttlMs: deps.tokenTtlMs,
    grace: true,
  });
  // Not the ticket's secret: the router's own page is plain HTTP.
  const back = withQuery(pass.page, { ...writeRedirect(redirect), lang: pass.locale });
  return handBackUrl(linkLoginOnly, token, deps.publicOrigin + back);
}
