/**
 * Pages of a login that waits in a ticket. Reload, Back and the other language ask for them with GET; the ticket's
 * secret stands in their address for that, as on the pages of codes (otp/visit.ts), and counts only together with
 * the phone and router that it was told to. What was answered is kept for a moment: of two taps, the second gets
 * the answer of the first.
 */
import type { Request } from 'express';
import type { Ticket, TicketKind } from '../store/ticket-types.ts';
import {
  formOf,
  type Handler,
  type PortalDeps,
  queryOf,
  redirectIn,
  seeOther,
  sourceOf,
} from './context.ts';
import type { Exchange, Visit } from './hand-back.ts';
import { type Redirect, writeRedirect } from './redirect-params.ts';
import { withQuery } from './urls.ts';

/** So long an answer may be asked for again: a second tap, or a hand-back that got lost. */
export const REPEAT_MS = 2 * 60_000;
const SECRET = /^[\w-]{22}$/;

export interface OwnTicket {
  readonly visit: Visit;
  readonly ticket: Ticket;
  readonly secret: string;
}

/** A page of a phone's own live ticket; whose time is over begins the login anew. */
export function ticketPage(
  deps: PortalDeps,
  kind: TicketKind,
  show: (exchange: Exchange, own: OwnTicket) => Promise<void>,
): Handler {
  return async (req, res) => {
    const params = req.method === 'POST' ? formOf(req) : queryOf(req);
    const outcome = await redirectIn(deps, req, params);
    const locale = params.get('lang') === 'en' ? 'en' : 'id';
    if (outcome.kind !== 'complete') return seeOther(res, withQuery('/', { lang: locale }));
    const visit: Visit = { redirect: outcome.redirect, locale };
    const secret = params.get('ticket') ?? '';
    const ticket = await ticketOf(deps, visit.redirect, kind, secret);
    if (ticket === null) return seeOther(res, anew(visit));
    await show({ req, res }, { visit: { ...visit, ticketId: ticket.id }, ticket, secret });
  };
}

/** The login page of the same redirect. */
export function anew({ redirect, locale }: Visit): string {
  return withQuery('/', { ...writeRedirect(redirect), lang: locale });
}

/** Keeps what was answered. False where another answer came first. */
export async function keepAnswered(
  deps: PortalDeps,
  { id, version, expiresAt }: Ticket,
  document: unknown,
): Promise<boolean> {
  return deps.store.moveTicket({
    ...{ id, version, document: JSON.stringify(document) },
    expiresAt: Math.min(expiresAt, deps.clock.now() + REPEAT_MS),
  });
}

/** Only from where the first answer was asked for. */
export function mayRepeat(req: Request, { address }: Ticket): boolean {
  return sourceOf(req) === address;
}

async function ticketOf(
  deps: PortalDeps,
  { mac, router }: Redirect,
  kind: TicketKind,
  secret: string,
): Promise<Ticket | null> {
  if (!SECRET.test(secret)) return null;
  const ticket = await deps.store.ticketBySecret({ secret, at: deps.clock.now() });
  const own = ticket?.kind === kind && ticket.mac === mac && ticket.routerId === router.id;
  return own ? ticket : null;
}
