/**
 * A number proven by a code, for an account or a new password: a visit like that of a login by number (portal/otp).
 * What was typed waits, sealed, in its ticket, so a window that was closed goes on at the code. The answer to a
 * right code is kept for a moment: of two taps, one makes the account, and both lead to the router.
 */
import { formOf, type Handler, type PortalDeps, seeOther, sourceOf } from '../context.ts';
import type { Exchange, Visit } from '../hand-back.ts';
import { letIn } from '../let-in.ts';
import { sendMessage } from '../messages.ts';
import { localeOf } from '../otp/finish.ts';
import type { Flow } from '../otp/flow.ts';
import type { OtpFault } from '../otp/show.ts';
import { backTo, passOrPage, sendCode, TICKET_MS } from '../otp/start.ts';
import { findVisit, type OtpDocument, type OtpVisit, PAGES, visitOfPhone } from '../otp/visit.ts';
import type { RegisterFault } from '../pages.ts';
import { asItIs } from '../proofs.ts';
import { writeRedirect } from '../redirect-params.ts';
import { isOwnRequest } from '../security.ts';
import { keepAnswered } from '../tickets.ts';
import { withQuery } from '../urls.ts';
import type { Application } from './application.ts';
import { rulesAt, sendForm } from './register-form.ts';

interface RegisterDocument extends OtpDocument {
  readonly application: Application;
  /** Of the account, once the number was proven. */
  readonly accountId: string | null;
}

type RegisterVisit = OtpVisit & { readonly document: RegisterDocument };

export const REGISTER: Flow = {
  kind: 'register',
  restart: async (deps, exchange, { redirect, lang }, fault) => {
    const visit: Visit = { redirect, locale: lang === 'en' ? 'en' : 'id' };
    const form = formOf(exchange.req);
    await sendForm(deps, exchange, visit, {
      fault: fault === undefined ? 'over' : faultOf(fault),
      form,
    });
  },
  arrive: async (deps, exchange, visit, { phone, lang }) => {
    const { redirect } = visit;
    const made = await accountOf(deps, visit as RegisterVisit, phone);
    const locale = localeOf(lang, visit.document);
    const back: Visit = { redirect, locale, ticketId: visit.ticket.id };
    if ('fault' in made) {
      return sendForm(deps, exchange, back, { fault: made.fault, form: formOf(exchange.req) });
    }
    const account = await asItIs(deps, { kind: 'subscriber', id: made.id });
    await letIn(deps, exchange, back, account, 'account', made.minor);
  },
};

export function applicationOf(visit: OtpVisit): Application {
  return (visit as RegisterVisit).document.application;
}

/** Sends the code, and gives the phone the pass in which it can arrive; or says why not. */
export async function beginByCode(
  deps: PortalDeps,
  exchange: Exchange,
  { redirect, locale }: Visit,
  application: Application,
): Promise<RegisterFault | null> {
  const address = sourceOf(exchange.req);
  const document: RegisterDocument = {
    ...{ redirect: writeRedirect(redirect), locale, word: null, graceMinutes: 0 },
    application,
    accountId: null,
  };
  let opened: { readonly id: string; readonly secret: string } | null = null;
  // Only for a code that goes out: who is refused keeps the visit, and the code, that they have.
  const ticketId = async (): Promise<string> => {
    opened = await deps.store.openTicket({
      ...{ kind: 'register', routerId: redirect.router.id, mac: redirect.mac, address },
      ...{ document: JSON.stringify(document), at: deps.clock.now(), ttlMs: TICKET_MS },
    });
    return opened.id;
  };
  const fault = await sendCode(deps.codes!, {
    ...{ ticketId, phone: application.phone, locale, redirect, address },
    purpose: application.reset ? 'reset' : 'register',
    linkPath: PAGES.register.link,
  });
  const begun = opened as { readonly id: string; readonly secret: string } | null;
  if (fault === null && begun !== null) {
    const waiting = { kind: 'register', redirect, document, ...begun, version: 0 } as const;
    await passOrPage(deps, exchange, { ...waiting, phone: application.phone });
    return null;
  }
  if (begun !== null) await deps.store.closeTicket({ id: begun.id });
  if (fault?.kind === 'limited' && (await isUnderWay(deps, exchange, redirect, application))) {
    const fields = { ...writeRedirect(redirect), lang: locale };
    seeOther(exchange.res, withQuery(PAGES.register.page, fields));
    return null;
  }
  return fault === null ? 'unavailable' : faultOf(fault);
}

/** "Change what I filled in": the visit ends; who holds its secret finds number and name in the form. */
export function changeApplication(deps: PortalDeps): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const visit = await findVisit(deps, req, form, 'register');
    if (visit === null) return seeOther(res, withQuery('/', backTo(form)));
    await deps.store.closeTicket({ id: visit.ticket.id });
    const { phone, name, reset } = applicationOf(visit);
    const kept = new URLSearchParams(reset ? { for: 'reset' } : {});
    if (visit.secret !== null) {
      kept.set('phone', phone);
      kept.set('name', name ?? '');
    }
    const back: Visit = {
      redirect: visit.redirect,
      locale: localeOf(form.get('lang'), visit.document),
    };
    await sendForm(deps, { req, res }, back, { fault: null, form: kept });
  };
}

/** The same was sent twice, and its code is on the way. */
async function isUnderWay(
  deps: PortalDeps,
  { req }: Exchange,
  redirect: Visit['redirect'],
  application: Application,
): Promise<boolean> {
  const visit = await visitOfPhone(deps, req, redirect, 'register');
  if (visit === null) return false;
  return JSON.stringify(applicationOf(visit)) === JSON.stringify(application);
}

/** The account, with the password that waited; or why not. */
async function accountOf(
  deps: PortalDeps,
  { ticket, redirect, document }: RegisterVisit,
  phone: string,
): Promise<{ readonly id: string; readonly minor: boolean } | { readonly fault: RegisterFault }> {
  const { application, accountId } = document;
  if (accountId !== null) return { id: accountId, minor: application.minor };
  const { tariff } = await rulesAt(deps, redirect);
  if (tariff === null) return { fault: 'closed' };
  if (phone !== application.phone) return { fault: 'over' };
  const at = deps.clock.now();
  const subscriber = await deps.store.ensureCitizen({
    ...{ origin: 'self', key: phone, phone, tariff, villageCode: null, at },
  });
  if (subscriber.disabled) return { fault: 'closed' };
  const { id: subscriberId } = subscriber;
  const { name, nik, minor } = application;
  // Nothing that was typed is kept longer than it is needed; of two taps at once, one sets the password.
  const answered: RegisterDocument = {
    ...document,
    application: { ...application, password: '', nik: null },
    accountId: subscriberId,
  };
  if (await keepAnswered(deps, ticket, answered)) {
    await deps.store.setPassword({ subscriberId, password: application.password, at });
    if (name !== null) await deps.store.correctProfile({ subscriberId, displayName: name, at });
    if (nik !== null) await deps.store.correctProfile({ subscriberId, nik, at });
  }
  return { id: subscriberId, minor };
}

function faultOf({ kind }: OtpFault): RegisterFault {
  if (kind === 'limited' || kind === 'unavailable' || kind === 'phone') return kind;
  return kind === 'wrong' ? 'code' : 'over';
}
