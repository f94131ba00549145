/** `POST /choose`: an own password instead of an officer's; then the login goes on (choose-page.ts). */
import { formOf, type Handler, type PortalDeps, seeOther } from '../context.ts';
import type { Admitted } from '../hand-back.ts';
import { letIn } from '../let-in.ts';
import { sendMessage } from '../messages.ts';
import { asItIs, stillHolds } from '../proofs.ts';
import { isOwnRequest } from '../security.ts';
import { anew, keepAnswered, mayRepeat, ticketPage } from '../tickets.ts';
import { sendChoose } from './choose-page.ts';
import { weakness } from './password-rules.ts';

interface Choosing {
  readonly account: Admitted;
  /** Keyed hash of what was chosen. */
  readonly chosen?: string;
}

/** For a reload, or in the other language. */
export function showChoice(deps: PortalDeps): Handler {
  return ticketPage(deps, 'reset', async (exchange, { visit, ticket, secret }) => {
    const { chosen } = JSON.parse(ticket.document) as Choosing;
    if (chosen !== undefined) return seeOther(exchange.res, anew(visit));
    await sendChoose(deps, exchange, visit, { secret, fault: null });
  });
}

export function submitChoice(deps: PortalDeps): Handler {
  const submit = ticketPage(deps, 'reset', async ({ req, res }, { visit, ticket, secret }) => {
    const { account, chosen } = JSON.parse(ticket.document) as Choosing;
    if (!(await stillHolds(deps, account))) return seeOther(res, anew(visit));
    const { id } = account;
    const password = formOf(req).get('password') ?? '';
    const key = deps.store.credentialKey(`chosen ${password}`);
    if (chosen === undefined) {
      const profile = await deps.store.profile(id);
      const fault = weakness(password, profile?.phone ?? null);
      if (fault !== null) return sendChoose(deps, { req, res }, visit, { secret, fault });
      const at = deps.clock.now();
      // Of two who were told the same password, one chooses.
      if (!(await deps.store.replaceFirstPassword({ subscriberId: id, password, at }))) {
        await deps.store.closeTicket({ id: ticket.id });
        return seeOther(res, anew(visit));
      }
      // It has ended all access but this one.
      const own = await asItIs(deps, account);
      await keepAnswered(deps, ticket, { account: own, chosen: key } satisfies Choosing);
      return letIn(deps, { req, res }, visit, own, 'account');
    } else if (chosen !== key || !mayRepeat(req, ticket)) {
      return seeOther(res, anew(visit));
    }
    await letIn(deps, { req, res }, visit, account, 'account');
  });
  return async (req, res) =>
    isOwnRequest(req) ? submit(req, res) : sendMessage(deps, req, res, 403, 'message.foreign');
}
