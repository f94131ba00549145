/**
 * Codes that prove who holds a phone number: what every page that asks for one builds on.
 *
 * A code belongs to a ticket (store/ticket-types.ts): it has 6 digits, 5 minutes and 5 tries, and only
 * its keyed hash is kept. Nothing here tells whether a number is known.
 */

import type { E164 } from '../../settings/phone-number.ts';
import type { Router } from '../../store/types.ts';
import type { Locale } from '../i18n.ts';

/** What the number is proven for. Each has its own tickets; their budgets are shared. */
export type CodePurpose = 'login' | 'register' | 'reset';

export interface CodeRequest {
  /**
   * A live ticket, or what opens one once the budgets admit the code: it is bound to it, and a code that it had
   * before is dead.
   */
  readonly ticketId: string | (() => Promise<string>);
  readonly phone: E164;
  readonly locale: Locale;
  readonly purpose: CodePurpose;
  readonly router: Router;
  readonly mac: string;
  /** Source address of the phone that asks. */
  readonly address: string;
  /** Path of the page that finishes in another browser, to which a secret is added; null: no link. */
  readonly linkPath: string | null;
}

/** What the page "enter the code" shows. */
export interface CodeStanding {
  readonly phone: E164;
  readonly purpose: CodePurpose;
  readonly triesLeft: number;
  readonly expiresAt: number;
  /** Another may be sent from here on. */
  readonly resendAt: number;
  /** By a code, the link, or a message from the number. */
  readonly proven: boolean;
}

export type SendOutcome =
  /** On its way, or under way: gateways do not tell whether a message arrived. */
  | { readonly kind: 'sent'; readonly standing: CodeStanding }
  /** A budget is used up until then. */
  | { readonly kind: 'limited'; readonly retryAt: number }
  /** No gateway took it, or none is configured. */
  | { readonly kind: 'unavailable' };

export type CheckOutcome =
  /** True once proven: the same code again is right until the ticket ends. */
  | { readonly kind: 'right'; readonly phone: E164 }
  | { readonly kind: 'wrong'; readonly triesLeft: number }
  /** Too old, tried too often, or never sent: another must be asked for. */
  | { readonly kind: 'over' }
  /** So many wrong codes came from this address today. */
  | { readonly kind: 'limited'; readonly retryAt: number };

export interface CodeSender {
  send(request: CodeRequest): Promise<SendOutcome>;
  /** `typed` as it came from the form; a text that is no code costs no try. */
  check(args: {
    readonly ticketId: string;
    readonly typed: string;
    readonly router: Router;
  }): Promise<CheckOutcome>;
  standing(ticketId: string): Promise<CodeStanding | null>;
}

const CODE = /^\d{6}$/;

/** Six digits however they were typed; null when they are none. */
export function readCode(typed: string): string | null {
  if (typed.length > 32) return null;
  const digits = typed.normalize('NFKC').replace(/[\s.\p{Pd}\p{Cf}]/gu, '');
  return CODE.test(digits) ? digits : null;
}
