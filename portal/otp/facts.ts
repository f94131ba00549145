/** What the page of codes is given; which of its parts is shown is the step. */
import type { Fault, HiddenField } from '../pages.ts';

export type OtpStep = 'phone' | 'code' | 'word' | 'wait' | 'link' | 'dead' | 'elsewhere';

export interface OtpFacts {
  readonly step: OtpStep;
  /** For an account or a password, not for a login. */
  readonly isRegister: boolean;
  readonly fault: Fault | null;
  readonly hidden: readonly HiddenField[];
  /** Masked, for who has the ticket; null for a window that was opened again. */
  readonly phone: string | null;
  /** `14.05 WIB`. */
  readonly until: string;
  /** Seconds until another may be sent; null: none will. */
  readonly resendIn: number | null;
  /** Of the pass that the phone has; null: none. */
  readonly graceMinutes: number | null;
  /** Whether a message to the village's number proves a number, too. */
  readonly byMessage: boolean;
  readonly word: string;
  readonly number: string;
  readonly waUrl: string;
  readonly nextUrl: string;
  readonly otherWayUrl: string | null;
}

export const NO_FACTS: Omit<OtpFacts, 'step'> = {
  isRegister: false,
  fault: null,
  hidden: [],
  phone: null,
  until: '',
  resendIn: null,
  graceMinutes: null,
  byMessage: false,
  word: '',
  number: '',
  waUrl: '',
  nextUrl: '',
  otherWayUrl: null,
};
