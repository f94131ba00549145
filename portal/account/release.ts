/**
 * All slots of an account are taken, and its owner stands before the login page: who has just typed the
 * right voucher or password may let go of a phone, and is let in without typing anything again.
 */
import type { Way } from '../../settings/portal.ts';
import {
  formOf,
  type Handler,
  type PortalDeps,
  placeOf,
  redirectIn,
  sceneOf,
  seeOther,
  sourceOf,
} from '../context.ts';
import type { Admitted, Exchange, Visit } from '../hand-back.ts';
import { letIn } from '../let-in.ts';
import { sendMessage } from '../messages.ts';
import { writeRedirect } from '../redirect-params.ts';
import { isOwnRequest } from '../security.ts';
import { withQuery } from '../urls.ts';
import { accountName } from './name.ts';
import { phoneLine } from './page.ts';

interface Full {
  readonly account: Admitted;
  readonly via: Way;
}

const TICKET_MS = 10 * 60_000;

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
  const phones = await deps.store.phonesOf({ account, mac, at });
  const online = phones.filter((phone) => phone.onlineSince !== null && !phone.isThis);
  if (online.length === 0) return false;
  const full: Full = { account: { kind: account.kind, id: account.id }, via: typed.method };
  const { secret } = await deps.store.openTicket({
    kind: 'rights',
    routerId: router.id,
    mac,
    address: sourceOf(exchange.req),
    document: JSON.stringify(full),
    at,
    ttlMs: TICKET_MS,
  });
  const carry = writeRedirect(visit.redirect);
  const place = await placeOf(deps, router);
  const scene = sceneOf(exchange.req, { lang: visit.locale, place, path: '/', carry });
  const { locale, t } = scene.speech;
  const wording = deps.wordingIn(locale, router.timeZone);
  const fields = { ...carry, lang: locale, ticket: secret };
  const facts = {
    hidden: Object.entries(fields).map(([name, value]) => ({ name, value })),
    phones: online.map((phone) => phoneLine(phone, t, wording)),
  };
  const frame = scene.frame('account.release.title');
  await deps.views.send(
    exchange,
    { name: 'release', frame, facts },
    {
      status: 403,
      formTargets: [new URL(visit.redirect.linkLoginOnly).origin, deps.publicOrigin],
    },
  );
  return true;
}

export function submitRelease(deps: PortalDeps): Handler {
  return async (req, res) => {
    if (!isOwnRequest(req)) return sendMessage(deps, req, res, 403, 'message.foreign');
    const form = formOf(req);
    const outcome = await redirectIn(deps, req, form);
    const locale = form.get('lang') === 'en' ? 'en' : 'id';
    if (outcome.kind !== 'complete') return seeOther(res, withQuery('/', { lang: locale }));
    const { redirect } = outcome;
    const secret = (form.get('ticket') ?? '').slice(0, 64);
    const at = deps.clock.now();
    const ticket = await deps.store.ticketBySecret({ secret, at });
    const own =
      ticket?.kind === 'rights' &&
      ticket.mac === redirect.mac &&
      ticket.routerId === redirect.router.id;
    if (!own) return seeOther(res, withQuery('/', { ...writeRedirect(redirect), lang: locale }));
    const { account, via } = JSON.parse(ticket.document) as Partial<Full>;
    const back = withQuery('/', { ...writeRedirect(redirect), lang: locale });
    // A ticket of this kind may be that of a code to the own number.
    if (account === undefined || via === undefined) return seeOther(res, back);
    const handle = (form.get('handle') ?? '').slice(0, 64);
    if (!(await deps.store.releasePhone({ account, handle, at }))) {
      return seeOther(res, back);
    }
    // One release for one proof.
    await deps.store.closeTicket({ id: ticket.id });
    await letIn(deps, { req, res }, { redirect, locale }, account, via);
  };
}
