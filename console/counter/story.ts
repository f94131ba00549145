/** The whole story of an account for an operator: what it is, what it may, what it did. Pure. */
import type {
  BatchVoucher,
  Device,
  Profile,
  Session,
  Tariff,
  WaitingEnforcement,
} from '../../store/types.ts';
import { maskedPhone, shownName } from './subject.ts';

/** What the store knows of one account. */
export interface AccountFacts {
  readonly account: {
    readonly kind: 'voucher' | 'subscriber';
    readonly id: string;
    readonly tariff: Tariff;
    readonly villageCode: string | null;
    readonly disabled: boolean;
    readonly firstLoginAt: number | null;
    readonly validUntil: number | null;
  };
  readonly profile: Profile | null;
  readonly voucher: BatchVoucher | null;
  readonly officer: string | null;
  readonly usage: { readonly octets: number; readonly seconds: number };
  readonly devices: readonly Device[];
  readonly sessions: readonly Session[];
  readonly waiting: readonly WaitingEnforcement[];
  readonly consents: number;
}

/** A JSON document without what nobody asked for: no password, no code, no whole phone number, no NIK. */
export function storyOf(facts: AccountFacts, now: number) {
  const { account, profile, voucher, officer, usage } = facts;
  const { kind, id, tariff, villageCode, firstLoginAt, validUntil } = account;
  const phone = profile?.phone ?? null;
  return {
    kind,
    id,
    state: stateOf(account, now),
    tariff,
    villageCode,
    firstLoginAt,
    validUntil,
    subscriber:
      profile === null
        ? null
        : {
            username: shownName(profile.username),
            origin: profile.origin,
            createdAt: profile.createdAt,
            phone: phone === null ? null : maskedPhone(phone),
            phoneProved: profile.phoneProved,
            child: profile.child,
          },
    voucher:
      voucher === null
        ? null
        : { batch: voucher.batch, serial: voucher.serial, of: voucher.of, officer },
    usageToday: usage,
    devices: facts.devices.map(({ mac, label, createdAt, expiresAt }) => {
      return { mac, label, createdAt, expiresAt };
    }),
    sessions: facts.sessions.map(shownSession),
    waiting: facts.waiting.map(({ session, action, reason, attempts, error }) => {
      return { session: session.id, action, reason, attempts, error };
    }),
    consents: facts.consents,
  };
}

export type Story = ReturnType<typeof storyOf>;

/** As everything here, without a whole phone number. */
export function shownSession(session: Session): Session {
  return { ...session, username: shownName(session.username) };
}

function stateOf(
  { disabled, firstLoginAt, validUntil }: AccountFacts['account'],
  now: number,
): 'disabled' | 'expired' | 'new' | 'valid' {
  if (disabled) return 'disabled';
  if (validUntil !== null && validUntil <= now) return 'expired';
  return firstLoginAt === null ? 'new' : 'valid';
}
