/** A code to the own number, for accounts that have no password: it is asked for once, for all acts. */

import type { E164 } from '../../settings/phone-number.ts';
import type { Ticket, TicketKind } from '../../store/ticket-types.ts';
import type { PortalDeps } from '../context.ts';
import type { Admitted } from '../hand-back.ts';
import type { Locale } from '../i18n.ts';
import type { CodeRequest, CodeSender } from '../otp/code.ts';
import { claimOf, isStale } from '../proofs.ts';
import type { Self } from './self.ts';

const TICKET_MS = 10 * 60_000;

export type CodeSent =
  /** The secret of the ticket that the code belongs to. */
  | { readonly ticket: string }
  /** Not now; or no gateway took it. */
  | 'limited'
  | 'down';

interface OwnCode {
  readonly self: Admitted;
}

export async function sendOwnCode(
  deps: PortalDeps,
  { session, router, account, profile }: Self,
  locale: Locale,
): Promise<CodeSent> {
  const { codes } = deps;
  if (codes === null || router === null || profile === null || profile.phone === null)
    return 'down';
  const where = { mac: session.mac, address: session.framedIp ?? '' };
  const document = { self: claimOf(account) } satisfies OwnCode;
  const code = {
    phone: profile.phone as E164,
    locale,
    purpose: 'reset',
    router,
    ...where,
  } as const;
  return sendInTicket(deps, codes, { kind: 'own', document }, code);
}

/** The ticket is opened only for a code that goes out: who is refused keeps the one, and the code, that they have. */
export async function sendInTicket(
  { store, clock }: PortalDeps,
  codes: CodeSender,
  { kind, document }: { readonly kind: TicketKind; readonly document: object },
  code: Omit<CodeRequest, 'ticketId' | 'linkPath'>,
): Promise<CodeSent> {
  const opened: { id: string; secret: string }[] = [];
  const ticketId = async (): Promise<string> => {
    const { router, mac, address } = code;
    const ticket = await store.openTicket({
      ...{ kind, routerId: router.id, mac, address, document: JSON.stringify(document) },
      ...{ at: clock.now(), ttlMs: TICKET_MS },
    });
    opened.push(ticket);
    return ticket.id;
  };
  const sent = await codes.send({ ...code, ticketId, linkPath: null });
  const [ticket] = opened;
  if (sent.kind === 'sent' && ticket !== undefined) return { ticket: ticket.secret };
  if (ticket !== undefined) await store.closeTicket({ id: ticket.id });
  return sent.kind === 'limited' ? 'limited' : 'down';
}

/** The ticket of a code to the own number that this secret is of; null for any other. */
export async function ownCodeTicket(
  deps: PortalDeps,
  { session, account }: Self,
  secret: string | null,
): Promise<Ticket | null> {
  if (secret === null) return null;
  const at = deps.clock.now();
  const ticket = await deps.store.ticketBySecret({ secret: secret.slice(0, 64), at });
  if (ticket?.kind !== 'own' || ticket.mac !== session.mac) return null;
  const { self } = JSON.parse(ticket.document) as Partial<OwnCode>;
  return self?.id === account.id && !isStale(self, account) ? ticket : null;
}

export async function provesByCode(
  deps: PortalDeps,
  self: Self,
  answer: { readonly ticket: string; readonly typed: string },
): Promise<boolean> {
  const { router, profile } = self;
  const ticket = await ownCodeTicket(deps, self, answer.ticket);
  if (ticket === null || deps.codes === null || router === null) return false;
  const checked = await deps.codes.check({ ticketId: ticket.id, typed: answer.typed, router });
  return checked.kind === 'right' && checked.phone === profile?.phone;
}
