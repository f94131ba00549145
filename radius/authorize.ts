/**
 * Whether an account may go online now, and for how much. Pure: no clock, no store.
 *
 * A grant never exceeds what is left of the day or of the validity. A phone that is already online
 * with the account replaces its own session, so it never counts against the account's devices.
 */
import type { Account, AccountUsage, LoginGrant, Tariff } from '../store/types.ts';
import type { RejectCode } from './reject.ts';

export interface LoginFacts {
  readonly account: Account;
  readonly usage: AccountUsage;
  /** Code of the village where the NAS stands. */
  readonly village: string;
  /** Canonical. */
  readonly mac: string;
}

export type Decision =
  | {
      readonly kind: 'accept';
      readonly grant: LoginGrant;
      readonly devices: number;
      readonly whenFull: Tariff['whenFull'];
    }
  | { readonly kind: 'reject'; readonly code: RejectCode };

/** `now` in epoch ms; `usage` of the calendar day of `now`. */
export function authorize(facts: LoginFacts, now: number): Decision {
  const { account, usage, mac } = facts;
  const { tariff } = account;
  if (account.disabled) return reject('SW-DISABLED');

  const validUntil = validityEnd(account, now);
  const validSeconds = validUntil === null ? null : Math.floor((validUntil - now) / 1000);
  if (validSeconds !== null && validSeconds < 1) return reject('SW-EXPIRED');
  if (account.villageCode !== null && account.villageCode !== facts.village) {
    return reject('SW-VILLAGE');
  }

  const octetsLeft = left(tariff.dailyOctets, usage.dayOctets);
  if (octetsLeft !== null && octetsLeft < 1) return reject('SW-QUOTA');
  const secondsLeft = left(tariff.dailySeconds, usage.daySeconds);
  if (secondsLeft !== null && secondsLeft < 1) return reject('SW-TIME');

  const others = new Set<string>();
  for (const session of usage.open) if (session.mac !== mac) others.add(session.mac);
  if (others.size >= tariff.devices) return reject('SW-DEVICES');

  return {
    kind: 'accept',
    grant: {
      rate: rateLimit(tariff),
      sessionTimeoutSeconds: least(tariff.sessionSeconds, secondsLeft, validSeconds),
      totalLimitOctets: octetsLeft,
      validUntil,
    },
    devices: tariff.devices,
    whenFull: tariff.whenFull,
  };
}

/** Which daily limit an account has used up, across all its phones; null while it may go on. */
export function spentLimit(account: Account, usage: AccountUsage): 'quota' | 'time' | null {
  const { dailyOctets, dailySeconds } = account.tariff;
  if (dailyOctets !== null && usage.dayOctets >= dailyOctets) return 'quota';
  if (dailySeconds !== null && usage.daySeconds >= dailySeconds) return 'time';
  return null;
}

/** Validity counts from the first login, which may be this one. */
function validityEnd(account: Account, now: number): number | null {
  if (account.validUntil !== null) return account.validUntil;
  const { validitySeconds } = account.tariff;
  return validitySeconds === null ? null : (account.firstLoginAt ?? now) + validitySeconds * 1000;
}

function left(limit: number | null, used: number): number | null {
  return limit === null ? null : limit - used;
}

function least(...values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** Mikrotik-Rate-Limit. Rates are seen from the router: rx is what it receives, the subscriber's upload. */
function rateLimit({ upKbps, downKbps }: Tariff): string | null {
  if (upKbps === null && downKbps === null) return null;
  const rate = (kbps: number | null): string => (kbps === null ? '0' : `${kbps}k`);
  return `${rate(upKbps)}/${rate(downKbps)}`;
}

function reject(code: RejectCode): Decision {
  return { kind: 'reject', code };
}
