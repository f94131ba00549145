/** The other way round: the citizen sends a word to the village's number, and so shows which number is theirs. */
import {
  formOf,
  type Handler,
  type PortalDeps,
  redirectIn,
  seeOther,
  sourceOf,
} from '../context.ts';
import { chooseLocale } from '../i18n.ts';
import { refuseWay } from '../login.ts';
import { sendMessage } from '../messages.ts';
import { type Redirect, writeRedirect } from '../redirect-params.ts';
import { isOwnRequest } from '../security.ts';
import { sourceAt } from '../source.ts';
import { withQuery } from '../urls.ts';
import { settingsOf } from '../village-settings.ts';
import { askCharges, endOfDay } from './charges.ts';
import { sendPhoneStep } from './show.ts';
import { backTo, offersCodes, openTicket, passOrPage, TICKET_MS } from './start.ts';
import type { OtpDocument } from './visit.ts';

export function askForMessage(deps: PortalDeps): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const outcome = await redirectIn(deps, req, form);
    if (outcome.kind !== 'complete') return seeOther(res, withQuery('/', backTo(form)));
    const { redirect } = outcome;
    const lang = form.get('lang');
    const number = (await settingsOf(deps, redirect.router)).get('portal.otp.number');
    if (!deps.inbound || number === null || !(await offersCodes(deps, redirect))) {
      return refuseWay(deps, { req, res }, redirect, 'SW-WAY', 'otp');
    }
    const at = deps.clock.now();
    const attempt = { address: sourceOf(req), mac: redirect.mac, router: redirect.router.name };
    if (!deps.admitLogin(attempt, at)) {
      const fault = { kind: 'limited', retryAt: at + 60_000 } as const;
      return sendPhoneStep(deps, { req, res }, { redirect, lang }, fault);
    }
    const asked = await deps.store.chargeOtp({
      charges: await askedBy(deps, attempt, redirect),
      at,
    });
    if (asked.kind === 'refused') {
      const fault = { kind: 'limited', retryAt: asked.retryAt } as const;
      return sendPhoneStep(deps, { req, res }, { redirect, lang }, fault);
    }
    const document: OtpDocument = {
      redirect: writeRedirect(redirect),
      locale: chooseLocale(lang, req.headers['accept-language']),
      word: null,
      graceMinutes: 0,
    };
    const { id, secret } = await openTicket(deps, attempt.address, redirect, document);
    const expected = await deps.store.expectMessage({
      ticketId: id,
      purpose: 'login',
      ttlMs: TICKET_MS,
      at,
    });
    if (expected === null) return seeOther(res, withQuery('/', backTo(form)));
    const shown: OtpDocument = { ...document, word: expected.word };
    await deps.store.moveTicket({ id, version: 0, document: JSON.stringify(shown) });
    await passOrPage(
      deps,
      { req, res },
      { kind: 'otp', redirect, document: shown, id, version: 1, secret, phone: null },
    );
  };
}

/** A word costs no message, but a visit. */
async function askedBy(
  deps: PortalDeps,
  { address }: { readonly address: string },
  { router, mac }: Redirect,
) {
  const endsAt = endOfDay(deps.clock.now(), router.timeZone ?? deps.timeZone);
  const asker = { phone: null, mac, routerId: router.id, source: sourceAt(router, address) };
  return askCharges(asker, await settingsOf(deps, router), endsAt);
}
