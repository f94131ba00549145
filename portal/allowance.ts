/**
 * What an account may still use, for the status page and the RFC 8908 answer.
 *
 * Several limits bind at once: what the router was told (this session), the tariff's day, week and
 * month, a step of fair use that blocks, and the validity. The smallest remainder counts. Octets are known to the last accounting packet;
 * seconds also run on since then.
 */
import type { Account, AccountUsage, Session, Tariff } from '../store/types.ts';

export type LimitedBy = 'day' | 'week' | 'month' | 'session' | 'validity';

export interface Remainder {
  /** Never negative. */
  readonly left: number;
  /** The whole of it; null where a share of the whole would say nothing. */
  readonly of: number | null;
  readonly by: LimitedBy;
}

export interface Allowance {
  /** Null: unlimited. */
  readonly seconds: Remainder | null;
  readonly octets: Remainder | null;
}

type SessionFacts = Pick<
  Session,
  | 'startedAt'
  | 'seconds'
  | 'inputOctets'
  | 'outputOctets'
  | 'sessionTimeoutSeconds'
  | 'totalLimitOctets'
>;
type AccountFacts = Pick<Account, 'tariff' | 'validUntil'>;
type UsageFacts = Omit<AccountUsage, 'open'>;

/** `account` is null for a session whose account is gone; then only the session's own limits are known. */
export function allowance(
  session: SessionFacts,
  account: { facts: AccountFacts; usage: UsageFacts } | null,
  nowMs: number,
): Allowance {
  const elapsed = Math.max(session.seconds, Math.floor((nowMs - session.startedAt) / 1000));
  const uncounted = elapsed - session.seconds;
  const usedOctets = session.inputOctets + session.outputOctets;
  const validUntil = account?.facts.validUntil ?? null;
  return {
    seconds: smallest([
      ...(account === null ? [] : secondsOf(account.facts.tariff, account.usage, uncounted)),
      remainder('session', session.sessionTimeoutSeconds, elapsed),
      validUntil === null
        ? null
        : { left: atLeastZero((validUntil - nowMs) / 1000), of: null, by: 'validity' },
    ]),
    octets: smallest([
      ...(account === null ? [] : octetsOf(account.facts.tariff, account.usage)),
      remainder('session', session.totalLimitOctets, usedOctets),
    ]),
  };
}

function secondsOf(tariff: Tariff, usage: UsageFacts, more: number): (Remainder | null)[] {
  return [
    remainder('day', tariff.dailySeconds, usage.daySeconds + more),
    remainder('week', tariff.weeklySeconds, usage.weekSeconds + more),
    remainder('month', tariff.monthlySeconds, usage.monthSeconds + more),
  ];
}

function octetsOf(tariff: Tariff, usage: UsageFacts): (Remainder | null)[] {
  return [
    remainder('day', tariff.dailyOctets, usage.dayOctets),
    remainder('week', tariff.weeklyOctets, usage.weekOctets),
    remainder('month', tariff.monthlyOctets, usage.monthOctets),
    ...tariff.fairUse
      .filter(({ rate }) => rate === 'block')
      .map(({ period, afterOctets }) => remainder(period, afterOctets, usage[`${period}Octets`])),
  ];
}

function remainder(by: LimitedBy, of: number | null, used: number): Remainder | null {
  return of === null ? null : { left: atLeastZero(of - used), of, by };
}

/** The first of equals: a session limit that was cut to the day's rest is better called the day's. */
function smallest(remainders: readonly (Remainder | null)[]): Remainder | null {
  return remainders
    .filter((one) => one !== null)
    .reduce<Remainder | null>(
      (best, one) => (best === null || one.left < best.left ? one : best),
      null,
    );
}

function atLeastZero(value: number): number {
  return Math.max(0, Math.floor(value));
}
