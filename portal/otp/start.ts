/** From a phone number to "enter the code": `GET` and `POST /otp`, another code, another number. */

import type { Request } from 'express';
import { type E164, toMobileE164 } from '../../settings/phone-number.ts';
import {
  formOf,
  type Handler,
  isBehind,
  type PortalDeps,
  queryOf,
  redirectIn,
  seeOther,
  sourceOf,
} from '../context.ts';
import type { Exchange } from '../hand-back.ts';
import { chooseLocale, translator } from '../i18n.ts';
import { refuseWay } from '../login.ts';
import { sendMessage } from '../messages.ts';
import { type Redirect, writeRedirect } from '../redirect-params.ts';
import { isOwnRequest } from '../security.ts';
import { withQuery } from '../urls.ts';
import { settingsOf } from '../village-settings.ts';
import { waysAt } from '../ways.ts';
import type { CodeRequest, CodeSender } from './code.ts';
import type { Flow } from './flow.ts';
import { graceUrl, passOf, takeGrace } from './grace.ts';
import { type OtpFault, pageOf, sendCodeStep, sendOtp, sendPhoneStep } from './show.ts';
import {
  carryOf,
  findVisit,
  type OtpDocument,
  type OtpVisit,
  PAGES,
  pagesOf,
  type VisitKind,
  visitOfPhone,
} from './visit.ts';

/** From the number on: enough for several codes. A proven number goes on as long. */
export const TICKET_MS = 20 * 60_000;
const WORD_REFRESH_SECONDS = 5;

/** Whether this village lets citizens in by their number. */
export async function offersCodes(deps: PortalDeps, redirect: Redirect): Promise<boolean> {
  return (await waysAt(deps, redirect.router)).includes('otp');
}

export function showOtp(deps: PortalDeps, flow: Flow): Handler {
  return async (req, res) => {
    const params = queryOf(req);
    const lang = params.get('lang');
    const visit = await findVisit(deps, req, params, flow.kind);
    if (visit !== null) return goOn(deps, flow, { req, res }, visit, lang);
    const outcome = await redirectIn(deps, req, params);
    if (outcome.kind !== 'complete' || !(await offersCodes(deps, outcome.redirect))) {
      return seeOther(res, withQuery('/', backTo(params)));
    }
    await sendPhoneStep(deps, { req, res }, { redirect: outcome.redirect, lang });
  };
}

export function submitPhone(deps: PortalDeps): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const lang = form.get('lang');
    const outcome = await redirectIn(deps, req, form);
    if (outcome.kind !== 'complete') return seeOther(res, withQuery('/', backTo(form)));
    const { redirect } = outcome;
    const { codes } = deps;
    const refuse = async (fault: OtpFault): Promise<void> =>
      sendPhoneStep(deps, { req, res }, { redirect, lang }, fault);
    if (codes === null || !(await offersCodes(deps, redirect))) {
      return refuseWay(deps, { req, res }, redirect, 'SW-WAY', 'otp');
    }
    const at = deps.clock.now();
    const attempt = { address: sourceOf(req), mac: redirect.mac, router: redirect.router.name };
    if (!deps.admitLogin(attempt, at)) return refuse({ kind: 'limited', retryAt: at + 60_000 });
    const phone = toMobileE164(form.get('phone') ?? '');
    if (phone === null) return refuse({ kind: 'phone' });
    const locale = chooseLocale(lang, req.headers['accept-language']);
    const document: OtpDocument = {
      redirect: writeRedirect(redirect),
      locale,
      word: null,
      graceMinutes: 0,
    };
    // Only for a code that goes out: who is refused keeps the visit, and the code, that they have.
    let opened: { readonly id: string; readonly secret: string } | null = null;
    const ticketId = async (): Promise<string> => {
      opened = await openTicket(deps, attempt.address, redirect, document);
      return opened.id;
    };
    const asked = { ticketId, phone, locale, redirect, address: attempt.address, ...LOGIN };
    const fault = await sendCode(codes, asked);
    const begun = opened as { readonly id: string; readonly secret: string } | null;
    if (fault !== null || begun === null) {
      if (begun !== null) await deps.store.closeTicket({ id: begun.id });
      if (fault?.kind === 'limited' && (await isOnItsWay(deps, req, redirect, phone))) {
        return seeOther(
          res,
          withQuery(PAGES.otp.page, { ...writeRedirect(redirect), lang: locale }),
        );
      }
      return refuse(fault ?? { kind: 'unavailable' });
    }
    const waiting = { kind: 'otp', redirect, document, ...begun, version: 0, phone } as const;
    await passOrPage(deps, { req, res }, waiting);
  };
}

/**
 * A second tap on the same number: its code has just been sent to this phone. Where an address may hide a whole
 * village that would confirm a neighbour's number to who names it.
 */
async function isOnItsWay(
  deps: PortalDeps,
  req: Request,
  redirect: Redirect,
  phone: E164,
): Promise<boolean> {
  if (!isBehind(redirect.router, sourceOf(req))) return false;
  const visit = await visitOfPhone(deps, req, redirect, 'otp');
  const standing = visit === null ? null : await deps.codes?.standing(visit.ticket.id);
  return standing?.phone === phone && deps.clock.now() < standing.resendAt;
}

/** To the router for a pass, and from there to the page; or to the page at once. */
export async function passOrPage(
  deps: PortalDeps,
  { req, res }: Exchange,
  begun: {
    readonly kind: VisitKind;
    readonly redirect: Redirect;
    readonly document: OtpDocument;
    readonly id: string;
    /** Of the ticket. */
    readonly version: number;
    readonly secret: string;
    readonly phone: E164 | null;
  },
): Promise<void> {
  const { kind, redirect, document, id, version, secret, phone } = begun;
  const { locale } = document;
  const address = sourceOf(req);
  const { page: path } = PAGES[kind];
  const page = withQuery(path, { ticket: secret, lang: locale });
  const running = (await passOf(deps, redirect, address)) !== null;
  const minutes = running
    ? ((await settingsOf(deps, redirect.router)).get('portal.grace.minutes') ?? 0)
    : await takeGrace(deps, redirect, phone, address);
  if (minutes === 0) return seeOther(res, page);
  const marked = JSON.stringify({ ...document, graceMinutes: minutes } satisfies OtpDocument);
  await deps.store.moveTicket({ id, version, document: marked });
  // A phone that has a pass is logged in there already.
  const back = { minutes, locale, page: path };
  seeOther(res, running ? page : await graceUrl(deps, redirect, back));
}

export function sendAgain(deps: PortalDeps, { kind }: Flow): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const lang = form.get('lang');
    const visit = await findVisit(deps, req, form, kind);
    const standing = visit === null ? null : await deps.codes?.standing(visit.ticket.id);
    if (visit === null || standing == null || deps.codes === null) {
      return seeOther(res, withQuery('/', backTo(form)));
    }
    const { ticket, redirect, document } = visit;
    const fault = await sendCode(deps.codes, {
      ticketId: ticket.id,
      phone: standing.phone,
      locale: document.locale,
      redirect,
      address: ticket.address,
      purpose: standing.purpose,
      linkPath: PAGES[kind].link,
    });
    if (fault === null) {
      // Life for the new code.
      const expiresAt = deps.clock.now() + TICKET_MS;
      const { id, version } = ticket;
      await deps.store.moveTicket({ id, version, document: ticket.document, expiresAt });
      return seeOther(res, withQuery(PAGES[kind].page, withLang(carryOf(visit), lang)));
    }
    await sendCodeStep(deps, { req, res }, visit, standing, { lang, fault });
  };
}

/** Another number: this visit ends, and the number may be typed anew. */
export function useAnother(deps: PortalDeps): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const visit = await findVisit(deps, req, form, 'otp');
    if (visit === null) return seeOther(res, withQuery('/', backTo(form)));
    await deps.store.closeTicket({ id: visit.ticket.id });
    const lang = form.get('lang') ?? visit.document.locale;
    seeOther(res, withQuery('/otp', { ...writeRedirect(visit.redirect), lang: lang.slice(0, 2) }));
  };
}

/** Whatever comes next in a visit that is under way. */
export async function goOn(
  deps: PortalDeps,
  flow: Flow,
  exchange: Exchange,
  visit: OtpVisit,
  lang: string | null,
): Promise<void> {
  const at = deps.clock.now();
  const state = await deps.store.codeState({ ticketId: visit.ticket.id, at });
  if (state !== null && state.provenBy !== null) {
    return seeOther(exchange.res, withQuery(pagesOf(visit).go, withLang(carryOf(visit), lang)));
  }
  if (visit.document.word !== null) return sendWordStep(deps, exchange, visit, lang);
  const standing = await deps.codes?.standing(visit.ticket.id);
  if (standing == null) return flow.restart(deps, exchange, { redirect: visit.redirect, lang });
  await sendCodeStep(deps, exchange, visit, standing, { lang, fault: null });
}

async function sendWordStep(
  deps: PortalDeps,
  exchange: Exchange,
  visit: OtpVisit,
  lang: string | null,
): Promise<void> {
  const { redirect, document } = visit;
  const number = (await settingsOf(deps, redirect.router)).get('portal.otp.number');
  if (number === null) return sendPhoneStep(deps, exchange, { redirect, lang });
  const page = pageOf(redirect, carryOf(visit), lang ?? document.locale);
  const message = translator(document.locale)('otp.wordMessage', { word: document.word ?? '' });
  await sendOtp(
    deps,
    exchange,
    { ...page, refreshSeconds: WORD_REFRESH_SECONDS },
    {
      step: 'word',
      word: message,
      number: `+${number}`,
      waUrl: withQuery(`https://wa.me/${number}`, { text: message }),
      nextUrl: withQuery('/otp', withLang(carryOf(visit), lang)),
      graceMinutes: document.graceMinutes > 0 ? document.graceMinutes : null,
    },
  );
}

export async function openTicket(
  deps: PortalDeps,
  address: string,
  { router, mac }: Redirect,
  document: OtpDocument,
): Promise<{ id: string; secret: string }> {
  return deps.store.openTicket({
    kind: 'otp',
    routerId: router.id,
    mac,
    address,
    document: JSON.stringify(document),
    at: deps.clock.now(),
    ttlMs: TICKET_MS,
  });
}

/** Of a login. */
const LOGIN = { purpose: 'login', linkPath: PAGES.otp.link } as const;

export async function sendCode(
  codes: CodeSender,
  asked: Omit<CodeRequest, 'router' | 'mac'> & { redirect: Redirect },
): Promise<OtpFault | null> {
  const { router, mac } = asked.redirect;
  const sent = await codes.send({ ...asked, router, mac });
  if (sent.kind === 'sent') return null;
  return sent.kind === 'limited'
    ? { kind: 'limited', retryAt: sent.retryAt }
    : { kind: 'unavailable' };
}

/** The way back to the login page keeps what the router said. */
export function backTo(params: URLSearchParams): Record<string, string> {
  const kept = ['router', 'mac', 'ip', 'link-login-only', 'lang'];
  return Object.fromEntries(
    kept.flatMap((name) => {
      const value = params.get(name);
      return value === null ? [] : [[name, value.slice(0, 300)]];
    }),
  );
}

export function withLang(params: Record<string, string>, lang: string | null) {
  return lang === null ? params : { ...params, lang: lang.slice(0, 2) };
}
