/**
 * An officer's password is for one login: who comes with it chooses an own one before anything else. The login
 * waits in a ticket, and what was ticked beside it comes along, so that nothing is asked twice.
 */
import { formOf, type PortalDeps, placeOf, sceneOf, sourceOf } from '../context.ts';
import type { Admitted, Exchange, Visit } from '../hand-back.ts';
import { writeRedirect } from '../redirect-params.ts';
import type { WeakBecause } from './password-rules.ts';

const TICKET_MS = 10 * 60_000;
/** Boxes of the form that the password was typed in. */
const TICKED = ['boxes', 'terms', 'data', 'minor', 'remember'] as const;

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
    document: JSON.stringify({ id: account.id }),
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
  const form = formOf(exchange.req);
  const carry = writeRedirect(redirect);
  const place = await placeOf(deps, redirect.router);
  const scene = sceneOf(exchange.req, { lang: locale, place, path: '/', carry });
  const ticked = TICKED.filter((name) => form.get(name) === '1').map(
    (name) => [name, '1'] as const,
  );
  const fields = { ...carry, lang: scene.speech.locale, ticket: secret };
  const facts = {
    hidden: [...Object.entries(fields), ...ticked].map(([name, value]) => ({ name, value })),
    fault: fault === null ? null : (`password.${fault}` as const),
  };
  await deps.views.send(
    exchange,
    { name: 'choose', frame: scene.frame('choose.title'), facts },
    {
      status: fault === null ? 200 : 422,
      formTargets: [new URL(redirect.linkLoginOnly).origin, deps.publicOrigin],
    },
  );
}
