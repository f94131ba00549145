/**
 * Whose page this is. The state of a visit is its ticket; it is found by its secret, by a redirect of the
 * same phone at the same address (a mini-browser that was closed and opened again), or by the session behind the
 * source address (the normal browser, during a grace pass). The redirect lies in the ticket, and is checked anew
 * each time. A redirect's MAC alone finds nothing: anybody can name it. A phone that comes back with another
 * address begins anew.
 */
import type { Request } from 'express';
import type { Ticket } from '../../store/ticket-types.ts';
import type { Router, Session } from '../../store/types.ts';
import { type PortalDeps, redirectIn, sessionOf, sourceOf } from '../context.ts';
import type { Locale } from '../i18n.ts';
import { type Redirect, readRedirect, writeRedirect } from '../redirect-params.ts';
import { sourceAt } from '../source.ts';

/** Each has its own tickets and pages. */
export type VisitKind = 'otp' | 'register';

export const PAGES = {
  otp: { page: '/otp', go: '/otp/go', link: '/otp/link' },
  register: { page: '/register', go: '/register/go', link: '/register/link' },
} as const;

/** In the ticket. */
export interface OtpDocument {
  readonly redirect: Readonly<Record<string, string>>;
  readonly locale: Locale;
  /** Whether it was asked by a message instead of a code; the word, to be shown again. */
  readonly word: string | null;
  /** Of the pass that was given; 0: none. */
  readonly graceMinutes: number;
}

export interface OtpVisit {
  readonly ticket: Ticket;
  readonly document: OtpDocument;
  readonly redirect: Redirect;
  /** Null for one who was found by the phone alone. */
  readonly secret: string | null;
}

/** Names of tokens for passes, and so of their sessions, begin so. */
const PASS_NAME = 'sw-grace-';
const SECRET = /^[\w-]{22}$/;

export async function findVisit(
  deps: PortalDeps,
  req: Request,
  params: URLSearchParams,
  kind: VisitKind,
): Promise<OtpVisit | null> {
  const secret = params.get('ticket') ?? '';
  const at = deps.clock.now();
  if (SECRET.test(secret)) {
    const ticket = await deps.store.ticketBySecret({ secret, at });
    return ticket?.kind === kind ? visitOf(deps, ticket, secret) : null;
  }
  const outcome = await redirectIn(deps, req, params);
  if (outcome.kind === 'complete') return visitOfPhone(deps, req, outcome.redirect, kind);
  const session = await sessionOf(deps, req);
  return session === null ? null : visitOfSession(deps, session, kind);
}

/** What the phone of a session waits for. */
export async function visitOfSession(
  deps: PortalDeps,
  { routerId, mac, framedIp }: Session,
  kind: VisitKind,
): Promise<OtpVisit | null> {
  const at = deps.clock.now();
  const phone = { kind, routerId, mac, address: framedIp ?? '' };
  const ticket = await deps.store.ticketOfPhone({ ...phone, at });
  return ticket === null ? null : visitOf(deps, ticket, null);
}

export function isPass({ username }: Session): boolean {
  return username.startsWith(PASS_NAME);
}

/** Where the code goes that this pass was given for: there is nothing else to be told about it. */
export async function pageOfPass(deps: PortalDeps, session: Session): Promise<string | null> {
  if (!isPass(session)) return null;
  return pageOfLatest([
    await visitOfSession(deps, session, 'otp'),
    await visitOfSession(deps, session, 'register'),
  ]);
}

/** The visit that this phone has begun, if it is not over. */
export async function visitOfPhone(
  deps: PortalDeps,
  req: Request,
  redirect: Redirect,
  kind: VisitKind,
): Promise<OtpVisit | null> {
  const ticket = await deps.store.ticketOfPhone({
    kind,
    routerId: redirect.router.id,
    mac: redirect.mac,
    address: sourceOf(req),
    at: deps.clock.now(),
  });
  const document = ticket === null ? null : documentOf(ticket);
  return ticket === null || document === null ? null : { ticket, document, redirect, secret: null };
}

/** Where this phone waits for its code; null where the router reports a refusal, or another way in is wanted. */
export async function pageOfWaiting(
  deps: PortalDeps,
  req: Request,
  redirect: Redirect,
  params: URLSearchParams,
): Promise<string | null> {
  if (deps.codes === null || redirect.error !== null || params.has('way')) return null;
  return pageOfLatest([
    await visitOfPhone(deps, req, redirect, 'otp'),
    await visitOfPhone(deps, req, redirect, 'register'),
  ]);
}

function pageOfLatest(visits: readonly (OtpVisit | null)[]): string | null {
  const waiting = visits.filter((visit) => visit !== null);
  const latest = waiting.toSorted((a, b) => b.ticket.createdAt - a.ticket.createdAt)[0];
  return latest === undefined ? null : pagesOf(latest).page;
}

export function pagesOf({ ticket }: Pick<OtpVisit, 'ticket'>): (typeof PAGES)[VisitKind] {
  return PAGES[ticket.kind === 'register' ? 'register' : 'otp'];
}

export async function visitOf(
  deps: PortalDeps,
  ticket: Ticket,
  secret: string | null,
): Promise<OtpVisit | null> {
  const document = documentOf(ticket);
  if (document === null) return null;
  const params = new URLSearchParams(document.redirect);
  const router: Router | null = await deps.store.routerByName(document.redirect.router ?? '');
  const outcome = readRedirect(params, router);
  if (outcome.kind !== 'complete' || outcome.redirect.router.id !== ticket.routerId) return null;
  return { ticket, document, redirect: outcome.redirect, secret };
}

/** What forms and links of the page carry, so that the next request is the same visit. */
export function carryOf({ secret, redirect }: OtpVisit): Record<string, string> {
  return secret === null ? writeRedirect(redirect) : { ticket: secret };
}

/**
 * Whether a request comes from the very phone that asked: from its address, and, where that has a session, under
 * its MAC. A visit that somebody else began in the name of this phone is not its own. An address that may hide a
 * whole village proves no phone: its message has no link.
 */
export async function isSamePhone(
  deps: PortalDeps,
  req: Request,
  { ticket, redirect }: Pick<OtpVisit, 'ticket' | 'redirect'>,
): Promise<boolean> {
  if (sourceOf(req) !== ticket.address) return false;
  if (sourceAt(redirect.router, ticket.address).kind === 'many') return false;
  const session = await sessionOf(deps, req);
  if (session === null) return true;
  return session.mac === ticket.mac && session.routerId === ticket.routerId;
}

/** Null for what another version, or the way in by a voucher, keeps in a ticket of this kind. */
function documentOf(ticket: Ticket): OtpDocument | null {
  const document = JSON.parse(ticket.document) as Partial<OtpDocument>;
  return document.redirect === undefined ? null : (document as OtpDocument);
}
