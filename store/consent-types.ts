/** What citizens agreed to, as a ledger that only grows. Part of the contract: {@link ./types.ts}. */
import type { AccountKind } from './types.ts';

/** A text in both languages; `hash` covers all of it (portal/consent/texts.ts), and is what is agreed to. */
export interface LegalText {
  readonly document: 'terms' | 'privacy';
  readonly version: string;
  readonly indonesian: string;
  readonly english: string;
  readonly hash: string;
}

/** The texts in force, by hash. */
export interface TextHashes {
  readonly terms: string;
  readonly privacy: string;
}

export interface ConsentHolder {
  readonly kind: AccountKind;
  readonly id: string;
}

/** Where and how somebody agreed or withdrew. */
export interface ConsentScene {
  readonly account: ConsentHolder;
  readonly mac: string;
  readonly villageCode: string;
  /** Name of the router; empty when it was not on the village's network. */
  readonly router: string;
  /** The way in, or `operator`. */
  readonly method: string;
  readonly language: 'id' | 'en';
  readonly at: number;
}

/** What was agreed to on a page, on its way with a one-time token; the texts are kept already. */
export type TokenConsent = TextHashes &
  Omit<ConsentScene, 'account' | 'mac' | 'at'> & {
    readonly guardianPhone?: string;
    /** The account becomes a child's, with this tariff when there is one. */
    readonly child?: { readonly tariff: string | null };
  };

export interface ConsentEntry {
  readonly seq: number;
  readonly at: number;
  readonly act: 'given' | 'withdrawn';
  /** `terms`: of use; `data`: processing of personal data. */
  readonly purposes: string;
  /** Hashes of the texts. */
  readonly terms: string;
  readonly privacy: string;
  readonly language: string;
  readonly villageCode: string;
  readonly router: string;
  readonly method: string;
  /** Keyed hashes: they match who is named, and name nobody. */
  readonly accountKey: string;
  readonly phoneKey: string | null;
  readonly macKey: string;
  /** Of the phone number of the parent or guardian who agreed for a child. */
  readonly guardianKey: string | null;
  readonly hash: string;
}

export interface ConsentCheck {
  readonly entries: number;
  /** Of the last entry. What was noted of it elsewhere shows whether entries were cut off at the end. */
  readonly head: string;
  /** The first entry that breaks the chain. */
  readonly brokenAt: number | null;
}

export interface ConsentStore {
  /**
   * Whether these texts were agreed to: by the account, or, for a voucher and for somebody not known yet,
   * on this phone: a voucher is nobody. Without a MAC only the account counts.
   */
  hasConsented(
    args: TextHashes & { readonly account: ConsentHolder | null; readonly mac: string | null },
  ): Promise<boolean>;
  /** So that what is agreed to can be read later. Idempotent. */
  keepTexts(args: {
    readonly terms: LegalText;
    readonly privacy: LegalText;
    readonly at: number;
  }): Promise<void>;
  /**
   * At once, for who stands at the counter; a page's travels with the token ({@link NewToken}). Keeps the
   * texts. Returns the entry's number; of the same act told twice, that of the first.
   */
  giveConsent(
    args: ConsentScene & {
      readonly terms: LegalText;
      readonly privacy: LegalText;
      readonly guardianPhone?: string;
    },
  ): Promise<number>;
  /** Whether {@link chainConsents} would find something: a read, for the many times it would not. */
  consentsWait(): Promise<boolean>;
  /** Gives what logins have proved its place in the ledger, oldest first. Returns how many were dealt with. */
  chainConsents(args: { readonly limit: number }): Promise<number>;
  /** Remembered phones are forgotten and open sessions asked to end. Null when nothing was agreed to. */
  withdrawConsent(args: ConsentScene): Promise<number | null>;
  /** How often the account has withdrawn. */
  withdrawalsSince(args: {
    readonly account: ConsentHolder;
    readonly since: number;
  }): Promise<number>;
  /** Entries after the one of that number, by act; `seq`: the last of all. */
  consentCounts(args: { readonly after: number }): Promise<{
    readonly given: number;
    readonly withdrawn: number;
    readonly seq: number;
  }>;
  /** Newest first. */
  listConsents(limit: number): Promise<ConsentEntry[]>;
  /** Oldest first; by user name, phone number in E.164 or id, also of an account that was erased since. */
  consentsOf(name: string): Promise<ConsentEntry[]>;
  verifyConsents(): Promise<ConsentCheck>;
  /** What an entry's hash stands for. */
  legalText(hash: string): Promise<LegalText | null>;
}
