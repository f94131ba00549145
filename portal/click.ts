/**
 * `POST /click`: one tap where a village allows it.
 *
 * The account is the phone's MAC in this village, so whoever comes back finds what is left of the day. A
 * phone that changes its MAC would find a new one: so a village and day has only so many
 * (`portal.click-per-day`), few of them for one address, and their tariff decides what one is worth. Only a
 * phone that its address proves comes back uncounted: else the count would tell whose MAC has been here.
 */
import type { Request } from 'express';
import { calendarDay } from '../lib/units.ts';
import {
  formOf,
  type Handler,
  type PortalDeps,
  redirectIn,
  seeOther,
  sourceOf,
} from './context.ts';
import type { Admitted } from './hand-back.ts';
import { chooseLocale } from './i18n.ts';
import { letIn } from './let-in.ts';
import { refuseWay } from './login.ts';
import { sendMessage } from './messages.ts';
import { clickCharges, endOfDay } from './otp/charges.ts';
import { claimOf } from './proofs.ts';
import { provesItself } from './proven-phone.ts';
import type { Redirect } from './redirect-params.ts';
import type { RejectCode } from './reject-codes.ts';
import { isOwnRequest } from './security.ts';
import { sourceAt } from './source.ts';
import { settingsOf } from './village-settings.ts';
import { waysAt } from './ways.ts';

export function submitClick(deps: PortalDeps): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const outcome = await redirectIn(deps, req, form);
    if (outcome.kind !== 'complete') return seeOther(res, '/');
    const { redirect } = outcome;
    const { router, mac } = redirect;
    const attempt = { address: sourceOf(req), mac, router: router.name };
    const offered = (await waysAt(deps, router)).includes('click');
    const admitted = offered && deps.admitLogin(attempt, deps.clock.now());
    const account = admitted
      ? await accountOf(deps, req, redirect)
      : offered
        ? 'SW-LIMIT'
        : 'SW-WAY';
    if (typeof account === 'string')
      return refuseWay(deps, { req, res }, redirect, account, 'click');
    const locale = chooseLocale(form.get('lang'), req.headers['accept-language']);
    await letIn(deps, { req, res }, { redirect, locale }, account, 'click');
  };
}

async function accountOf(
  deps: PortalDeps,
  req: Request,
  redirect: Redirect,
): Promise<Admitted | RejectCode> {
  const { router, mac } = redirect;
  const settings = await settingsOf(deps, router);
  const proven = await provesItself(deps, req, redirect);
  const at = deps.clock.now();
  const endsAt = endOfDay(at, router.timeZone ?? deps.timeZone);
  const asker = { mac, routerId: router.id, source: sourceAt(router, sourceOf(req)) };
  const result = await deps.store.clickCitizen({
    villageCode: router.villageCode,
    mac,
    tariff: settings.get('portal.tariff.click') ?? '',
    day: calendarDay(at, router.timeZone ?? deps.timeZone),
    limit: settings.get('portal.click-per-day') ?? 0,
    charges: clickCharges(asker, settings, endsAt),
    proven,
    at,
  });
  if (result.outcome === 'full') return 'SW-FULL';
  // Whoever only names the MAC hears of it from the router, which names the phone itself.
  return result.subscriber.disabled && proven ? 'SW-DISABLED' : claimOf(result.subscriber);
}
