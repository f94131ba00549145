/**
 * `GET /oidc` and `GET /oidc/callback`: to the provider and back, in a mini-browser or an ordinary one.
 *
 * The visit waits in a ticket whose secret is the `state`: no cookie is needed, and whoever comes back without
 * it gets nowhere. A ticket is closed before its code is redeemed, so one answer counts once. The token at
 * the end is for the phone that began and its router, whoever's browser comes back.
 */
import type { Request } from 'express';
import type { Ticket } from '../../store/ticket-types.ts';
import type { Subscriber } from '../../store/types.ts';
import {
  type Handler,
  type PortalDeps,
  queryOf,
  redirectIn,
  seeOther,
  sourceOf,
} from '../context.ts';
import { chooseLocale, type Locale } from '../i18n.ts';
import { letIn } from '../let-in.ts';
import { type OidcFailure, refuseOidc, refuseWay } from '../login.ts';
import { claimOf } from '../proofs.ts';
import { type Redirect, writeRedirect } from '../redirect-params.ts';
import { withQuery } from '../urls.ts';
import { settingsOf } from '../village-settings.ts';
import { waysAt } from '../ways.ts';

/** What lies in the ticket. */
interface Waiting {
  readonly visit: string;
  readonly redirect: Readonly<Record<string, string>>;
  readonly locale: Locale;
}

const TICKET_MS = 15 * 60_000;
const STATE = /^[\w-]{22}$/;

export function startOidc(deps: PortalDeps): Handler {
  return async (req, res) => {
    const params = queryOf(req);
    const outcome = await redirectIn(deps, req, params);
    if (outcome.kind !== 'complete') return seeOther(res, '/');
    const { redirect } = outcome;
    const { router, mac } = redirect;
    const refuse = (code: 'SW-WAY' | 'SW-LIMIT') =>
      refuseWay(deps, { req, res }, redirect, code, 'oidc');
    const { oidc } = deps;
    if (oidc === null || !(await waysAt(deps, router)).includes('oidc')) return refuse('SW-WAY');
    const attempt = { address: sourceOf(req), mac, router: router.name };
    if (!deps.admitLogin(attempt, deps.clock.now())) return refuse('SW-LIMIT');
    const begun = await oidc.begin();
    if (begun === null) return refuseOidc(deps, { req, res }, redirect, 'down');
    const locale = chooseLocale(params.get('lang'), req.headers['accept-language']);
    const waiting: Waiting = { visit: begun.visit, redirect: writeRedirect(redirect), locale };
    const { secret } = await deps.store.openTicket({
      ...{ kind: 'oidc', routerId: router.id, mac, address: attempt.address },
      document: JSON.stringify(waiting),
      ...{ at: deps.clock.now(), ttlMs: TICKET_MS },
    });
    seeOther(res, begun.urlFor(secret));
  };
}

export function finishOidc(deps: PortalDeps): Handler {
  return async (req, res) => {
    const state = queryOf(req).get('state') ?? '';
    const ticket = await takeTicket(deps, state);
    if (ticket === null || deps.oidc === null) return seeOther(res, '/');
    const { visit, redirect: fields, locale } = JSON.parse(ticket.document) as Waiting;
    const outcome = await redirectIn(deps, req, new URLSearchParams(fields));
    // Its router is ours no more.
    if (outcome.kind !== 'complete') return seeOther(res, withQuery('/', { lang: locale }));
    const { redirect } = outcome;
    const refuse = (why: OidcFailure) => refuseOidc(deps, { req, res }, redirect, why, locale);
    if (!(await waysAt(deps, redirect.router)).includes('oidc')) {
      return refuseWay(deps, { req, res }, redirect, 'SW-WAY', 'oidc');
    }
    const answer = await deps.oidc.finish({ visit, state, returned: returnedTo(deps, req) });
    if (answer.kind !== 'known') return refuse(answer.kind);
    const account = await citizenOf(deps, redirect, answer.person);
    if (account.disabled) return refuseWay(deps, { req, res }, redirect, 'SW-DISABLED', 'oidc');
    await letIn(deps, { req, res }, { redirect, locale }, claimOf(account), 'oidc');
  };
}

/** Null for a state that is none, too old, or used before. */
async function takeTicket(deps: PortalDeps, state: string): Promise<Ticket | null> {
  if (!STATE.test(state)) return null;
  const ticket = await deps.store.ticketBySecret({ secret: state, at: deps.clock.now() });
  if (ticket?.kind !== 'oidc') return null;
  return (await deps.store.closeTicket({ id: ticket.id })) ? ticket : null;
}

async function citizenOf(
  deps: PortalDeps,
  { router }: Redirect,
  person: string,
): Promise<Subscriber> {
  const settings = await settingsOf(deps, router);
  return deps.store.ensureCitizen({
    ...{ origin: 'oidc', key: person, villageCode: null },
    tariff: settings.get('portal.tariff.oidc') ?? '',
    at: deps.clock.now(),
  });
}

/** As the provider was told, whatever stands in front of us. */
function returnedTo({ publicOrigin }: PortalDeps, req: Request): URL {
  return new URL(`/oidc/callback?${queryOf(req).toString()}`, publicOrigin);
}
