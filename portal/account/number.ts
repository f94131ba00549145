/**
 * `/account/number`: another phone number. A code proves that the citizen holds the new one; the password, or
 * a code to the old one, that it is the citizen. Phones and sessions stay; the old number is anybody's again.
 * Whether somebody has an account by the new one is told to its holder alone.
 */
import type { Request, Response } from 'express';
import { type E164, toMobileE164 } from '../../settings/phone-number.ts';
import type { Ticket } from '../../store/ticket-types.ts';
import { formOf, type Handler, type PortalDeps, queryOf, seeOther, sourceOf } from '../context.ts';
import type { Admitted } from '../hand-back.ts';
import type { Locale } from '../i18n.ts';
import { sendMessage } from '../messages.ts';
import type { AccountNotice } from '../pages.ts';
import { claimOf, isStale } from '../proofs.ts';
import { isOwnRequest } from '../security.ts';
import { keepAnswered } from '../tickets.ts';
import { withQuery } from '../urls.ts';
import { mayChangeNumber } from './may-change-number.ts';
import { GOOD, noticeStatus } from './notices.ts';
import { type CodeSent, ownCodeTicket, sendInTicket, sendOwnCode } from './own-code.ts';
import { whoOf } from './page.ts';
import { ownPage, proofOf, proves, type Self, sceneOfSelf, selfAt } from './self.ts';

const ANSWERS = {
  changed: 'numberChanged',
  taken: 'numberTaken',
  guardian: 'numberGuardian',
} as const;

/** What waits until the new number is proven. */
interface NewNumber {
  readonly account: Admitted;
  readonly phone: E164;
  /** Once the code came back. */
  readonly answer?: (typeof ANSWERS)[keyof typeof ANSWERS];
}

interface Showing {
  readonly lang: string | null;
  readonly notice: AccountNotice | null;
  readonly step: 'ask' | 'code';
  /** Of a code: to the old number while it is asked, to the new one then. */
  readonly ticket: string | null;
  readonly phone: string;
}

export function showNumber(deps: PortalDeps): Handler {
  return ownPage(deps, async (exchange, self, lang) => {
    if (!mayChangeNumber(deps, self)) return seeOther(exchange.res, '/account');
    const secret = queryOf(exchange.req).get('ticket')?.slice(0, 64) ?? null;
    await sendNumber(deps, exchange, self, { ...(await underWay(deps, self, secret)), lang });
  });
}

export function submitNumber(deps: PortalDeps): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const lang = form.get('lang') === 'en' ? 'en' : 'id';
    const self = await selfAt(deps, req);
    if (self === null) return seeOther(res, withQuery('/status', { lang }));
    if (!mayChangeNumber(deps, self)) return seeOther(res, withQuery('/account', { lang }));
    const step = form.has('code') ? finish : form.has('first') ? proveOld : begin;
    const showing = await step(deps, req, self, { form, lang });
    await sendNumber(deps, { req, res }, self, showing);
  };
}

const FIRST: Showing = { lang: null, notice: null, step: 'ask', ticket: null, phone: '' };

interface Answer {
  readonly form: URLSearchParams;
  readonly lang: Locale;
}

async function proveOld(
  deps: PortalDeps,
  _req: Request,
  self: Self,
  { lang }: Answer,
): Promise<Showing> {
  const sent = proofOf(deps, self) === 'code' ? await sendOwnCode(deps, self, lang) : 'limited';
  return typeof sent === 'string'
    ? { ...FIRST, lang, notice: sent }
    : { ...FIRST, lang, ticket: sent.ticket };
}

/** Where a reload, or the other language, finds a code that is on its way. */
async function underWay(deps: PortalDeps, self: Self, secret: string | null): Promise<Showing> {
  if (secret === null) return FIRST;
  const found = await waitingFor(deps, self, secret);
  if (found !== null && found.waiting.answer === undefined) {
    return { ...FIRST, step: 'code', ticket: secret };
  }
  const own = await ownCodeTicket(deps, self, secret);
  return own === null ? FIRST : { ...FIRST, ticket: secret };
}

/** What the account waits for with this secret. */
async function waitingFor(
  deps: PortalDeps,
  { account, session }: Self,
  secret: string,
): Promise<{ readonly ticket: Ticket; readonly waiting: NewNumber } | null> {
  const ticket = await deps.store.ticketBySecret({ secret, at: deps.clock.now() });
  if (ticket?.kind !== 'number' || ticket.mac !== session.mac) return null;
  const waiting = JSON.parse(ticket.document) as NewNumber;
  const isOwn = waiting.account.id === account.id && !isStale(waiting.account, account);
  return isOwn ? { ticket, waiting } : null;
}

async function begin(
  deps: PortalDeps,
  req: Request,
  self: Self,
  { form, lang }: Answer,
): Promise<Showing> {
  const typed = (form.get('phone') ?? '').slice(0, 32);
  const ticket = form.get('ticket')?.slice(0, 64) ?? null;
  const refuse = (notice: AccountNotice): Showing => ({
    ...FIRST,
    ...{ lang, notice, ticket, phone: typed },
  });
  const phone = toMobileE164(typed);
  if (phone === null) return refuse('numberWrong');
  const proof = await proves(deps, req, self, form);
  if (proof !== 'proved') return refuse(proof === 'wrong' ? 'proofWrong' : proof);
  if (phone === self.profile?.phone && self.profile.phoneProved) return refuse('numberSame');
  const sent = await sendToNew(deps, req, self, { lang, phone });
  if (typeof sent === 'string') return refuse(sent);
  return { ...FIRST, lang, step: 'code', ticket: sent.ticket };
}

async function sendToNew(
  deps: PortalDeps,
  req: Request,
  { account, session, router }: Self,
  { lang, phone }: { readonly lang: Locale; readonly phone: E164 },
): Promise<CodeSent> {
  const document: NewNumber = { account: claimOf(account), phone };
  const where = { mac: session.mac, address: sourceOf(req) };
  const code = { phone, locale: lang, purpose: 'register', router: router!, ...where } as const;
  return sendInTicket(deps, deps.codes!, { kind: 'number', document }, code);
}

async function finish(
  deps: PortalDeps,
  req: Request,
  self: Self,
  { form, lang }: Answer,
): Promise<Showing> {
  const { account, session, router } = self;
  const at = deps.clock.now();
  const attempt = { address: sourceOf(req), mac: session.mac, router: session.router };
  const secret = (form.get('ticket') ?? '').slice(0, 64);
  const again = (notice: AccountNotice): Showing => ({
    ...FIRST,
    ...{ lang, notice, step: 'code', ticket: secret },
  });
  if (!deps.admitLogin(attempt, at)) return again('limited');
  const over: Showing = { ...FIRST, lang, notice: 'codeOver' };
  const found = await waitingFor(deps, self, secret);
  if (found === null) return over;
  const { ticket, waiting } = found;
  const typed = form.get('code') ?? '';
  const checked = await deps.codes!.check({ ticketId: ticket.id, typed, router: router! });
  if (checked.kind === 'wrong') return again('codeWrong');
  if (checked.kind === 'limited') return again('limited');
  if (checked.kind !== 'right' || checked.phone !== waiting.phone) return over;
  if (waiting.answer !== undefined) return { ...FIRST, lang, notice: waiting.answer };
  const { phone } = waiting;
  const answer = ANSWERS[await deps.store.changePhone({ subscriberId: account.id, phone, at })];
  await keepAnswered(deps, ticket, { ...waiting, answer } satisfies NewNumber);
  return { ...FIRST, lang, notice: answer };
}

async function sendNumber(
  deps: PortalDeps,
  exchange: { readonly req: Request; readonly res: Response },
  self: Self,
  { lang, notice, step, ticket, phone }: Showing,
): Promise<void> {
  const scene = await sceneOfSelf(deps, exchange.req, self, { path: '/account/number', lang });
  const { locale, t } = scene.speech;
  const isGood = notice !== null && GOOD.has(notice);
  // The number it has now is another than the one that this request began with.
  const now = notice === 'numberChanged' ? await renewed(deps, self) : self;
  const own: Record<string, string> = ticket === null ? {} : { ticket };
  const facts = {
    ...{ notice, isGood, step, phone, who: whoOf(now, t) },
    hidden: [
      { name: 'lang', value: locale },
      ...(ticket === null ? [] : [{ name: 'ticket', value: ticket }]),
    ],
    proof: proofOf(deps, self),
    isCodeSent: ticket !== null,
    accountUrl: withQuery('/account', { lang: locale }),
  };
  const page = { name: 'number' as const, frame: scene.frame('number.title', own), facts };
  const status = notice === null ? 200 : noticeStatus(notice);
  await deps.views.send(exchange, page, { status });
}

async function renewed(deps: PortalDeps, self: Self): Promise<Self> {
  return { ...self, profile: await deps.store.profile(self.account.id) };
}
