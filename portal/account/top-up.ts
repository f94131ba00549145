/**
 * What an account had is used up, and its owner stands before the login page: "my account" is behind a session that
 * it gets no more. Who has just typed the right password tops up with a voucher here, and is let in at once.
 */
import { calendarDay } from '../../lib/units.ts';
import { tickedIn } from '../consent/ticks.ts';
import {
  formOf,
  type Handler,
  type PortalDeps,
  placeOf,
  sceneOf,
  seeOther,
  sourceOf,
} from '../context.ts';
import { loginFault, typoFault } from '../faults.ts';
import type { Speech } from '../frame.ts';
import type { Admitted, Exchange, Visit } from '../hand-back.ts';
import { letIn } from '../let-in.ts';
import { sendMessage } from '../messages.ts';
import type { Fault } from '../pages.ts';
import { claimOf, stillHolds } from '../proofs.ts';
import { writeRedirect } from '../redirect-params.ts';
import { REJECT_STATUS, type RejectCode } from '../reject-codes.ts';
import { isOwnRequest } from '../security.ts';
import { anew, keepAnswered, ticketPage } from '../tickets.ts';
import { lookUpCode } from '../typed-code.ts';
import { withQuery } from '../urls.ts';
import { accountName } from './name.ts';

/** What a voucher can mend. */
const SPENT = ['SW-QUOTA', 'SW-TIME', 'SW-EXPIRED'] as const;
type Spent = (typeof SPENT)[number];

interface Waiting {
  readonly topUp: { readonly account: Admitted; readonly why: Spent };
}

const TICKET_MS = 10 * 60_000;

/** RADIUS has found the password right, and nothing left. False where a voucher would not help. */
export async function offerTopUp(
  deps: PortalDeps,
  exchange: Exchange,
  visit: Visit,
  typed: { readonly username: string; readonly why: RejectCode },
): Promise<boolean> {
  const why = SPENT.find((code) => code === typed.why);
  if (why === undefined) return false;
  const account = await deps.store.subscriberByUsername(await accountName(deps, typed.username));
  if (account === null) return false;
  const waiting: Waiting = { topUp: { account: claimOf(account), why } };
  const { secret } = await deps.store.openTicket({
    kind: 'rights',
    routerId: visit.redirect.router.id,
    mac: visit.redirect.mac,
    address: sourceOf(exchange.req),
    document: JSON.stringify(waiting),
    at: deps.clock.now(),
    ttlMs: TICKET_MS,
  });
  await sendTopUp(deps, exchange, visit, { secret, fault: faultFor(why), status: 403 });
  return true;
}

/** For a reload, or in the other language. */
export function showTopUp(deps: PortalDeps): Handler {
  return ticketPage(deps, 'rights', async (exchange, { visit, ticket, secret }) => {
    const waiting = waitingIn(ticket.document);
    if (waiting === null) return seeOther(exchange.res, anew(visit));
    await sendTopUp(deps, exchange, visit, { secret, fault: faultFor(waiting.why), status: 200 });
  });
}

export function submitTopUp(deps: PortalDeps): Handler {
  const submit = ticketPage(deps, 'rights', async (exchange, { visit, ticket, secret }) => {
    const waiting = waitingIn(ticket.document);
    if (waiting === null || !(await stillHolds(deps, waiting.account))) {
      return seeOther(exchange.res, anew(visit));
    }
    const { req } = exchange;
    const code = (formOf(req).get('voucher') ?? '').slice(0, 64);
    const refusal = await spend(deps, visit, {
      code,
      subscriberId: waiting.account.id,
      framedIp: sourceOf(req),
    });
    if (refusal !== null) return sendTopUp(deps, exchange, visit, { secret, ...refusal });
    // The same voucher again is the same top-up: a second tap is let in, too.
    await keepAnswered(deps, ticket, { topUp: waiting } satisfies Waiting);
    await letIn(deps, exchange, visit, waiting.account, 'account');
  });
  return async (req, res) =>
    isOwnRequest(req) ? submit(req, res) : sendMessage(deps, req, res, 403, 'message.foreign');
}

type FaultIn = (speech: Speech, deps: PortalDeps, visit: Visit) => Fault;

interface Refusal {
  readonly fault: FaultIn;
  readonly status: number;
}

/** Null: the account has it. */
async function spend(
  deps: PortalDeps,
  { redirect }: Visit,
  asked: { readonly code: string; readonly subscriberId: string; readonly framedIp: string },
): Promise<Refusal | null> {
  const { code, subscriberId, framedIp } = asked;
  const { router, mac } = redirect;
  const at = deps.clock.now();
  if (!deps.admitLogin({ address: framedIp, mac, router: router.name }, at))
    return refused('SW-LIMIT');
  if (deps.store.voucherForm(code) === null) return { fault: typoFault, status: 422 };
  const typed = await lookUpCode(deps, code, { router: router.name, mac, framedIp });
  if (typed === 'limited') return refused('SW-LIMIT');
  if (typed === 'down') return refused('SW-ERROR');
  const { outcome } = await deps.store.topUp({
    subscriberId,
    // As on "my account": the work tells nothing of whether there is such a code.
    code: typed === 'none' ? '' : code,
    villageCode: router.villageCode,
    day: calendarDay(at, router.timeZone ?? deps.timeZone),
    at,
  });
  if (outcome === 'added') return null;
  const key = outcome === 'nothing' ? 'topUpNothing' : 'topUpRefused';
  const fault: FaultIn = ({ t }) => ({
    code: 'SW-BADCRED',
    title: t(`account.notice.${key}`),
    help: t('topUp.otherHelp'),
    field: { id: 'voucher', link: t('fault.field.voucher') },
  });
  return { fault, status: 422 };
}

function refused(code: RejectCode): Refusal {
  return { fault: faultFor(code), status: REJECT_STATUS[code] };
}

function faultFor(code: RejectCode): FaultIn {
  return (speech, deps, { redirect }) => {
    const wording = deps.wordingIn(speech.locale, redirect.router.timeZone);
    const times = { nowMs: deps.clock.now(), opensAt: null };
    return loginFault(code, null, speech, wording, times);
  };
}

/** Null for another ticket of this kind: of a phone to let go of. */
function waitingIn(document: string): Waiting['topUp'] | null {
  return (JSON.parse(document) as Partial<Waiting>).topUp ?? null;
}

async function sendTopUp(
  deps: PortalDeps,
  exchange: Exchange,
  visit: Visit,
  { secret, fault, status }: Refusal & { readonly secret: string },
): Promise<void> {
  const { redirect } = visit;
  const form = formOf(exchange.req);
  const carry = writeRedirect(redirect);
  const place = await placeOf(deps, redirect.router);
  const scene = sceneOf(exchange.req, { lang: visit.locale, place, path: '/topup', carry });
  const { locale } = scene.speech;
  const shown = fault(scene.speech, deps, visit);
  const facts = {
    hidden: [
      ...Object.entries({ ...carry, lang: locale, ticket: secret }).map(([name, value]) => ({
        ...{ name, value },
      })),
      ...tickedIn(form),
    ],
    fault: shown,
    voucher: (form.get('voucher') ?? '').slice(0, 64),
    otherWayUrl: withQuery('/', { ...carry, lang: locale }),
  };
  await deps.views.send(
    exchange,
    { name: 'topup', frame: scene.frame('topUp.title', { ticket: secret }), facts },
    {
      status,
      formTargets: [new URL(redirect.linkLoginOnly).origin, deps.publicOrigin],
      ...(status === 429 ? { headers: { 'Retry-After': '60' } } : {}),
    },
  );
}
