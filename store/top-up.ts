/**
 * What a voucher adds to an account on which it is spent. Pure.
 *
 * Validity: what the voucher would have been valid for, on top of what the account still has. Data and
 * time: what the voucher would have given in its first period (day, week or month, the shortest that its
 * tariff limits, else a session), on the day of the top-up, and by that in the week and month that hold
 * the day. A voucher without a limit of data adds no data: nobody could say how much.
 */
import type { TopUp } from './rights-types.ts';
import type { Account, Tariff } from './types.ts';

type Added = Pick<TopUp, 'octets' | 'seconds' | 'validitySeconds'>;

/** Null when the account would have nothing of it. */
export function topUpOf(
  voucher: Tariff,
  account: Pick<Account, 'tariff' | 'firstLoginAt' | 'validUntil'>,
): Added | null {
  const { tariff } = account;
  const added: Added = {
    octets: isCounted(tariff, 'Octets') ? firstPeriod(voucher, 'Octets') : 0,
    seconds: isCounted(tariff, 'Seconds') ? firstPeriod(voucher, 'Seconds') : 0,
    validitySeconds: validityOf(account) === null ? 0 : (voucher.validitySeconds ?? 0),
  };
  return added.octets + added.seconds + added.validitySeconds === 0 ? null : added;
}

/** When the account ends, with what is added at `at`; null when it does not. One that has not begun begins now. */
export function validUntilAfter(
  account: Pick<Account, 'tariff' | 'firstLoginAt' | 'validUntil'>,
  addedSeconds: number,
  at: number,
): number | null {
  const seconds = validityOf(account);
  if (seconds === null) return null;
  const end = account.validUntil ?? (account.firstLoginAt ?? at) + seconds * 1000;
  return Math.max(end, at) + addedSeconds * 1000;
}

/** Seconds; null for an account without an end. */
function validityOf({ tariff, validUntil }: Pick<Account, 'tariff' | 'validUntil'>): number | null {
  return validUntil === null ? tariff.validitySeconds : (tariff.validitySeconds ?? 0);
}

/** Whether the account's use is counted over a period, so that a credit changes anything. */
function isCounted(tariff: Tariff, what: 'Octets' | 'Seconds'): boolean {
  return (
    tariff[`daily${what}`] !== null ||
    tariff[`weekly${what}`] !== null ||
    tariff[`monthly${what}`] !== null ||
    (what === 'Octets' && tariff.fairUse.length > 0)
  );
}

function firstPeriod(tariff: Tariff, what: 'Octets' | 'Seconds'): number {
  return (
    tariff[`daily${what}`] ??
    tariff[`weekly${what}`] ??
    tariff[`monthly${what}`] ??
    tariff[`session${what}`] ??
    0
  );
}
