/**
 * From a proof to the internet: the code typed in, or the link of the message opened. A pass that the phone
 * has ends first (ADR 0027); then the phone is handed back with a token of its citizen's own account.
 */
import type { Request } from 'express';
import type { Subscriber } from '../../store/types.ts';
import {
  formOf,
  type Handler,
  type PortalDeps,
  queryOf,
  redirectIn,
  seeOther,
  sessionOf,
  sourceOf,
} from '../context.ts';
import type { Exchange } from '../hand-back.ts';
import type { Locale } from '../i18n.ts';
import { letIn } from '../let-in.ts';
import { sendMessage } from '../messages.ts';
import { claimOf } from '../proofs.ts';
import { isOwnRequest } from '../security.ts';
import { REPEAT_MS } from '../tickets.ts';
import { withQuery } from '../urls.ts';
import { settingsOf } from '../village-settings.ts';
import type { Flow } from './flow.ts';
import { passOf } from './grace.ts';
import { pageOfVisit, sendCodeStep, sendOtp, sendPhoneStep } from './show.ts';
import { backTo, withLang } from './start.ts';
import {
  carryOf,
  findVisit,
  isSamePhone,
  type OtpDocument,
  type OtpVisit,
  PAGES,
  pagesOf,
  type VisitKind,
  visitOf,
  visitOfPhone,
} from './visit.ts';

const WAIT_SECONDS = 2;
/** After this long a pass that does not end is left to its own time-out. */
const MOST_WAITS = 8;
const LINK = /^[\w-]{22}$/;

export function submitCode(deps: PortalDeps, flow: Flow): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const lang = form.get('lang');
    const visit = await findVisit(deps, req, form, flow.kind);
    if (visit === null || deps.codes === null) {
      return seeOther(res, withQuery('/', backTo(form)));
    }
    const { ticket, redirect } = visit;
    const at = deps.clock.now();
    const attempt = { address: sourceOf(req), mac: redirect.mac, router: redirect.router.name };
    const standing = await deps.codes.standing(ticket.id);
    if (standing === null) return flow.restart(deps, { req, res }, { redirect, lang });
    const show = async (fault: Parameters<typeof sendCodeStep>[4]['fault']): Promise<void> =>
      sendCodeStep(deps, { req, res }, visit, standing, { lang, fault });
    if (!deps.admitLogin(attempt, at)) return show({ kind: 'limited', retryAt: at + 60_000 });
    const outcome = await deps.codes.check({
      ticketId: ticket.id,
      typed: form.get('code') ?? '',
      router: redirect.router,
    });
    if (outcome.kind !== 'right') return show(outcome);
    await admit(deps, flow, { req, res }, visit, { lang, waited: 0, counted: true });
  };
}

/** `GET /otp/go`: until the pass has ended, this page asks again by itself. */
export function showGo(deps: PortalDeps, flow: Flow): Handler {
  return async (req, res) => {
    const params = queryOf(req);
    const visit = await findVisit(deps, req, params, flow.kind);
    if (visit === null) return seeOther(res, withQuery('/', backTo(params)));
    const waited = Number(/^\d{1,2}$/.exec(params.get('n') ?? '')?.[0] ?? 0);
    await admit(deps, flow, { req, res }, visit, { lang: params.get('lang'), waited });
  };
}

/**
 * Looks only: previews of messengers open links, too. The very phone that asked keeps its redirect in the form, by
 * which its visit is found when the button is pressed twice.
 */
export function showLink(deps: PortalDeps, { kind }: Flow): Handler {
  return async (req, res) => {
    const link = queryOf(req).get('k') ?? '';
    const lang = queryOf(req).get('lang');
    const visit = await visitOfLink(deps, link, kind);
    if (visit === null) return sendDead(deps, { req, res }, lang);
    const isSame = await isSamePhone(deps, req, visit);
    const page = pageOfVisit(visit, lang);
    const own = { ...page, path: PAGES[kind].link, carry: { k: link } };
    if (!isSame) return sendOtp(deps, { req, res }, own, { step: 'elsewhere' });
    const fields = Object.entries({ ...page.carry, k: link, lang: page.lang ?? 'id' });
    const hidden = fields.map(([name, value]) => ({ name, value: String(value) }));
    await sendOtp(deps, { req, res }, own, {
      ...{ step: 'link', isRegister: kind === 'register', hidden },
    });
  };
}

/** Only on the very phone that asked: whoever is talked into pressing a button lets nobody else in. */
export function submitLink(deps: PortalDeps, flow: Flow): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const link = form.get('k') ?? '';
    const lang = form.get('lang');
    const again = { lang, waited: 0 };
    const visit = await visitOfLink(deps, link, flow.kind);
    if (visit === null) {
      const pressed = await visitProvenBefore(deps, req, form, flow.kind);
      if (pressed === null) return sendDead(deps, { req, res }, lang);
      return admit(deps, flow, { req, res }, pressed, again);
    }
    if (!(await isSamePhone(deps, req, visit))) {
      const page = { ...pageOfVisit(visit, lang), carry: {} };
      return sendOtp(deps, { req, res }, page, { step: 'elsewhere' });
    }
    if (await deps.store.spendLink({ link, at: deps.clock.now() })) deps.metrics.code('link');
    await admit(deps, flow, { req, res }, visit, again);
  };
}

async function visitOfLink(
  deps: PortalDeps,
  link: string,
  kind: VisitKind,
): Promise<OtpVisit | null> {
  if (!LINK.test(link)) return null;
  const at = deps.clock.now();
  const state = await deps.store.codeOfLink({ link, at });
  if (state === null || (state.purpose === 'login') !== (kind === 'otp')) return null;
  // The link is the secret: it is found from wherever it is opened.
  const { routerId, mac, address, ticketId } = state;
  const ticket = await deps.store.ticketOfPhone({ kind, routerId, mac, address, at });
  return ticket?.id === ticketId ? visitOf(deps, ticket, null) : null;
}

/** A second tap comes after the link was spent by the first. */
async function visitProvenBefore(
  deps: PortalDeps,
  req: Request,
  form: URLSearchParams,
  kind: VisitKind,
): Promise<OtpVisit | null> {
  const outcome = await redirectIn(deps, req, form);
  if (outcome.kind !== 'complete') return null;
  const visit = await visitOfPhone(deps, req, outcome.redirect, kind);
  if (visit === null) return null;
  const state = await deps.store.codeState({ ticketId: visit.ticket.id, at: deps.clock.now() });
  return state?.provenBy === 'link' ? visit : null;
}

interface Going {
  readonly lang: string | null;
  /** How often this page has asked for the end of the pass. */
  readonly waited: number;
  /** As an attempt, already. */
  readonly counted?: boolean;
}

/** The number is proven, or this leads back to where it can be. */
async function admit(
  deps: PortalDeps,
  flow: Flow,
  exchange: Exchange,
  visit: OtpVisit,
  { lang, waited, counted = false }: Going,
): Promise<void> {
  const { ticket, redirect } = visit;
  const { page, go } = pagesOf(visit);
  const at = deps.clock.now();
  const kept = withLang(carryOf(visit), lang);
  const state = await deps.store.codeState({ ticketId: ticket.id, at });
  if (state === null || state.provenBy === null || state.phone === null) {
    return seeOther(exchange.res, withQuery(page, kept));
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
    const nextUrl = withQuery(go, { ...kept, n: String(waited + 1) });
    exchange.res.setHeader('Refresh', `${WAIT_SECONDS}; url=${nextUrl}`);
    return sendOtp(deps, exchange, pageOfVisit(visit, lang), { step: 'wait', nextUrl });
  }
  const { mac, router } = redirect;
  const attempt = { address: sourceOf(exchange.req), mac, router: router.name };
  if (!counted && !deps.admitLogin(attempt, at)) {
    const fault = { kind: 'limited', retryAt: at + 60_000 } as const;
    return flow.restart(deps, exchange, { redirect, lang }, fault);
  }
  await flow.arrive(deps, exchange, visit, { phone: state.phone, lang });
}

/** A login with the account of this number. */
export async function arriveByNumber(
  deps: PortalDeps,
  exchange: Exchange,
  visit: OtpVisit,
  { phone, lang }: { readonly phone: string; readonly lang: string | null },
): Promise<void> {
  const { ticket, redirect, document } = visit;
  const citizen = await citizenOf(deps, visit, phone);
  if (citizen === null) {
    return sendPhoneStep(deps, exchange, { redirect, lang }, { kind: 'unavailable' });
  }
  // A hand-back that gets lost may be repeated; who logs out does not come back by himself.
  const { id, version } = ticket;
  const expiresAt = Math.min(ticket.expiresAt, deps.clock.now() + REPEAT_MS);
  await deps.store.moveTicket({ id, version, document: ticket.document, expiresAt });
  await letIn(
    deps,
    exchange,
    { redirect, locale: localeOf(lang, document), ticketId: id },
    claimOf(citizen),
    'otp',
  );
}

export function localeOf(lang: string | null, { locale }: Pick<OtpDocument, 'locale'>): Locale {
  return lang === 'en' || lang === 'id' ? lang : locale;
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

/** Spent or too old; who waits on this phone, or is online already, is shown where it goes on. */
async function sendDead(deps: PortalDeps, exchange: Exchange, lang: string | null): Promise<void> {
  const session = await sessionOf(deps, exchange.req);
  const nextUrl = withQuery(session === null ? '/' : '/status', withLang({}, lang));
  await sendOtp(deps, exchange, { router: null, lang, carry: {} }, { step: 'dead', nextUrl });
}
