/** One-time tokens, by which a router lets a phone in. Part of the contract: {@link ./types.ts}. */
import type { Account, AccountKind } from './account-types.ts';
import type { TokenConsent } from './consent-types.ts';

export interface NewToken {
  readonly accountKind: AccountKind;
  readonly accountId: string;
  /** Of the account when its owner was proven; absent: as it is now. */
  readonly epoch?: number;
  readonly mac: string;
  readonly routerId: string;
  /** What the phone's browser says that it is, for its owner's eyes: `android`. */
  readonly phone?: string | null;
  /** Once its login has been let in, the phone returns without a page until then. */
  readonly rememberUntil?: number;
  /** Which texts its citizen has agreed to, for a phone that is remembered, now or before. */
  readonly agreed?: string;
  /** What was agreed to on the page; it counts once the login is let in. */
  readonly consent?: TokenConsent;
  readonly at: number;
  readonly ttlMs: number;
  /**
   * The ticket that the login waited in: while a token of it lives, it is told again, and no other is issued to this
   * phone for this account.
   */
  readonly ticketId?: string;
  /** For a session that reaches messengers only; the user name begins with `sw-grace-`. */
  readonly grace?: true;
}

export interface IssuedToken {
  /** Opaque, no personal data. */
  readonly username: string;
  /** Single use; the password of the hand-back. */
  readonly token: string;
}

export interface TokenFacts {
  readonly username: string;
  readonly mac: string;
  readonly routerId: string;
  readonly expiresAt: number;
  readonly account: Account;
  readonly grace: boolean;
}
