/** What citizens see and change of their own account, and its end. Part of the contract: {@link ./types.ts}. */
import type { ConsentEntry, ConsentHolder } from './consent-types.ts';
import type { Session, Subscriber, Voucher } from './types.ts';

/** Personal data of a subscriber, opened: for its owner, or for an operator whose look is audited. */
export interface Profile {
  readonly username: string;
  readonly origin: Subscriber['origin'];
  readonly createdAt: number;
  /** E.164. */
  readonly phone: string | null;
  readonly phoneProved: boolean;
  readonly displayName: string | null;
  /** `160601******0003`. */
  readonly nikMasked: string | null;
  readonly hasPassword: boolean;
  readonly child: boolean;
}

/** A phone that is online with an account, or may come back without a page. */
export interface OwnPhone {
  /** Names it in a form; says nothing of its MAC. */
  readonly handle: string;
  /** `android`, `ios`, …, as its browser said at the login; null when it did not. */
  readonly kind: string | null;
  /** What an operator called a fixed device. */
  readonly label: string | null;
  readonly onlineSince: number | null;
  readonly rememberedUntil: number | null;
  readonly isThis: boolean;
}

export interface UsageDay {
  /** `2026-11-24` */
  readonly day: string;
  readonly octets: number;
  readonly seconds: number;
  readonly sessions: number;
}

export interface TopUp {
  readonly at: number;
  /** Whose allowance it raises, and by that of the week and month that hold it. */
  readonly day: string;
  readonly octets: number;
  readonly seconds: number;
  readonly validitySeconds: number;
}

export type TopUpResult =
  /** The same voucher for the same account again is answered as the first time. */
  | { readonly outcome: 'added'; readonly topUp: TopUp }
  /** Unknown, spent, used, expired, disabled, or of another village: not told apart. */
  | { readonly outcome: 'refused' }
  /** It would add nothing to this account; it is as good as before. */
  | { readonly outcome: 'nothing' };

export interface RightsRequest {
  readonly id: string;
  readonly kind: 'erase' | 'withdraw' | 'export' | 'correct';
  readonly accountKind: ConsentHolder['kind'];
  /** Null once the account is erased. */
  readonly accountId: string | null;
  readonly via: string;
  readonly requestedAt: number;
  /** Until then it can be taken back. */
  readonly beginsAt: number;
  readonly dueAt: number;
  readonly doneAt: number | null;
  readonly cancelledAt: number | null;
}

export interface RightsStanding {
  readonly open: number;
  readonly overdue: number;
  readonly erased: number;
}

/** All that is kept of an account, for the one it is about. */
export interface OwnData {
  readonly profile: Profile | null;
  readonly days: readonly UsageDay[];
  readonly sessions: readonly Session[];
  readonly topUps: readonly TopUp[];
  readonly consents: readonly ConsentEntry[];
  readonly requests: readonly RightsRequest[];
}

export interface RegisterByVoucher {
  readonly code: string;
  /** E.164; nobody has proved yet to hold it. */
  readonly phone: string;
  readonly password: string;
  readonly displayName?: string;
  readonly nik?: string;
  readonly tariff: string;
  readonly villageCode: string;
  readonly day: string;
  readonly at: number;
}

export interface RightsStore {
  profile(subscriberId: string): Promise<Profile | null>;
  /** `mac` is the phone that asks. */
  phonesOf(args: {
    readonly account: ConsentHolder;
    readonly mac: string | null;
    readonly at: number;
  }): Promise<OwnPhone[]>;
  /** Ends its session and forgets it. False when the account has no such phone. */
  releasePhone(args: {
    readonly account: ConsentHolder;
    readonly handle: string;
    readonly at: number;
  }): Promise<boolean>;
  /** Newest first. */
  usageDays(args: { readonly accountId: string; readonly from: string }): Promise<UsageDay[]>;
  ownData(account: ConsentHolder): Promise<OwnData>;
  /** Every phone is logged out and forgotten. The job hardens it (docs/adr/0011). */
  setPassword(args: {
    readonly subscriberId: string;
    readonly password: string;
    readonly at: number;
  }): Promise<void>;
  /** The same for one that an officer gave; false when somebody has chosen an own one meanwhile. */
  replaceFirstPassword(args: {
    readonly subscriberId: string;
    readonly password: string;
    readonly at: number;
  }): Promise<boolean>;
  /**
   * The citizen holds it: a code that was sent there came back. Phones and sessions stay, and there is an audit
   * entry in the same commit. `taken`: somebody else has proved to hold it; an account that only claimed it
   * loses it. `guardian`: it is that of the parent who answers for this account, which is nobody's own.
   */
  changePhone(args: {
    readonly subscriberId: string;
    readonly phone: string;
    readonly at: number;
  }): Promise<'changed' | 'taken' | 'guardian'>;
  correctProfile(args: {
    readonly subscriberId: string;
    readonly displayName?: string | null;
    readonly nik?: string | null;
    readonly at: number;
  }): Promise<void>;
  /**
   * An account is a child's; its tariff becomes that of children, when there is one. Null: nobody answers for
   * it yet, and what it has agreed to by itself does not count any more.
   */
  markChild(args: {
    readonly account: ConsentHolder;
    readonly guardianPhone: string | null;
    readonly tariff: string | null;
    readonly at: number;
  }): Promise<void>;
  /** Audited in the same commit. Null without a NIK. `STORE_NOT_FOUND` for an unknown name. */
  revealNik(args: {
    readonly username: string;
    readonly actor: string;
    readonly reason: string;
    readonly at: number;
  }): Promise<string | null>;
  /**
   * The voucher is spent on the account that it makes. When the number has an account already it is the voucher
   * itself, as it was, to go online with: who only claims a number learns nothing of it, and not for nothing.
   * Null for a voucher that is none or was used.
   */
  registerByVoucher(args: RegisterByVoucher): Promise<Subscriber | Voucher | null>;
  /** Spends the voucher: see docs/operations.md for what it adds. */
  topUp(args: {
    readonly subscriberId: string;
    readonly code: string;
    readonly villageCode: string;
    readonly day: string;
    readonly at: number;
  }): Promise<TopUpResult>;
  /** One that is under way is returned as it is. */
  requestErasure(args: {
    readonly account: ConsentHolder;
    readonly via: string;
    readonly graceMs: number;
    readonly at: number;
  }): Promise<RightsRequest>;
  /** Until its work begins. */
  cancelErasure(args: { readonly account: ConsentHolder; readonly at: number }): Promise<boolean>;
  erasureOf(account: ConsentHolder): Promise<RightsRequest | null>;
  /** Something that was done at once, at the counter. */
  recordRight(args: {
    readonly kind: Exclude<RightsRequest['kind'], 'erase'>;
    readonly account: ConsentHolder;
    readonly via: string;
    readonly at: number;
  }): Promise<void>;
  /** How many wait, and how many of them for too long; and how many accounts were erased so far. */
  rightsStanding(args: { readonly at: number }): Promise<RightsStanding>;
  /** Open ones by deadline, then those that are done, newest first. */
  listRights(limit: number): Promise<RightsRequest[]>;
  /** What may begin at `at`. */
  dueErasures(args: { readonly at: number; readonly limit: number }): Promise<RightsRequest[]>;
  /**
   * `waiting`: its phones are asked to log out first; near the deadline that is not waited for. `done`
   * erases the account; what the law on connection logs asks for stays, without name, number or MAC.
   */
  eraseAccount(args: {
    readonly requestId: string;
    readonly at: number;
  }): Promise<'done' | 'waiting' | 'none'>;
}
