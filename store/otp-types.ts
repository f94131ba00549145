/** Proofs that somebody holds a phone number, and what sending them costs. Part of the contract: {@link ./types.ts}. */

/** What a budget counts. Keys are phone numbers, MACs, addresses, router ids or names of gateways; hashed where they are kept. */
export type OtpScope =
  | 'phone'
  /** A number, as far as one address asks for it. */
  | 'phone from'
  | 'mac'
  | 'address'
  | 'address hour'
  | 'router'
  /** Requests, whatever came of them. */
  | 'ask address'
  | 'ask router'
  /** Codes that were typed and were wrong. */
  | 'tries'
  | 'all'
  | 'grace phone'
  | 'grace mac'
  | 'grace address'
  | 'grace router'
  | 'click phone'
  | 'click address'
  | 'click router'
  | 'cost day'
  | 'cost router'
  | 'cost outside'
  | 'cost month';

/** One budget that something is to be taken from. */
export interface OtpCharge {
  readonly scope: OtpScope;
  readonly key: string;
  /** The period is named by its end. */
  readonly endsAt: number;
  readonly amount: number;
  readonly most: number;
  /**
   * Of `most`, what is kept for those whom nothing was given to yet: taken from only when all `first` charges of the
   * same request are their first of the period.
   */
  readonly reserve?: number;
  readonly first?: boolean;
  /** Between two charges. */
  readonly gapMs: number;
}

/** What was taken of a budget in its period. */
export interface OtpSpent {
  readonly amount: number;
  readonly lastAt: number;
}

export type OtpCharged =
  | { readonly kind: 'charged' }
  | { readonly kind: 'refused'; readonly scope: OtpScope; readonly retryAt: number };

export type CodePurpose = 'login' | 'register' | 'reset';

/** How a number was proven: its code typed in, the link in the message opened, a message sent from it. */
export type CodeProof = 'code' | 'link' | 'message';

export interface CodeState {
  readonly ticketId: string;
  readonly routerId: string;
  readonly mac: string;
  /** Of its ticket: the phone that asked. */
  readonly address: string;
  readonly purpose: CodePurpose;
  /** E.164; null while a message from it is waited for. */
  readonly phone: string | null;
  readonly triesLeft: number;
  readonly expiresAt: number;
  /** Another may be sent from here on. */
  readonly resendAt: number;
  readonly provenBy: CodeProof | null;
}

export type CodeTried =
  | { readonly kind: 'right'; readonly state: CodeState }
  | { readonly kind: 'wrong'; readonly triesLeft: number }
  /** Too old, tried too often, or never sent. */
  | { readonly kind: 'over' };

export interface GracePass {
  readonly sessionId: string;
  /** Source address of its phone; null until the router has told it. */
  readonly address: string | null;
  readonly startedAt: number;
  /** Whether its end was asked for. */
  readonly ending: boolean;
}

/** Everything here belongs to a ticket that lives; with its end the proof is nobody's. */
export interface OtpStore {
  /** All charges or none. */
  chargeOtp(args: { charges: readonly OtpCharge[]; at: number }): Promise<OtpCharged>;
  /** Of what was charged and not used. */
  giveBackOtp(args: { charges: readonly OtpCharge[] }): Promise<void>;
  /** A new code of six digits and, if asked for, the secret of a link; those before are dead. Told this once. */
  issueCode(args: {
    ticketId: string;
    purpose: CodePurpose;
    phone: string;
    tries: number;
    ttlMs: number;
    resendMs: number;
    at: number;
  }): Promise<{ code: string; link: string; state: CodeState } | null>;
  /** A word that a message to the village's number must hold; the one before is dead. Null: no such ticket. */
  expectMessage(args: {
    ticketId: string;
    purpose: CodePurpose;
    ttlMs: number;
    at: number;
  }): Promise<{ word: string } | null>;
  /** A wrong code costs a try, a right one counts as often as it comes. Of two at once, each costs its own. */
  tryCode(args: { ticketId: string; code: string; at: number }): Promise<CodeTried>;
  /** Looks, spends nothing. */
  codeOfLink(args: { link: string; at: number }): Promise<CodeState | null>;
  /** Once; true for the one who spends it. */
  spendLink(args: { link: string; at: number }): Promise<boolean>;
  /** `held`: of a ticket that was told another number, or is proven by a message before. */
  proveByMessage(args: {
    word: string;
    phone: string;
    at: number;
  }): Promise<'proven' | 'held' | 'unknown'>;
  codeState(args: { ticketId: string; at: number }): Promise<CodeState | null>;
  /** The account that passes of this length and rate run on; made when there is none. */
  ensureGraceAccount(args: { seconds: number; kbps: number; at: number }): Promise<string>;
  /** The open pass of a phone. */
  graceOfPhone(args: { routerId: string; mac: string }): Promise<GracePass | null>;
}
