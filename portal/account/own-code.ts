/** A code to the own number, for accounts that have no password: it is asked for once, for all acts. */

import type { E164 } from '../../settings/phone-number.ts';
import type { PortalDeps } from '../context.ts';
import type { Locale } from '../i18n.ts';
import type { Self } from './self.ts';

const TICKET_MS = 10 * 60_000;

/** The ticket that the code belongs to; null when none could be sent, or not now. */
export async function sendOwnCode(
  deps: PortalDeps,
  { session, router, account, profile }: Self,
  locale: Locale,
): Promise<string | null> {
  const { codes } = deps;
  if (codes === null || router === null || profile === null || profile.phone === null) return null;
  const { id, secret } = await deps.store.openTicket({
    kind: 'rights',
    routerId: router.id,
    mac: session.mac,
    address: session.framedIp ?? '',
    document: JSON.stringify({ self: account.id }),
    at: deps.clock.now(),
    ttlMs: TICKET_MS,
  });
  const sent = await codes.send({
    ticketId: id,
    phone: profile.phone as E164,
    locale,
    purpose: 'reset',
    router,
    mac: session.mac,
    address: session.framedIp ?? '',
    linkPath: null,
  });
  if (sent.kind === 'sent') return secret;
  await deps.store.closeTicket({ id });
  return null;
}

export async function provesByCode(
  deps: PortalDeps,
  { session, router, account, profile }: Self,
  answer: { readonly ticket: string; readonly typed: string },
): Promise<boolean> {
  const at = deps.clock.now();
  const ticket = await deps.store.ticketBySecret({ secret: answer.ticket.slice(0, 64), at });
  if (ticket === null || deps.codes === null || router === null) return false;
  const document = JSON.parse(ticket.document) as { readonly self?: string };
  const own =
    ticket.kind === 'rights' && document.self === account.id && ticket.mac === session.mac;
  if (!own) return false;
  const checked = await deps.codes.check({ ticketId: ticket.id, typed: answer.typed, router });
  return checked.kind === 'right' && checked.phone === profile?.phone;
}
