/**
 * The step "agree" of a login: what was verified waits in a ticket, so that nothing is typed twice, and the
 * same screen asks a parent's number when the citizen is a child.
 */
import { WAYS, type Way } from '../../settings/portal.ts';
import type { Ticket } from '../../store/ticket-types.ts';
import {
  formOf,
  type Handler,
  type PortalDeps,
  placeOf,
  redirectIn,
  sceneOf,
  seeOther,
} from '../context.ts';
import { type Admitted, type Exchange, handBack, type Visit } from '../hand-back.ts';
import { sendMessage } from '../messages.ts';
import type { PageFacts } from '../pages.ts';
import { writeRedirect } from '../redirect-params.ts';
import { rememberBox } from '../remember.ts';
import { isOwnRequest } from '../security.ts';
import { withQuery } from '../urls.ts';
import { settingsOf } from '../village-settings.ts';
import { guardianStep } from './guardian.ts';
import { legalTextsAt } from './texts.ts';
import { bothTicked, NO_TICKS, readTicks, type Ticks } from './ticks.ts';

/** Whose login waits. */
export interface Waiting {
  readonly account: Admitted;
  readonly via: Way;
  /** Set once a child's parent was asked. */
  readonly guardianPhone: string | null;
  /** Under 18 by the date of birth in a NIK, whatever the box says. */
  readonly minor?: boolean;
}

const TICKET_MS = 10 * 60_000;
const SECRET = /^[\w-]{22}$/;

export type ConsentFault =
  | 'boxes'
  | 'guardianPhone'
  | 'guardianCode'
  | 'guardianOffice'
  | 'limited';

/** True when these texts were agreed to before, or just now by the boxes of the form that was sent. */
export async function consents(
  deps: PortalDeps,
  { req }: Exchange,
  visit: Visit,
  waiting: Waiting,
): Promise<boolean> {
  const { mac, router } = visit.redirect;
  const texts = await legalTextsAt(deps, router);
  const hashes = { terms: texts.terms.hash, privacy: texts.privacy.hash };
  const isMinor = waiting.minor === true;
  const before = await deps.store.hasConsented({ ...hashes, account: waiting.account, mac });
  if (before && !isMinor) return true;
  const ticks = readTicks(formOf(req));
  if (!bothTicked(ticks) || ticks.minor || isMinor) return false;
  await agree(deps, visit, waiting);
  return true;
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
    document: JSON.stringify(waiting),
    at: deps.clock.now(),
    ttlMs: TICKET_MS,
  });
  const typed = readTicks(formOf(exchange.req));
  const ticks = { ...typed, minor: typed.minor || waiting.minor === true };
  const asksParent = bothTicked(ticks) && ticks.minor;
  const fault = ticks.shown && !asksParent ? 'boxes' : null;
  await sendConsent(deps, exchange, visit, {
    secret,
    ticks,
    fault,
    parent: asksParent ? 'phone' : null,
  });
}

export function submitConsent(deps: PortalDeps): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const outcome = await redirectIn(deps, req, form);
    const locale = form.get('lang') === 'en' ? 'en' : 'id';
    if (outcome.kind !== 'complete') return seeOther(res, withQuery('/', { lang: locale }));
    const visit: Visit = { redirect: outcome.redirect, locale };
    const secret = form.get('ticket') ?? '';
    const ticket = await ticketOf(deps, visit, secret);
    if (ticket === null) {
      // Its time is over: the login begins anew.
      return seeOther(res, withQuery('/', { ...writeRedirect(visit.redirect), lang: locale }));
    }
    const waiting = JSON.parse(ticket.document) as Waiting;
    const read = readTicks(form);
    const ticks = { ...read, minor: read.minor || waiting.minor === true };
    const show = async (fault: ConsentFault | null, parent: Showing['parent'] = null) =>
      sendConsent(deps, { req, res }, visit, { secret, ticks, fault, parent });
    if (!bothTicked(ticks)) return show('boxes');
    if (ticks.minor) {
      const step = await guardianStep(deps, { visit, ticket, waiting, form });
      if (step.kind === 'ask') return show(step.fault, step.parent);
      await agree(deps, visit, { ...waiting, guardianPhone: step.phone });
      await markChild(deps, visit, waiting, step.phone);
    } else {
      await agree(deps, visit, waiting);
    }
    await handBack(deps, { req, res }, visit, waiting.account);
  };
}

/** A phone's own live ticket, and no other's. */
async function ticketOf(deps: PortalDeps, visit: Visit, secret: string): Promise<Ticket | null> {
  if (!SECRET.test(secret)) return null;
  const ticket = await deps.store.ticketBySecret({ secret, at: deps.clock.now() });
  const { mac, router } = visit.redirect;
  const own = ticket?.kind === 'consent' && ticket.mac === mac && ticket.routerId === router.id;
  return own ? ticket : null;
}

async function agree(deps: PortalDeps, visit: Visit, waiting: Waiting): Promise<void> {
  const { redirect, locale } = visit;
  const { account, via, guardianPhone } = waiting;
  await deps.store.giveConsent({
    ...(await legalTextsAt(deps, redirect.router)),
    account,
    mac: redirect.mac,
    villageCode: redirect.router.villageCode,
    router: redirect.router.name,
    method: WAYS.includes(via) ? via : 'voucher',
    language: locale,
    at: deps.clock.now(),
    ...(guardianPhone === null ? {} : { guardianPhone }),
  });
}

async function markChild(
  deps: PortalDeps,
  { redirect }: Visit,
  { account }: Waiting,
  guardianPhone: string,
): Promise<void> {
  if (account.kind !== 'subscriber') return;
  const tariff = (await settingsOf(deps, redirect.router)).get('portal.tariff.child');
  const at = deps.clock.now();
  await deps.store.markChild({ subscriberId: account.id, guardianPhone, tariff, at });
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
    path: '/',
    carry,
  });
  const fields = { ...carry, lang: scene.speech.locale, ticket: secret };
  const hidden = Object.entries(fields).map(([name, value]) => ({ name, value }));
  const remember = await rememberBox(deps, exchange.req, redirect.router);
  const facts = { hidden, boxes: { ...NO_TICKS, ...ticks }, fault, parent, remember };
  const frame = scene.frame('consent.title');
  await deps.views.send(
    exchange,
    { name: 'consent', frame, facts },
    {
      status: fault === null ? 200 : fault === 'limited' ? 429 : 422,
      formTargets: [new URL(redirect.linkLoginOnly).origin, deps.publicOrigin],
    },
  );
}
