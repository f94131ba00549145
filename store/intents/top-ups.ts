/** A voucher that is spent on a subscriber's account instead of being logged in with. */
import type { RightsStore, TopUp, TopUpResult } from '../rights-types.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import { topUpOf, validUntilAfter } from '../top-up.ts';
import type { Account, Voucher } from '../types.ts';
import { accountReads } from './accounts.ts';

type Args = Parameters<RightsStore['topUp']>[0];

interface TopUpRow {
  account_id: string;
  at: number;
  day: string;
  octets: number;
  seconds: number;
  validity_seconds: number;
}

const TOP_UPS = 'SELECT account_id, at, day, octets, seconds, validity_seconds FROM top_ups';

export async function topUpsOf({ sql }: ReadContext, accountId: string): Promise<TopUp[]> {
  const rows = await sql.all<TopUpRow>(`${TOP_UPS} WHERE account_id = ? ORDER BY at`, accountId);
  return rows.map(toTopUp);
}

export const topUpWrites = {
  async topUp(ctx: WriteContext, args: Args): Promise<TopUpResult> {
    const voucher = await accountReads.voucherByCode(ctx, args.code);
    if (voucher === null) return { outcome: 'refused' };
    const spent = await ctx.sql.get<TopUpRow>(`${TOP_UPS} WHERE voucher_id = ?`, voucher.id);
    if (spent !== undefined) {
      return spent.account_id === args.subscriberId
        ? { outcome: 'added', topUp: toTopUp(spent) }
        : { outcome: 'refused' };
    }
    if (!isFresh(voucher, args.villageCode)) return { outcome: 'refused' };
    const account = await accountReads.account(ctx, 'subscriber', args.subscriberId);
    if (account === null || account.disabled || account.reserved === true)
      return { outcome: 'refused' };
    const added = topUpOf(voucher.tariff, account);
    if (added === null) return { outcome: 'nothing' };
    const topUp = { ...added, at: args.at, day: args.day };
    await spend(ctx, voucher, account, topUp);
    return { outcome: 'added', topUp };
  },
};

/** Nobody has logged in with it, and it may be used here. */
export function isFresh(voucher: Voucher, villageCode: string): boolean {
  return (
    !voucher.disabled &&
    voucher.firstLoginAt === null &&
    (voucher.villageCode === null || voucher.villageCode === villageCode)
  );
}

/** The voucher opens nothing any more, and the account has what it was good for. */
export async function spend(
  ctx: WriteContext,
  voucher: Voucher,
  account: Account,
  topUp: TopUp,
): Promise<void> {
  const { sql } = ctx;
  await sql.run('UPDATE vouchers SET disabled = 1 WHERE id = ?', voucher.id);
  await sql.run(
    `INSERT INTO top_ups (voucher_id, account_id, at, day, octets, seconds, validity_seconds)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    voucher.id,
    account.id,
    topUp.at,
    topUp.day,
    topUp.octets,
    topUp.seconds,
    topUp.validitySeconds,
  );
  await sql.run(
    `INSERT INTO usage_days (account_kind, account_id, day, credit_octets, credit_seconds)
     VALUES ('subscriber', ?, ?, ?, ?)
     ON CONFLICT (account_id, day) DO UPDATE SET
       credit_octets = usage_days.credit_octets + excluded.credit_octets,
       credit_seconds = usage_days.credit_seconds + excluded.credit_seconds`,
    account.id,
    topUp.day,
    topUp.octets,
    topUp.seconds,
  );
  const until = validUntilAfter(account, topUp.validitySeconds, topUp.at);
  if (until !== null) {
    await sql.run(
      `UPDATE subscribers SET first_login_at = COALESCE(first_login_at, ?), valid_until = ?
       WHERE id = ?`,
      topUp.at,
      until,
      account.id,
    );
  }
  ctx.invalidate('voucher', voucher.id);
  ctx.invalidate('subscriber', account.id);
  ctx.invalidate('usage', account.id);
}

function toTopUp(row: TopUpRow): TopUp {
  return {
    at: row.at,
    day: row.day,
    octets: row.octets,
    seconds: row.seconds,
    validitySeconds: row.validity_seconds,
  };
}
