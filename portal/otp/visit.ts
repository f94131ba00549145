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
): Promise<OtpVisit | null> {
  const secret = params.get('ticket') ?? '';
  const at = deps.clock.now();
  if (SECRET.test(secret)) {
    const ticket = await deps.store.ticketBySecret({ secret, at });
    return ticket?.kind === 'otp' ? visitOf(deps, ticket, secret) : null;
  }
  const outcome = await redirectIn(deps, req, params);
  if (outcome.kind === 'complete') return visitOfPhone(deps, req, outcome.redirect);
  const session = await sessionOf(deps, req);
  return session === null ? null : visitOfSession(deps, session);
}

/** What the phone of a session waits for. */
export async function visitOfSession(
  deps: PortalDeps,
  { routerId, mac, framedIp }: Session,
): Promise<OtpVisit | null> {
  const at = deps.clock.now();
  const phone = { kind: 'otp', routerId, mac, address: framedIp ?? '' } as const;
  const ticket = await deps.store.ticketOfPhone({ ...phone, at });
  return ticket === null ? null : visitOf(deps, ticket, null);
}

export function isPass({ username }: Session): boolean {
  return username.startsWith(PASS_NAME);
}

/** Whether a session is a pass, for which there is nothing to be told but where its code goes. */
export async function isWaitingPass(deps: PortalDeps, session: Session): Promise<boolean> {
  return isPass(session) && (await visitOfSession(deps, session)) !== null;
}

/** The visit that this phone has begun, if it is not over. */
export async function visitOfPhone(
  deps: PortalDeps,
  req: Request,
  redirect: Redirect,
): Promise<OtpVisit | null> {
  const ticket = await deps.store.ticketOfPhone({
    kind: 'otp',
    routerId: redirect.router.id,
    mac: redirect.mac,
    address: sourceOf(req),
    at: deps.clock.now(),
  });
  if (ticket === null) return null;
  return { ticket, document: documentOf(ticket), redirect, secret: null };
}

/** Unless the router reports a refusal, or the citizen wants another way in. */
export async function waitsForCode(
  deps: PortalDeps,
  req: Request,
  redirect: Redirect,
  params: URLSearchParams,
): Promise<boolean> {
  if (deps.codes === null || redirect.error !== null || params.has('way')) return false;
  return (await visitOfPhone(deps, req, redirect)) !== null;
}

export async function visitOf(
  deps: PortalDeps,
  ticket: Ticket,
  secret: string | null,
): Promise<OtpVisit | null> {
  const document = documentOf(ticket);
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
 * its MAC. A visit that somebody else began in the name of this phone is not its own.
 */
export async function isSamePhone(
  deps: PortalDeps,
  req: Request,
  { ticket }: Pick<OtpVisit, 'ticket'>,
): Promise<boolean> {
  if (sourceOf(req) !== ticket.address) return false;
  const session = await sessionOf(deps, req);
  return session === null || (session.mac === ticket.mac && session.routerId === ticket.routerId);
}

export function documentOf(ticket: Ticket): OtpDocument {
  return JSON.parse(ticket.document) as OtpDocument;
}
