/**
 * The step "agree" of a login: what was verified waits in a ticket, so that nothing is typed twice, and the
 * same screen asks a parent's number when the citizen is a child.
 */
import type { Request } from 'express';
import type { Way } from '../../settings/portal.ts';
import type { TokenConsent } from '../../store/types.ts';
import {
  formOf,
  type Handler,
  type PortalDeps,
  placeOf,
  sceneOf,
  seeOther,
  sourceOf,
} from '../context.ts';
import { type Admitted, type Exchange, handBack, type Visit } from '../hand-back.ts';
import { sendMessage } from '../messages.ts';
import type { PageFacts } from '../pages.ts';
import { stillHolds } from '../proofs.ts';
import { provesItself } from '../proven-phone.ts';
import { writeRedirect } from '../redirect-params.ts';
import { rememberBox } from '../remember.ts';
import { isOwnRequest } from '../security.ts';
import { anew, keepAnswered, mayRepeat, ticketPage } from '../tickets.ts';
import { withQuery } from '../urls.ts';
import { settingsOf } from '../village-settings.ts';
import { guardianStep } from './guardian.ts';
import { type LegalTexts, legalTextsAt } from './texts.ts';
import { bothTicked, NO_TICKS, readTicks, type Ticks } from './ticks.ts';

/** Whose login waits. */
export interface Waiting {
  readonly account: Admitted;
  /** `remembered`: the phone itself, whose texts have changed. */
  readonly via: Way | 'remembered';
  /** Set once a child's parent was asked. */
  readonly guardianPhone: string | null;
  /** Under 18, by the date of birth in a NIK or by the account itself, whatever the box says. */
  readonly minor?: boolean;
  /** The account is known as a child's: what it has agreed to, a parent did. */
  readonly child?: boolean;
  /** What was agreed to, once it was; null: nothing new. */
  readonly answer?: TokenConsent | null;
}

const TICKET_MS = 10 * 60_000;
const DAY_MS = 86_400_000;
const TOO_MANY: ReadonlySet<ConsentFault> = new Set(['limited', 'pressed', 'often']);
/** In a day, of one account. */
const MOST_WITHDRAWALS = 5;

export type ConsentFault =
  | 'boxes'
  | 'guardianPhone'
  | 'guardianOwn'
  | 'guardianCode'
  | 'guardianOffice'
  | 'limited'
  | 'pressed'
  | 'often';

/**
 * `before`: these texts were agreed to. Else what the boxes of the form that was sent agree to now; or they are
 * to be asked.
 */
export async function consents(
  deps: PortalDeps,
  { req }: Exchange,
  visit: Visit,
  waiting: Waiting,
): Promise<'before' | TokenConsent | 'asked'> {
  const isMinor = waiting.minor === true;
  const counts = !isMinor || waiting.child === true;
  if (counts && (await hasAgreed(deps, req, visit, waiting))) return 'before';
  const ticks = readTicks(formOf(req));
  if (!bothTicked(ticks) || ticks.minor || isMinor) return 'asked';
  if (!(await mayAgree(deps, waiting))) return 'asked';
  return agreement(deps, visit, waiting);
}

/**
 * Of a voucher, what was agreed to on this phone counts, too; and a click's account is the phone. The query's
 * word for which phone it is would let anybody ask about anybody's: it counts only for a phone that has shown
 * which one it is.
 */
async function hasAgreed(
  deps: PortalDeps,
  req: Request,
  { redirect }: Visit,
  { account, via, child }: Waiting,
): Promise<boolean> {
  const { terms, privacy } = await legalTextsAt(deps, redirect.router);
  const isItself = await provesItself(deps, req, redirect);
  if (via === 'click' && !isItself) return false;
  return deps.store.hasConsented({
    ...{ terms: terms.hash, privacy: privacy.hash },
    account,
    mac: isItself && child !== true ? redirect.mac : null,
  });
}

/** Keeps the login in a ticket and shows the boxes. */
export async function askForConsent(
  deps: PortalDeps,
  exchange: Exchange,
  visit: Visit,
  waiting: Waiting,
): Promise<void> {
  const { secret } = await deps.store.openTicket({
    kind: 'consent',
    routerId: visit.redirect.router.id,
    mac: visit.redirect.mac,
    address: sourceOf(exchange.req),
    document: JSON.stringify(waiting),
    at: deps.clock.now(),
    ttlMs: TICKET_MS,
  });
  const typed = readTicks(formOf(exchange.req));
  const ticks = { ...typed, minor: typed.minor || waiting.minor === true };
  const asksParent = bothTicked(ticks) && ticks.minor;
  const fault = asksParent ? null : bothTicked(ticks) ? 'often' : ticks.shown ? 'boxes' : null;
  await sendConsent(deps, exchange, visit, {
    secret,
    ticks,
    fault,
    parent: asksParent ? 'phone' : null,
  });
}

/** The same screen for a reload, or in the other language: nothing is ticked but what a parent is asked about. */
export function showConsent(deps: PortalDeps): Handler {
  return ticketPage(deps, 'consent', async (exchange, { visit, ticket, secret }) => {
    const waiting = JSON.parse(ticket.document) as Waiting;
    if (waiting.answer !== undefined) return seeOther(exchange.res, anew(visit));
    const asked = waiting.guardianPhone !== null;
    const minor = asked || waiting.minor === true;
    const standing = asked ? await deps.codes?.standing(ticket.id) : null;
    await sendConsent(deps, exchange, visit, {
      secret,
      ticks: { ...NO_TICKS, terms: asked, data: asked, minor },
      fault: null,
      parent: asked ? (standing == null ? 'phone' : 'code') : null,
    });
  });
}

export function submitConsent(deps: PortalDeps): Handler {
  const submit = ticketPage(deps, 'consent', async ({ req, res }, { visit, ticket, secret }) => {
    const form = formOf(req);
    const waiting = JSON.parse(ticket.document) as Waiting;
    const read = readTicks(form);
    const ticks = { ...read, minor: read.minor || waiting.minor === true };
    const show = async (fault: ConsentFault | null, parent: Showing['parent'] = null) =>
      sendConsent(deps, { req, res }, visit, { secret, ticks, fault, parent });
    const parent = waiting.guardianPhone === null ? null : 'code';
    if (!admitted(deps, req, visit)) return show('pressed', parent);
    if (!(await isStill(deps, visit, waiting))) return seeOther(res, anew(visit));
    const end = async (answer: TokenConsent | null) =>
      handBack(deps, { req, res }, visit, waiting.account, answer);
    if (waiting.answer !== undefined) {
      return mayRepeat(req, ticket) ? end(waiting.answer) : seeOther(res, anew(visit));
    }
    if (!bothTicked(ticks)) return show('boxes');
    if (!(await mayAgree(deps, waiting))) return show('often');
    let agreed = waiting;
    if (ticks.minor) {
      if (await isAgreedFor(deps, visit, waiting)) {
        await keepAnswered(deps, ticket, { ...waiting, answer: null } satisfies Waiting);
        return end(null);
      }
      const step = await guardianStep(deps, { visit, ticket, waiting, form });
      if (step.kind === 'ask') return show(step.fault, step.parent);
      agreed = { ...waiting, guardianPhone: step.phone };
      await markChild(deps, visit, agreed);
    }
    const answer = await agreement(deps, visit, agreed);
    await keepAnswered(deps, ticket, { ...agreed, answer } satisfies Waiting);
    await end(answer);
  });
  return async (req, res) =>
    isOwnRequest(req) ? submit(req, res) : sendMessage(deps, req, res, 403, 'message.foreign');
}

function admitted(deps: PortalDeps, req: Request, { redirect }: Visit): boolean {
  const { router, mac } = redirect;
  return deps.admitLogin({ address: sourceOf(req), mac, router: router.name }, deps.clock.now());
}

/** Who was proven before all access ended, and a phone that was forgotten while its page was open, must log in. */
async function isStill(
  deps: PortalDeps,
  { redirect }: Visit,
  { account, via }: Waiting,
): Promise<boolean> {
  if (!(await stillHolds(deps, account))) return false;
  if (via !== 'remembered') return true;
  const device = await deps.store.device(redirect.mac);
  return device?.origin === 'consent' && device.accountId === account.id;
}

/** Withdrawing is always possible; agreeing again is not, after so many times in a day. */
async function mayAgree({ store, clock }: PortalDeps, { account }: Waiting): Promise<boolean> {
  const since = clock.now() - DAY_MS;
  return (await store.withdrawalsSince({ account, since })) < MOST_WITHDRAWALS;
}

/** A parent has agreed meanwhile, at the counter. The account of a click is anybody's word. */
async function isAgreedFor(
  deps: PortalDeps,
  { redirect }: Visit,
  { account, via }: Waiting,
): Promise<boolean> {
  if (via === 'click') return false;
  const facts = await deps.store.account(account.kind, account.id);
  if (facts?.child !== true) return false;
  const { terms, privacy } = await legalTextsAt(deps, redirect.router);
  const hashes = { terms: terms.hash, privacy: privacy.hash };
  return deps.store.hasConsented({ ...hashes, account, mac: null });
}

/** Texts that are kept in the store. */
const kept = new WeakSet<LegalTexts>();

/** For the token: it counts when the router lets this very phone in. */
async function agreement(deps: PortalDeps, visit: Visit, waiting: Waiting): Promise<TokenConsent> {
  const { redirect, locale } = visit;
  const { via, guardianPhone } = waiting;
  const texts = await legalTextsAt(deps, redirect.router);
  if (!kept.has(texts)) {
    await deps.store.keepTexts({ ...texts, at: deps.clock.now() });
    kept.add(texts);
  }
  return {
    terms: texts.terms.hash,
    privacy: texts.privacy.hash,
    villageCode: redirect.router.villageCode,
    router: redirect.router.name,
    method: via,
    language: locale,
    ...(guardianPhone === null ? {} : { guardianPhone }),
    ...(guardianPhone === null || via !== 'click'
      ? {}
      : { child: { tariff: await childTariff(deps, visit) } }),
  };
}

/** A click's account is whoever the query names: it becomes a child's with the login. */
async function markChild(deps: PortalDeps, visit: Visit, waiting: Waiting): Promise<void> {
  const { account, via, guardianPhone } = waiting;
  if (via === 'click') return;
  const tariff = await childTariff(deps, visit);
  const at = deps.clock.now();
  await deps.store.markChild({ account, guardianPhone, tariff, at });
}

/** By the date of birth in a NIK; nobody has agreed for it yet. */
export async function knownAsChild(
  deps: PortalDeps,
  visit: Visit,
  account: Admitted,
): Promise<void> {
  const tariff = await childTariff(deps, visit);
  const at = deps.clock.now();
  await deps.store.markChild({ account, guardianPhone: null, tariff, at });
}

async function childTariff(deps: PortalDeps, { redirect }: Visit): Promise<string | null> {
  return (await settingsOf(deps, redirect.router)).get('portal.tariff.child');
}

interface Showing {
  readonly secret: string;
  readonly ticks: Ticks;
  readonly fault: ConsentFault | null;
  /** What is asked of a parent; null: nothing. */
  readonly parent: PageFacts['consent']['parent'];
}

async function sendConsent(
  deps: PortalDeps,
  exchange: Exchange,
  visit: Visit,
  { secret, ticks, fault, parent }: Showing,
): Promise<void> {
  const { redirect, locale } = visit;
  const carry = writeRedirect(redirect);
  const scene = sceneOf(exchange.req, {
    lang: locale,
    place: await placeOf(deps, redirect.router),
    path: '/consent',
    carry,
  });
  const fields = { ...carry, lang: scene.speech.locale, ticket: secret };
  const hidden = Object.entries(fields).map(([name, value]) => ({ name, value }));
  const remember = await rememberBox(deps, exchange.req, redirect.router);
  const otherUrl = withQuery('/', { ...carry, lang: scene.speech.locale, other: '1' });
  const facts = { hidden, boxes: { ...NO_TICKS, ...ticks }, fault, parent, remember, otherUrl };
  const frame = scene.frame('consent.title', { ticket: secret });
  await deps.views.send(
    exchange,
    { name: 'consent', frame, facts },
    {
      status: fault === null ? 200 : TOO_MANY.has(fault) ? 429 : 422,
      formTargets: [new URL(redirect.linkLoginOnly).origin, deps.publicOrigin],
    },
  );
}
