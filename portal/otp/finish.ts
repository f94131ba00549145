/**
 * From a proof to the internet: the code typed in, or the link of the message opened. A pass that the phone
 * has ends first (ADR 0027); then the phone is handed back with a token of its citizen's own account.
 */
import type { Subscriber } from '../../store/types.ts';
import { formOf, type Handler, type PortalDeps, queryOf, seeOther, sourceOf } from '../context.ts';
import type { Exchange } from '../hand-back.ts';
import { letIn } from '../let-in.ts';
import { sendMessage } from '../messages.ts';
import { isOwnRequest } from '../security.ts';
import { withQuery } from '../urls.ts';
import { settingsOf } from '../village-settings.ts';
import { passOf } from './grace.ts';
import { pageOf, sendCodeStep, sendOtp, sendPhoneStep } from './show.ts';
import { backTo, LINK_PATH, withLang } from './start.ts';
import { carryOf, findVisit, isSamePhone, type OtpVisit, visitOf } from './visit.ts';

const WAIT_SECONDS = 2;
/** After this long a pass that does not end is left to its own time-out. */
const MOST_WAITS = 8;
const REPEAT_MS = 2 * 60_000;
const LINK = /^[\w-]{22}$/;

export function submitCode(deps: PortalDeps): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const lang = form.get('lang');
    const visit = await findVisit(deps, req, form);
    if (visit === null || deps.codes === null) {
      return seeOther(res, withQuery('/', backTo(form)));
    }
    const { ticket, redirect } = visit;
    const at = deps.clock.now();
    const attempt = { address: sourceOf(req), mac: redirect.mac, router: redirect.router.name };
    const standing = await deps.codes.standing(ticket.id);
    if (standing === null) return sendPhoneStep(deps, { req, res }, { redirect, lang });
    const show = async (fault: Parameters<typeof sendCodeStep>[4]['fault']): Promise<void> =>
      sendCodeStep(deps, { req, res }, visit, standing, { lang, fault });
    if (!deps.admitLogin(attempt, at)) return show({ kind: 'limited', retryAt: at + 60_000 });
    const outcome = await deps.codes.check({
      ticketId: ticket.id,
      typed: form.get('code') ?? '',
      router: redirect.router,
    });
    if (outcome.kind !== 'right') return show(outcome);
    await admit(deps, { req, res }, visit, { lang, waited: 0 });
  };
}

/** `GET /otp/go`: until the pass has ended, this page asks again by itself. */
export function showGo(deps: PortalDeps): Handler {
  return async (req, res) => {
    const params = queryOf(req);
    const visit = await findVisit(deps, req, params);
    if (visit === null) return seeOther(res, withQuery('/', backTo(params)));
    const waited = Number(/^\d{1,2}$/.exec(params.get('n') ?? '')?.[0] ?? 0);
    await admit(deps, { req, res }, visit, { lang: params.get('lang'), waited });
  };
}

/** Looks only: previews of messengers open links, too. */
export function showLink(deps: PortalDeps): Handler {
  return async (req, res) => {
    const link = queryOf(req).get('k') ?? '';
    const lang = queryOf(req).get('lang');
    const visit = await visitOfLink(deps, link);
    if (visit === null) return sendDead(deps, { req, res }, lang);
    const page = {
      ...pageOf(visit.redirect, { k: link }, lang ?? visit.document.locale),
      path: LINK_PATH,
    };
    const step = (await isSamePhone(deps, req, visit)) ? 'link' : 'elsewhere';
    await sendOtp(deps, { req, res }, page, { step });
  };
}

/** Only on the very phone that asked: whoever is talked into pressing a button lets nobody else in. */
export function submitLink(deps: PortalDeps): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const link = form.get('k') ?? '';
    const lang = form.get('lang');
    const visit = await visitOfLink(deps, link);
    if (visit === null) return sendDead(deps, { req, res }, lang);
    if (!(await isSamePhone(deps, req, visit))) {
      const page = pageOf(visit.redirect, {}, lang ?? visit.document.locale);
      return sendOtp(deps, { req, res }, page, { step: 'elsewhere' });
    }
    if (!(await deps.store.spendLink({ link, at: deps.clock.now() }))) {
      return sendDead(deps, { req, res }, lang);
    }
    deps.metrics.code('link');
    await admit(deps, { req, res }, visit, { lang, waited: 0 });
  };
}

async function visitOfLink(deps: PortalDeps, link: string): Promise<OtpVisit | null> {
  if (!LINK.test(link)) return null;
  const at = deps.clock.now();
  const state = await deps.store.codeOfLink({ link, at });
  if (state === null || state.purpose !== 'login') return null;
  // The link is the secret: it is found from wherever it is opened.
  const { routerId, mac, address, ticketId } = state;
  const ticket = await deps.store.ticketOfPhone({ kind: 'otp', routerId, mac, address, at });
  return ticket?.id === ticketId ? visitOf(deps, ticket, null) : null;
}

/** The number is proven, or this leads back to where it can be. */
async function admit(
  deps: PortalDeps,
  exchange: Exchange,
  visit: OtpVisit,
  { lang, waited }: { readonly lang: string | null; readonly waited: number },
): Promise<void> {
  const { ticket, redirect, document } = visit;
  const at = deps.clock.now();
  const kept = withLang(carryOf(visit), lang);
  const state = await deps.store.codeState({ ticketId: ticket.id, at });
  if (state === null || state.provenBy === null || state.phone === null) {
    return seeOther(exchange.res, withQuery('/otp', kept));
  }
  const pass = await passOf(deps, redirect, ticket.address);
  if (pass !== null && waited < MOST_WAITS) {
    if (!pass.ending) {
      await deps.store.requestDisconnect({
        sessionId: pass.sessionId,
        reason: 'grace is over',
        at,
      });
    }
    const nextUrl = withQuery('/otp/go', { ...kept, n: String(waited + 1) });
    exchange.res.setHeader('Refresh', `${WAIT_SECONDS}; url=${nextUrl}`);
    const page = pageOf(redirect, carryOf(visit), lang ?? document.locale);
    return sendOtp(deps, exchange, page, { step: 'wait', nextUrl });
  }
  const citizen = await citizenOf(deps, visit, state.phone);
  if (citizen === null) {
    return sendPhoneStep(deps, exchange, { redirect, lang }, { kind: 'unavailable' });
  }
  // A hand-back that gets lost may be repeated; who logs out does not come back by himself.
  const { id, version } = ticket;
  const expiresAt = Math.min(ticket.expiresAt, at + REPEAT_MS);
  await deps.store.moveTicket({ id, version, document: ticket.document, expiresAt });
  const locale = lang === 'en' || lang === 'id' ? lang : document.locale;
  await letIn(deps, exchange, { redirect, locale }, { kind: 'subscriber', id: citizen.id }, 'otp');
}

/** Null where the village has no tariff for those who come so. A disabled account RADIUS refuses, with its reason. */
async function citizenOf(
  deps: PortalDeps,
  { redirect }: OtpVisit,
  phone: string,
): Promise<Subscriber | null> {
  const tariff = (await settingsOf(deps, redirect.router)).get('portal.tariff.otp');
  if (tariff === null) return null;
  return deps.store.ensureCitizen({
    origin: 'otp',
    key: phone,
    phone,
    tariff,
    villageCode: null,
    at: deps.clock.now(),
  });
}

async function sendDead(deps: PortalDeps, exchange: Exchange, lang: string | null): Promise<void> {
  await sendOtp(deps, exchange, { router: null, lang, carry: {} }, { step: 'dead' });
}
