/** Citizens: accounts that nobody of the staff typed in. Part of the contract: {@link ./types.ts}. */
import type { Subscriber } from './types.ts';

/** How an account came to be. */
export type CitizenOrigin = 'operator' | 'self' | 'otp' | 'click' | 'registrar' | 'oidc';

export interface NewCitizen {
  readonly origin: Exclude<CitizenOrigin, 'operator'>;
  /**
   * What makes it the same citizen next time, within the origin: a phone number, `issuer subject`, a MAC.
   * Only a keyed hash of it is kept.
   */
  readonly key: string;
  /** E.164, and the citizen holds it: a code that was sent there came back, or an officer vouches. */
  readonly phone?: string;
  readonly displayName?: string;
  /** By name. */
  readonly tariff: string;
  readonly villageCode: string | null;
  readonly at: number;
}

export interface CitizenStore {
  /**
   * The account of this phone number, else of this key, else a new one without a password. `STORE_NOT_FOUND`
   * names an unknown tariff. A disabled account stays disabled: the caller looks. Whoever proves to hold a
   * number that somebody else only claimed gets its account, and passwords, phones and sessions of before end.
   */
  ensureCitizen(args: NewCitizen): Promise<Subscriber>;
}
