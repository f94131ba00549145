/**
 * `/register`: an account of one's own, and a new password for one. With a gateway, a code proves the
 * number, whoever had an account by it or not: the answers are the same. Without, a voucher that nobody
 * has used vouches for the citizen, and is spent on the account; the number is only claimed then, and
 * whoever proves it later gets it (store/intents/citizens.ts).
 */
import type { Request } from 'express';
import { calendarDay } from '../../lib/units.ts';
import type { Ticket } from '../../store/ticket-types.ts';
import type { Subscriber } from '../../store/types.ts';
import {
  formOf,
  type Handler,
  type PortalDeps,
  placeOf,
  queryOf,
  redirectIn,
  sceneOf,
  seeOther,
  sourceOf,
} from '../context.ts';
import type { Admitted, Exchange, Visit } from '../hand-back.ts';
import { letIn } from '../let-in.ts';
import { sendMessage } from '../messages.ts';
import type { RegisterFault } from '../pages.ts';
import { type Redirect, writeRedirect } from '../redirect-params.ts';
import { isOwnRequest } from '../security.ts';
import { lookUpCode } from '../typed-code.ts';
import { withQuery } from '../urls.ts';
import { settingsOf } from '../village-settings.ts';
import { type Application, type NikAsked, readApplication } from './application.ts';

interface Rules {
  /** Null: nobody registers here. */
  readonly tariff: string | null;
  readonly nik: NikAsked;
}

const TICKET_MS = 15 * 60_000;
/** What is not the citizen's to mend; else 422. */
const FAULT_STATUS: Partial<Record<RegisterFault, number>> = {
  limited: 429,
  down: 503,
  unavailable: 503,
};

export function showRegister(deps: PortalDeps): Handler {
  return async (req, res) => {
    const params = queryOf(req);
    const outcome = await redirectIn(deps, req, params);
    const locale = params.get('lang') === 'en' ? 'en' : 'id';
    if (outcome.kind !== 'complete') return seeOther(res, withQuery('/', { lang: locale }));
    const visit = { redirect: outcome.redirect, locale } as const;
    if ((await rulesAt(deps, visit.redirect)).tariff === null) {
      return seeOther(res, withQuery('/', { ...writeRedirect(visit.redirect), lang: locale }));
    }
    await sendForm(deps, { req, res }, visit, { fault: null, ticket: null, form: params });
  };
}

export function submitRegister(deps: PortalDeps): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const outcome = await redirectIn(deps, req, form);
    const locale = form.get('lang') === 'en' ? 'en' : 'id';
    if (outcome.kind !== 'complete') return seeOther(res, withQuery('/', { lang: locale }));
    const visit: Visit = { redirect: outcome.redirect, locale };
    const refuse = async (fault: RegisterFault | null, ticket: string | null = null) =>
      sendForm(deps, { req, res }, visit, { fault, ticket, form });
    const rules = await rulesAt(deps, visit.redirect);
    if (rules.tariff === null) return refuse('closed');
    if (!admitted(deps, req, visit)) return refuse('limited');
    const secret = form.get('ticket');
    if (secret !== null) {
      const finished = await finish(deps, visit, { secret: secret.slice(0, 64), form, rules });
      if (typeof finished === 'string')
        return refuse(finished, finished === 'code' ? secret : null);
      return letIn(deps, { req, res }, visit, finished.account, 'account', finished.minor);
    }
    const read = readApplication(form, rules.nik, deps.clock.now());
    if (!read.ok) return refuse(read.fault);
    if (deps.codes === null) {
      const made = await byVoucher(deps, visit, read.application, {
        form,
        rules,
        framedIp: sourceOf(req),
      });
      if (typeof made === 'string') return refuse(made);
      return letIn(deps, { req, res }, visit, made, 'account', read.application.minor);
    }
    const begun = await sendCode(deps, visit, read.application, sourceOf(req));
    await refuse(begun.fault, begun.ticket);
  };
}

/** Where the login page leads who has no account yet, or no password any more; null: nowhere. */
export async function registerLinks(
  deps: PortalDeps,
  router: Redirect['router'],
  carry: Readonly<Record<string, string>>,
): Promise<{ registerUrl: string | null; resetUrl: string | null }> {
  const open = (await settingsOf(deps, router)).get('portal.tariff.self') !== null;
  return {
    registerUrl: open ? withQuery('/register', carry) : null,
    resetUrl:
      open && deps.codes !== null ? withQuery('/register', { ...carry, for: 'reset' }) : null,
  };
}

async function sendCode(
  deps: PortalDeps,
  visit: Visit,
  application: Application,
  address: string,
): Promise<{ fault: RegisterFault | null; ticket: string | null }> {
  const { redirect, locale } = visit;
  const { id, secret } = await deps.store.openTicket({
    kind: 'register',
    routerId: redirect.router.id,
    mac: redirect.mac,
    address,
    document: JSON.stringify(application),
    at: deps.clock.now(),
    ttlMs: TICKET_MS,
  });
  const sent = await deps.codes!.send({
    ticketId: id,
    phone: application.phone,
    locale,
    purpose: application.reset ? 'reset' : 'register',
    router: redirect.router,
    mac: redirect.mac,
    address,
    linkPath: null,
  });
  if (sent.kind === 'sent') return { fault: null, ticket: secret };
  await deps.store.closeTicket({ id });
  return { fault: sent.kind === 'limited' ? 'limited' : 'unavailable', ticket: null };
}

/** The account, with the password that waited; or why not. */
async function finish(
  deps: PortalDeps,
  { redirect }: Visit,
  answer: { secret: string; form: URLSearchParams; rules: Rules },
): Promise<{ account: Subscriber; minor: boolean } | RegisterFault> {
  const at = deps.clock.now();
  const ticket = await deps.store.ticketBySecret({ secret: answer.secret, at });
  if (!isOwn(ticket, redirect) || deps.codes === null) return 'over';
  const typed = answer.form.get('code') ?? '';
  const checked = await deps.codes.check({ ticketId: ticket.id, typed, router: redirect.router });
  if (checked.kind !== 'right') return checked.kind === 'wrong' ? 'code' : 'over';
  const application = JSON.parse(ticket.document) as Application;
  if (checked.phone !== application.phone) return 'over';
  // Of two answers with the same code, one makes the account.
  if (!(await deps.store.closeTicket({ id: ticket.id }))) return 'over';
  const subscriber = await deps.store.ensureCitizen({
    origin: 'self',
    key: application.phone,
    phone: application.phone,
    tariff: answer.rules.tariff!,
    villageCode: null,
    at,
  });
  const { id: subscriberId } = subscriber;
  await deps.store.setPassword({ subscriberId, password: application.password, at });
  const { name, nik } = application;
  if (name !== null) await deps.store.correctProfile({ subscriberId, displayName: name, at });
  if (nik !== null) await deps.store.correctProfile({ subscriberId, nik, at });
  return subscriber.disabled ? 'closed' : { account: subscriber, minor: application.minor };
}

async function byVoucher(
  deps: PortalDeps,
  { redirect }: Visit,
  application: Application,
  { form, rules, framedIp }: { form: URLSearchParams; rules: Rules; framedIp: string },
): Promise<Admitted | RegisterFault> {
  const { router, mac } = redirect;
  const at = deps.clock.now();
  const code = form.get('voucher') ?? '';
  const phone = { router: router.name, mac, framedIp };
  const typed = await lookUpCode(deps, code, phone);
  if (typed !== 'voucher') return typed === 'none' ? 'voucher' : typed;
  const made = await deps.store.registerByVoucher({
    code: code.slice(0, 64),
    phone: application.phone,
    password: application.password,
    ...(application.name === null ? {} : { displayName: application.name }),
    ...(application.nik === null ? {} : { nik: application.nik }),
    tariff: rules.tariff!,
    villageCode: router.villageCode,
    day: calendarDay(at, router.timeZone ?? deps.timeZone),
    at,
  });
  return made ?? 'voucher';
}

function isOwn(ticket: Ticket | null, { mac, router }: Redirect): ticket is Ticket {
  return ticket?.kind === 'register' && ticket.mac === mac && ticket.routerId === router.id;
}

function admitted(deps: PortalDeps, req: Request, { redirect }: Visit): boolean {
  const attempt = { address: sourceOf(req), mac: redirect.mac, router: redirect.router.name };
  return deps.admitLogin(attempt, deps.clock.now());
}

async function rulesAt(deps: PortalDeps, { router }: Redirect): Promise<Rules> {
  const settings = await settingsOf(deps, router);
  return { tariff: settings.get('portal.tariff.self'), nik: settings.get('portal.nik') ?? 'off' };
}

async function sendForm(
  deps: PortalDeps,
  exchange: Exchange,
  visit: Visit,
  showing: { fault: RegisterFault | null; ticket: string | null; form: URLSearchParams },
): Promise<void> {
  const { redirect, locale } = visit;
  const { fault, ticket, form } = showing;
  const carry = writeRedirect(redirect);
  const place = await placeOf(deps, redirect.router);
  const scene = sceneOf(exchange.req, { lang: locale, place, path: '/register', carry });
  const reset = form.get('for') === 'reset' && deps.codes !== null;
  const fields = {
    ...carry,
    lang: scene.speech.locale,
    ...(reset ? { for: 'reset' } : {}),
    ...(ticket === null ? {} : { ticket }),
  };
  const facts = {
    hidden: Object.entries(fields).map(([name, value]) => ({ name, value })),
    fault,
    step: ticket === null ? ('form' as const) : ('code' as const),
    reset,
    byVoucher: deps.codes === null,
    nik: reset ? ('off' as const) : (await rulesAt(deps, redirect)).nik,
    phone: (form.get('phone') ?? '').slice(0, 32),
    name: (form.get('name') ?? '').slice(0, 60),
    voucher: fault === null ? '' : (form.get('voucher') ?? '').slice(0, 64),
  };
  const frame = scene.frame(reset ? 'register.resetTitle' : 'register.title');
  await deps.views.send(
    exchange,
    { name: 'register', frame, facts },
    {
      status: fault === null ? 200 : (FAULT_STATUS[fault] ?? 422),
      formTargets: [new URL(redirect.linkLoginOnly).origin, deps.publicOrigin],
    },
  );
}
