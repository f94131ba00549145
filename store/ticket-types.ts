/** Visits of the portal that go on over several pages. Part of the contract: {@link ./types.ts}. */

/** What is going on; a phone has one ticket of a kind at a router, and a phone is its MAC and its address. */
export type TicketKind =
  | 'otp'
  | 'consent'
  | 'oidc'
  | 'voucher'
  | 'register'
  | 'reset'
  | 'rights'
  | 'number'
  /** Of a code to the own number. */
  | 'own';

/**
 * The state of a visit. Mini-browsers lose cookies, and their windows close when another app is opened, so
 * it lies here: found by its secret, or by router, MAC and address when a window is opened again. A MAC is only
 * what a request says of itself: alone it would let anybody find, replace or end the visit of another phone.
 */
export interface Ticket {
  readonly id: string;
  readonly kind: TicketKind;
  readonly routerId: string;
  readonly mac: string;
  /** Source address of the request that opened it. */
  readonly address: string;
  /** The portal's own; may hold a phone number, so it is sealed where it is kept. */
  readonly document: string;
  /** Grows with every move. */
  readonly version: number;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface TicketStore {
  /**
   * The secret is told this once. An older ticket of this kind and phone ends, and of this kind and address all
   * but the latest 64 do: so many visits wait behind a NAT, and a flood keeps no more.
   */
  openTicket(
    args: Pick<Ticket, 'kind' | 'routerId' | 'mac' | 'address' | 'document'> & {
      at: number;
      ttlMs: number;
    },
  ): Promise<{ id: string; secret: string }>;
  /** Null for a secret that is none, or when its time is over at `at`. */
  ticketBySecret(args: { secret: string; at: number }): Promise<Ticket | null>;
  ticketOfPhone(
    args: Pick<Ticket, 'kind' | 'routerId' | 'mac' | 'address'> & { at: number },
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
