/** Who may log in. Part of the contract: {@link ./types.ts}. */
import type { CitizenOrigin } from './citizen-types.ts';
import type { Tariff } from './types.ts';

export type AccountKind = 'voucher' | 'subscriber';

/** Who may log in: a printed voucher or a subscriber, with the tariff that limits it. */
export interface Account {
  readonly kind: AccountKind;
  readonly id: string;
  readonly tariff: Tariff;
  /** Only here, when set. */
  readonly villageCode: string | null;
  readonly disabled: boolean;
  readonly firstLoginAt: number | null;
  /** Null until the first login, or when the tariff has no validity. */
  readonly validUntil: number | null;
  /** A parent or guardian answers for it. */
  readonly child?: true;
  /** Grows whenever all access to it is ended: what was proven before opens nothing after. Absent: 0. */
  readonly epoch?: number;
  /** One that grace passes run on: nobody's own, and entered by a grace token alone. */
  readonly reserved?: true;
  /** Its password is an officer's, for one login: on the page, where an own one is chosen. */
  readonly firstPassword?: true;
}

export interface Subscriber extends Account {
  readonly kind: 'subscriber';
  readonly username: string;
  readonly origin: CitizenOrigin;
  /** `argon2id$<salt>$<hash>` over {@link Store.credentialKey}, or `k$<hex>` until a job hardens it. */
  readonly passwordHash: string;
}

export interface NewSubscriber {
  readonly username: string;
  readonly password: string;
  readonly tariff: string;
  readonly villageCode: string | null;
  /** Keep a sealed copy of the password, which CHAP and MS-CHAPv2 need; false by default. */
  readonly networkPassword?: boolean;
}

export interface Voucher extends Account {
  readonly kind: 'voucher';
  readonly batch: string;
  readonly createdAt: number;
  /** When it was spent on an account, which ends it. */
  readonly spentAt?: number | null;
}
