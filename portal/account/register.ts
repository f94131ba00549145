/**
 * `/register`: an account of one's own, and a new password for one. With a gateway, a code proves the
 * number, whoever had an account by it or not: the answers are the same (register-code.ts). Without, a voucher that
 * nobody has used vouches for the citizen, and is spent on the account; the number is only claimed then, and
 * whoever proves it later gets it (store/intents/citizens.ts).
 */
import type { Request } from 'express';
import { calendarDay } from '../../lib/units.ts';
import {
  formOf,
  type Handler,
  type PortalDeps,
  queryOf,
  redirectIn,
  seeOther,
  sourceOf,
} from '../context.ts';
import type { Admitted, Exchange, Visit } from '../hand-back.ts';
import { letIn } from '../let-in.ts';
import { sendMessage } from '../messages.ts';
import { goOn } from '../otp/start.ts';
import { findVisit } from '../otp/visit.ts';
import type { RegisterFault } from '../pages.ts';
import { claimOf } from '../proofs.ts';
import { writeRedirect } from '../redirect-params.ts';
import { isOwnRequest } from '../security.ts';
import { REPEAT_MS } from '../tickets.ts';
import { lookUpCode } from '../typed-code.ts';
import { withQuery } from '../urls.ts';
import { type Application, readApplication } from './application.ts';
import { applicationOf, beginByCode, REGISTER } from './register-code.ts';
import { type Rules, rulesAt, sendForm } from './register-form.ts';

/** Who waits for a code goes on there, unless it is the other of account and password that is wanted now. */
export function showRegister(deps: PortalDeps): Handler {
  return async (req, res) => {
    const params = queryOf(req);
    const waiting = deps.codes === null ? null : await findVisit(deps, req, params, 'register');
    const isOther =
      params.get('for') === 'reset' && waiting !== null && !applicationOf(waiting).reset;
    if (waiting !== null && !isOther) {
      return goOn(deps, REGISTER, { req, res }, waiting, params.get('lang'));
    }
    const outcome = await redirectIn(deps, req, params);
    const locale = params.get('lang') === 'en' ? 'en' : 'id';
    if (outcome.kind !== 'complete') return seeOther(res, withQuery('/', { lang: locale }));
    const visit = { redirect: outcome.redirect, locale } as const;
    if ((await rulesAt(deps, visit.redirect)).tariff === null) {
      return seeOther(res, withQuery('/', { ...writeRedirect(visit.redirect), lang: locale }));
    }
    await sendForm(deps, { req, res }, visit, { fault: null, form: params });
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
    const refuse = async (fault: RegisterFault) =>
      sendForm(deps, { req, res }, visit, { fault, form });
    const rules = await rulesAt(deps, visit.redirect);
    if (rules.tariff === null) return refuse('closed');
    if (!admitted(deps, req, visit)) return refuse('limited');
    const read = readApplication(form, rules.nik, deps.clock.now());
    if (!read.ok) return refuse(read.fault);
    const { application } = read;
    if (deps.codes === null) {
      const made = await byVoucherOnce(deps, { req, res }, visit, application, rules);
      if (typeof made === 'string') return refuse(made);
      return letIn(deps, { req, res }, visit, made, 'account', application.minor);
    }
    const fault = await beginByCode(deps, { req, res }, visit, application);
    if (fault !== null) await refuse(fault);
  };
}

/** A second tap finds the voucher spent, by the account that it made: it gets the answer of the first. */
async function byVoucherOnce(
  deps: PortalDeps,
  { req }: Exchange,
  visit: Visit,
  application: Application,
  rules: Rules,
): Promise<Admitted | RegisterFault> {
  const { store, clock } = deps;
  const { router, mac } = visit.redirect;
  const form = formOf(req);
  const framedIp = sourceOf(req);
  const at = clock.now();
  const phone = { kind: 'register', routerId: router.id, mac, address: framedIp } as const;
  const typed = [application.phone, application.password, form.get('voucher') ?? ''];
  const key = store.credentialKey(`register ${JSON.stringify(typed)}`);
  const before = await store.ticketOfPhone({ ...phone, at });
  const answered = before === null ? null : (JSON.parse(before.document) as Partial<Answered>);
  if (answered?.key === key && answered.account !== undefined) return answered.account;
  const made = await byVoucher(deps, visit, application, { form, rules, framedIp });
  if (typeof made === 'string') return made;
  const document: Answered = { key, account: claimOf(made) };
  await store.openTicket({ ...phone, document: JSON.stringify(document), at, ttlMs: REPEAT_MS });
  return made;
}

/** In the ticket of an account that a voucher has made. */
interface Answered {
  /** Keyed hash of what was typed. */
  readonly key: string;
  readonly account: Admitted;
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

function admitted(deps: PortalDeps, req: Request, { redirect }: Visit): boolean {
  const attempt = { address: sourceOf(req), mac: redirect.mac, router: redirect.router.name };
  return deps.admitLogin(attempt, deps.clock.now());
}
