/**
 * An officer's password is for one login: who comes with it chooses an own one before anything else. The login
 * waits in a ticket, and what was ticked beside it comes along, so that nothing is asked twice.
 */
import { tickedIn } from '../consent/ticks.ts';
import { formOf, type PortalDeps, placeOf, sceneOf, sourceOf } from '../context.ts';
import type { Admitted, Exchange, Visit } from '../hand-back.ts';
import { claimOf } from '../proofs.ts';
import { writeRedirect } from '../redirect-params.ts';
import type { WeakBecause } from './password-rules.ts';

const TICKET_MS = 10 * 60_000;

export async function askForPassword(
  deps: PortalDeps,
  exchange: Exchange,
  visit: Visit,
  account: Admitted,
): Promise<void> {
  const waiting = {
    kind: 'reset' as const,
    routerId: visit.redirect.router.id,
    mac: visit.redirect.mac,
    address: sourceOf(exchange.req),
    document: JSON.stringify({ account: claimOf(account) }),
    at: deps.clock.now(),
    ttlMs: TICKET_MS,
  };
  const { secret } = await deps.store.openTicket(waiting);
  await sendChoose(deps, exchange, visit, { secret, fault: null });
}

/** `secret` is the ticket's. */
export async function sendChoose(
  deps: PortalDeps,
  exchange: Exchange,
  { redirect, locale }: Visit,
  { secret, fault }: { readonly secret: string; readonly fault: WeakBecause | null },
): Promise<void> {
  const carry = writeRedirect(redirect);
  const place = await placeOf(deps, redirect.router);
  const scene = sceneOf(exchange.req, { lang: locale, place, path: '/choose', carry });
  const fields = { ...carry, lang: scene.speech.locale, ticket: secret };
  const facts = {
    hidden: [
      ...Object.entries(fields).map(([name, value]) => ({ name, value })),
      ...tickedIn(formOf(exchange.req)),
    ],
    fault: fault === null ? null : (`password.${fault}` as const),
  };
  await deps.views.send(
    exchange,
    { name: 'choose', frame: scene.frame('choose.title', { ticket: secret }), facts },
    {
      status: fault === null ? 200 : 422,
      formTargets: [new URL(redirect.linkLoginOnly).origin, deps.publicOrigin],
    },
  );
}
