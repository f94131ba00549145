/**
 * All slots of an account are taken, and its owner stands before the login page: who has just typed the
 * right voucher or password may let go of a phone, and is let in without typing anything again.
 */
import type { Way } from '../../settings/portal.ts';
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
import type { Admitted, Exchange, Visit } from '../hand-back.ts';
import { letIn } from '../let-in.ts';
import { sendMessage } from '../messages.ts';
import { claimOf, stillHolds } from '../proofs.ts';
import { writeRedirect } from '../redirect-params.ts';
import { isOwnRequest } from '../security.ts';
import { anew, keepAnswered, mayRepeat, ticketPage } from '../tickets.ts';
import { accountName } from './name.ts';
import { phoneLine } from './page.ts';

interface Full {
  readonly account: Admitted;
  readonly via: Way;
  /** Handle of the phone that was let go of. */
  readonly released?: string;
}

const TICKET_MS = 10 * 60_000;
const HANDLE = /^[0-9a-f]{20}$/;

/** RADIUS has found the credentials right, and no slot free. False when nothing can be let go of. */
export async function offerRelease(
  deps: PortalDeps,
  exchange: Exchange,
  visit: Visit,
  typed: { readonly username: string; readonly method: 'voucher' | 'account' },
): Promise<boolean> {
  const account =
    typed.method === 'voucher'
      ? await deps.store.voucherByCode(typed.username)
      : await deps.store.subscriberByUsername(await accountName(deps, typed.username));
  if (account === null) return false;
  const { router, mac } = visit.redirect;
  const at = deps.clock.now();
  const full: Full = { account: claimOf(account), via: typed.method };
  if ((await onlineElsewhere(deps, visit, full)).length === 0) return false;
  const { secret } = await deps.store.openTicket({
    kind: 'rights',
    routerId: router.id,
    mac,
    address: sourceOf(exchange.req),
    document: JSON.stringify(full),
    at,
    ttlMs: TICKET_MS,
  });
  await sendRelease(deps, exchange, visit, { full, secret });
  return true;
}

/** For a reload, or in the other language. */
export function showRelease(deps: PortalDeps): Handler {
  return ticketPage(deps, 'rights', async (exchange, { visit, ticket, secret }) => {
    const full = fullIn(ticket.document);
    if (full === null || full.released !== undefined) return seeOther(exchange.res, anew(visit));
    await sendRelease(deps, exchange, visit, { full, secret });
  });
}

export function submitRelease(deps: PortalDeps): Handler {
  const submit: Handler = ticketPage(deps, 'rights', async ({ req, res }, { visit, ticket }) => {
    const handle = formOf(req).get('handle') ?? '';
    const full = fullIn(ticket.document);
    if (full === null || !HANDLE.test(handle)) return seeOther(res, anew(visit));
    const { account, via, released } = full;
    if (!(await stillHolds(deps, account))) return seeOther(res, anew(visit));
    if (released === undefined) {
      // One release for one proof. A phone that has gone by itself has left its slot, too.
      const isFirst = await keepAnswered(deps, ticket, { ...full, released: handle });
      // Another came first: now it is a second tap, or another phone.
      if (!isFirst) return submit(req, res);
      await deps.store.releasePhone({ account, handle, at: deps.clock.now() });
    } else if (released !== handle || !mayRepeat(req, ticket)) {
      return seeOther(res, anew(visit));
    }
    await letIn(deps, { req, res }, visit, account, via);
  });
  return async (req, res) =>
    isOwnRequest(req) ? submit(req, res) : sendMessage(deps, req, res, 403, 'message.foreign');
}

/** Null for another ticket of this kind: of a top-up. */
function fullIn(document: string): Full | null {
  const { account, via, released } = JSON.parse(document) as Partial<Full>;
  if (account === undefined || via === undefined) return null;
  return { account, via, ...(released === undefined ? {} : { released }) };
}

async function onlineElsewhere(deps: PortalDeps, { redirect }: Visit, { account }: Full) {
  const at = deps.clock.now();
  const phones = await deps.store.phonesOf({ account, mac: redirect.mac, at });
  return phones.filter((phone) => phone.onlineSince !== null && !phone.isThis);
}

async function sendRelease(
  deps: PortalDeps,
  exchange: Exchange,
  visit: Visit,
  { full, secret }: { readonly full: Full; readonly secret: string },
): Promise<void> {
  const { router, linkLoginOnly } = visit.redirect;
  const online = await onlineElsewhere(deps, visit, full);
  const carry = writeRedirect(visit.redirect);
  const place = await placeOf(deps, router);
  const scene = sceneOf(exchange.req, { lang: visit.locale, place, path: '/release', carry });
  const { locale, t } = scene.speech;
  const wording = deps.wordingIn(locale, router.timeZone);
  const fields = { ...carry, lang: locale, ticket: secret };
  const facts = {
    hidden: [
      ...Object.entries(fields).map(([name, value]) => ({ name, value })),
      ...tickedIn(formOf(exchange.req)),
    ],
    phones: online.map((phone) => phoneLine(phone, t, wording)),
  };
  const frame = scene.frame('account.release.title', { ticket: secret });
  await deps.views.send(
    exchange,
    { name: 'release', frame, facts },
    { status: 403, formTargets: [new URL(linkLoginOnly).origin, deps.publicOrigin] },
  );
}
