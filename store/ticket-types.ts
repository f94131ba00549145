/** Visits of the portal that go on over several pages. Part of the contract: {@link ./types.ts}. */

/** What is going on; a phone has one ticket of a kind at a router. */
export type TicketKind = 'otp' | 'consent' | 'oidc' | 'voucher' | 'register' | 'reset' | 'rights';

/**
 * The state of a visit. Mini-browsers lose cookies, and their windows close when another app is opened, so
 * it lies here: found by its secret, or by router and MAC when a window is opened again.
 */
export interface Ticket {
  readonly id: string;
  readonly kind: TicketKind;
  readonly routerId: string;
  readonly mac: string;
  /** The portal's own; may hold a phone number, so it is sealed where it is kept. */
  readonly document: string;
  /** Grows with every move. */
  readonly version: number;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface TicketStore {
  /** The secret is told this once. An older ticket of this kind, router and MAC ends. */
  openTicket(
    args: Pick<Ticket, 'kind' | 'routerId' | 'mac' | 'document'> & { at: number; ttlMs: number },
  ): Promise<{ id: string; secret: string }>;
  /** Null for a secret that is none, or when its time is over at `at`. */
  ticketBySecret(args: { secret: string; at: number }): Promise<Ticket | null>;
  ticketOfPhone(
    args: Pick<Ticket, 'kind' | 'routerId' | 'mac'> & { at: number },
  ): Promise<Ticket | null>;
  /** Only while it is still at `version`: of two answers to one page, one counts. */
  moveTicket(args: {
    id: string;
    version: number;
    document: string;
    expiresAt?: number;
  }): Promise<boolean>;
  /** True for the one who closes it. */
  closeTicket(args: { id: string }): Promise<boolean>;
}
