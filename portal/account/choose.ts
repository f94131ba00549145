/** `POST /choose`: an own password instead of an officer's; then the login goes on (choose-page.ts). */
import { formOf, type Handler, type PortalDeps, redirectIn, seeOther } from '../context.ts';
import type { Visit } from '../hand-back.ts';
import { letIn } from '../let-in.ts';
import { sendMessage } from '../messages.ts';
import { writeRedirect } from '../redirect-params.ts';
import { isOwnRequest } from '../security.ts';
import { withQuery } from '../urls.ts';
import { sendChoose } from './choose-page.ts';
import { weakness } from './password-rules.ts';

export function submitChoice(deps: PortalDeps): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const outcome = await redirectIn(deps, req, form);
    const locale = form.get('lang') === 'en' ? 'en' : 'id';
    if (outcome.kind !== 'complete') return seeOther(res, withQuery('/', { lang: locale }));
    const visit: Visit = { redirect: outcome.redirect, locale };
    const { mac, router } = visit.redirect;
    const anew = withQuery('/', { ...writeRedirect(visit.redirect), lang: locale });
    const secret = (form.get('ticket') ?? '').slice(0, 64);
    const at = deps.clock.now();
    const ticket = await deps.store.ticketBySecret({ secret, at });
    const own = ticket?.kind === 'reset' && ticket.mac === mac && ticket.routerId === router.id;
    if (!own) return seeOther(res, anew);
    const { id } = JSON.parse(ticket.document) as { readonly id: string };
    const password = form.get('password') ?? '';
    const profile = await deps.store.profile(id);
    const fault = weakness(password, profile?.phone ?? null);
    if (fault !== null) return sendChoose(deps, { req, res }, visit, { secret, fault });
    // Of two who were told the same password, one chooses.
    const isFirst = await deps.store.replaceFirstPassword({ subscriberId: id, password, at });
    await deps.store.closeTicket({ id: ticket.id });
    if (!isFirst) return seeOther(res, anew);
    await letIn(deps, { req, res }, visit, { kind: 'subscriber', id }, 'account');
  };
}
