/** Under 18: a parent or guardian proves a number of theirs and so agrees, or comes to the office. */

import { toMobileE164 } from '../../settings/phone-number.ts';
import type { Ticket } from '../../store/ticket-types.ts';
import type { PortalDeps } from '../context.ts';
import type { Visit } from '../hand-back.ts';
import type { ConsentFault, Waiting } from './ask.ts';

export type GuardianStep =
  | { readonly kind: 'agreed'; readonly phone: string }
  | {
      readonly kind: 'ask';
      readonly parent: 'phone' | 'code' | 'office';
      readonly fault: ConsentFault | null;
    };

export async function guardianStep(
  deps: PortalDeps,
  step: {
    readonly visit: Visit;
    readonly ticket: Ticket;
    readonly waiting: Waiting;
    readonly form: URLSearchParams;
  },
): Promise<GuardianStep> {
  const { codes } = deps;
  const { visit, ticket, waiting, form } = step;
  if (codes === null) return { kind: 'ask', parent: 'office', fault: 'guardianOffice' };
  const typed = form.get('code');
  if (typed !== null && waiting.guardianPhone !== null) {
    const checked = await codes.check({
      ticketId: ticket.id,
      typed,
      router: visit.redirect.router,
    });
    if (checked.kind === 'right') return { kind: 'agreed', phone: checked.phone };
    return {
      kind: 'ask',
      parent: checked.kind === 'wrong' ? 'code' : 'phone',
      fault: 'guardianCode',
    };
  }
  const raw = form.get('guardian');
  if (raw === null) return { kind: 'ask', parent: 'phone', fault: null };
  const phone = toMobileE164(raw);
  if (phone === null) return { kind: 'ask', parent: 'phone', fault: 'guardianPhone' };
  if (await isOwnNumber(deps, waiting, phone)) {
    return { kind: 'ask', parent: 'phone', fault: 'guardianOwn' };
  }
  const document = JSON.stringify({ ...waiting, guardianPhone: phone } satisfies Waiting);
  await deps.store.moveTicket({ id: ticket.id, version: ticket.version, document });
  const { router, mac } = visit.redirect;
  const sent = await codes.send({
    ticketId: ticket.id,
    phone,
    locale: visit.locale,
    purpose: 'register',
    router,
    mac,
    address: ticket.address,
    linkPath: null,
  });
  if (sent.kind === 'sent') return { kind: 'ask', parent: 'code', fault: null };
  const limited = sent.kind === 'limited';
  return {
    kind: 'ask',
    parent: limited ? 'phone' : 'office',
    fault: limited ? 'limited' : 'guardianOffice',
  };
}

/** A child that agrees in its parent's place. */
async function isOwnNumber(
  { store }: PortalDeps,
  { account }: Waiting,
  phone: string,
): Promise<boolean> {
  if (account.kind === 'voucher') return false;
  return (await store.profile(account.id))?.phone === phone;
}
