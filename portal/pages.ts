/** What each page's template is given besides the frame. Texts in it are plain; templates escape them. */
import type { ServiceLink } from '../settings/look-types.ts';
import type { Way } from '../settings/portal.ts';
import type { NikAsked } from './account/application.ts';
import type { WeakBecause } from './account/password-rules.ts';
import type { Proof } from './account/self.ts';
import type { ConsentFault } from './consent/ask.ts';
import type { Ticks } from './consent/ticks.ts';
import type { Locale } from './i18n.ts';
import type { OtpFacts } from './otp/facts.ts';
import type { RejectCode } from './reject-codes.ts';
import type { RememberBox } from './remember.ts';
import type { Verdict } from './why/diagnose.ts';

/** The login form that a fault belongs to. */
export type LoginMethod = 'voucher' | 'account';

export interface Fault {
  readonly code: RejectCode;
  readonly title: string;
  /** What to do next. */
  readonly help: string;
  /** Id of the field to mend, with the words of the link to it; null when no field is at fault. */
  readonly field: { readonly id: string; readonly link: string } | null;
}

export interface HiddenField {
  readonly name: string;
  readonly value: string;
}

export interface Gauge {
  readonly label: string;
  readonly value: string;
  readonly note: string | null;
  /** 0 to 100 of the whole; null when there is no whole. */
  readonly percent: number | null;
}

export interface Row {
  readonly label: string;
  readonly value: string;
}

/** A number to call. */
export interface CallLine {
  readonly label: string;
  readonly number: string;
  readonly url: string;
}

export interface Section {
  readonly heading: string;
  readonly text: string;
}

/** A phone of the own account. */
export interface PhoneLine {
  readonly handle: string;
  readonly name: string;
  readonly state: string;
  readonly isThis: boolean;
}

/** What came of an act on "my account" or "my data". */
export type AccountNotice =
  | 'released'
  | 'releaseGone'
  | 'topUpAdded'
  | 'topUpNothing'
  | 'topUpRefused'
  | 'passwordChanged'
  | 'numberChanged'
  | 'numberSame'
  | 'numberTaken'
  | 'numberGuardian'
  | 'numberWrong'
  | 'codeWrong'
  | 'codeOver'
  | `password.${WeakBecause}`
  | 'proofWrong'
  | 'limited'
  /** A fault of ours. */
  | 'down'
  | 'nameWrong'
  | 'corrected'
  | 'codeSent'
  | 'withdrawn'
  | 'eraseAsked'
  | 'eraseKept'
  | 'eraseLate';

export type RegisterFault =
  | 'phone'
  | 'name'
  | 'nik'
  | `password.${WeakBecause}`
  | 'voucher'
  | 'code'
  | 'over'
  | 'limited'
  | 'unavailable'
  /** RADIUS does not answer. */
  | 'down'
  | 'closed';

export interface PageFacts {
  readonly otp: OtpFacts;
  readonly login: {
    readonly fault: Fault | null;
    /** As the village offers them, the open one first. */
    readonly ways: readonly Way[];
    readonly hidden: readonly HiddenField[];
    /** What was typed as user name; passwords are never sent back. */
    readonly username: string;
    /** As it was typed, or as this phone's camera has read it; empty without. */
    readonly voucher: string;
    readonly remember: RememberBox | null;
    /** Whether a citizen may send a word instead of getting a code. */
    readonly byMessage: boolean;
    readonly oidc: { readonly label: string; readonly url: string } | null;
    /** Null when this phone has agreed to the texts in force before. */
    readonly boxes: Ticks | null;
    /** The status page of a phone that we take for online; null: it is not. */
    readonly onlineUrl: string | null;
    readonly registerUrl: string | null;
    readonly resetUrl: string | null;
  };
  readonly consent: {
    readonly hidden: readonly HiddenField[];
    readonly boxes: Ticks;
    readonly fault: ConsentFault | null;
    readonly parent: 'phone' | 'code' | 'office' | null;
    readonly remember: RememberBox | null;
    /** The login page, for who would rather come another way. */
    readonly otherUrl: string;
  };
  readonly account: {
    readonly notice: AccountNotice | null;
    readonly isGood: boolean;
    readonly hidden: readonly HiddenField[];
    readonly who: string;
    readonly phones: readonly PhoneLine[];
    readonly days: readonly Row[];
    readonly weeks: readonly Row[];
    readonly mayTopUp: boolean;
    /** As it was typed, when it was not added. */
    readonly voucher: string;
    readonly mayChangePassword: boolean;
    /** Null where the number cannot be changed. */
    readonly numberUrl: string | null;
    readonly dataUrl: string;
    readonly statusUrl: string;
  };
  /** Another phone number. */
  readonly number: {
    readonly notice: AccountNotice | null;
    readonly isGood: boolean;
    readonly hidden: readonly HiddenField[];
    readonly who: string;
    readonly step: 'ask' | 'code';
    readonly proof: Proof;
    readonly isCodeSent: boolean;
    /** As it was typed. */
    readonly phone: string;
    readonly accountUrl: string;
  };
  readonly data: {
    readonly notice: AccountNotice | null;
    readonly isGood: boolean;
    readonly hidden: readonly HiddenField[];
    readonly who: string;
    /** What the forms ask for again. */
    readonly proof: Proof;
    readonly isCodeSent: boolean;
    /** Null where there is none to correct. */
    readonly name: string | null;
    readonly profile: readonly Row[];
    readonly consents: readonly Row[];
    readonly sessions: readonly Row[];
    /** Set while the erasure is under way. */
    readonly erasure: string | null;
    readonly accountUrl: string;
  };
  readonly register: {
    readonly hidden: readonly HiddenField[];
    readonly fault: RegisterFault | null;
    readonly reset: boolean;
    /** Instead of a code. */
    readonly byVoucher: boolean;
    readonly nik: NikAsked;
    readonly phone: string;
    readonly name: string;
    readonly voucher: string;
  };
  /** An own password instead of an officer's. */
  readonly choose: {
    readonly hidden: readonly HiddenField[];
    readonly fault: `password.${WeakBecause}` | null;
  };
  readonly release: {
    readonly hidden: readonly HiddenField[];
    readonly phones: readonly PhoneLine[];
  };
  /** For an account that has nothing left. */
  readonly topup: {
    readonly hidden: readonly HiddenField[];
    /** Why nobody is let in; or what was wrong with the voucher. */
    readonly fault: Fault;
    readonly voucher: string;
    readonly otherWayUrl: string;
  };
  readonly join: {
    readonly fault: Fault | null;
    readonly loginUrl: string | null;
    /** Of a voucher that was read where no router of ours is. */
    readonly code?: string | null;
  };
  readonly status: {
    readonly gauges: readonly Gauge[];
    readonly rows: readonly Row[];
    readonly hidden: readonly HiddenField[];
    readonly remembered: { readonly isKept: boolean; readonly text: string } | null;
    readonly updatedAt: string;
    /** The link that starts or stops the page's renewing itself. */
    readonly refreshing: boolean;
    readonly refreshUrl: string;
  };
  /** After the log-out. */
  readonly bye: { readonly loginUrl: string | null };
  readonly welcome: {
    readonly gauges: readonly Gauge[];
    readonly services: readonly ServiceLink[];
    readonly emergency: readonly CallLine[];
    readonly statusUrl: string;
  };
  readonly help: {
    readonly emergency: readonly CallLine[];
    readonly complaint: CallLine | null;
    readonly services: readonly ServiceLink[];
    readonly backUrl: string;
  };
  readonly why: {
    readonly verdict: Verdict;
    readonly heading: string;
    /** What to do next. */
    readonly step: string;
    readonly checks: readonly { readonly outcome: 'good' | 'bad'; readonly text: string }[];
    readonly action: string;
    readonly actionUrl: string;
    readonly blocked: string | null;
    readonly code: string | null;
    readonly complaint: CallLine | null;
    readonly emergency: readonly CallLine[];
  };
  readonly offline: { readonly waiting: boolean; readonly actionUrl: string | null };
  readonly blocked: {
    readonly name: string | null;
    readonly reason: string;
    /** Where one can appeal, when it is not here. */
    readonly appealUrl: string | null;
    readonly mayAppeal: boolean;
    readonly sent: boolean;
    readonly locale: Locale;
    readonly reasons: readonly { readonly value: string; readonly label: string }[];
  };
  readonly document: {
    readonly heading: string;
    readonly sections: readonly Section[];
    readonly version: string;
    readonly backUrl: string;
  };
  readonly message: {
    readonly heading: string;
    readonly text: string;
    readonly homeUrl: string;
    /** Set where the fault is ours. */
    readonly code: 'SW-ERROR' | null;
  };
}

export type PageName = keyof PageFacts;

export interface LanguageLink {
  readonly locale: Locale;
  readonly name: string;
  readonly url: string;
}
