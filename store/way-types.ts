/** Ways in that make accounts by themselves. Part of the contract: {@link ./types.ts}. */
import type { Subscriber } from './account-types.ts';
import type { OtpCharge } from './otp-types.ts';

export type ClickOutcome =
  | { readonly outcome: 'known' | 'new'; readonly subscriber: Subscriber }
  /** So many phones have come new to this village, or from this address, today that no further one may. */
  | { readonly outcome: 'full' };

/** Somebody whom a village's officer knows, and lets in. */
export interface Vouching {
  /** E.164. */
  readonly phone: string;
  readonly displayName: string;
  readonly villageCode: string;
  /** By name. */
  readonly tariff: string;
  /** Who vouches, for the audit trail. */
  readonly officer: string;
  readonly at: number;
}

export interface WayStore {
  /**
   * The account of a phone that nobody vouches for: one for each MAC of a village, so that whoever comes back
   * finds the same allowance; of new ones, `limit` a village and day.
   */
  clickCitizen(args: {
    readonly villageCode: string;
    readonly mac: string;
    readonly tariff: string;
    /** `YYYY-MM-DD` of the village. */
    readonly day: string;
    readonly limit: number;
    /** What one that comes is charged to besides; `click phone` is what spares it a second time. */
    readonly charges: readonly OtpCharge[];
    /** Its address proves which phone it is. Who only names a MAC is charged alike, known or not. */
    readonly proven: boolean;
    readonly at: number;
  }): Promise<ClickOutcome>;
  /**
   * With its audit entry. The first password is told this once, kept as a hash, and good for one login, at
   * which its holder chooses an own one. Null, and nothing is changed, when the number has an account that has
   * been used or that its holder has made: nobody else sets its password.
   */
  vouchForCitizen(
    args: Vouching,
  ): Promise<{ readonly subscriber: Subscriber; readonly firstPassword: string } | null>;
}
