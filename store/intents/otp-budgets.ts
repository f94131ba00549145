/** What sending codes has cost, and the small passes that let them arrive. Keys are hashed: nobody is named. */
import { uuidv7 } from '../../lib/uuid.ts';
import { judgeCharges } from '../otp-budget.ts';
import type { GracePass, OtpCharge, OtpCharged, OtpSpent, OtpStore } from '../otp-types.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import { NO_PASSWORD } from './accounts.ts';
import { tariffWrites } from './tariffs.ts';

type Args<M extends keyof OtpStore> = Parameters<OtpStore[M]>[0];

/** Any number of phones: how many passes there may be is a matter of budgets. */
const PHONES = 1_000_000;

/** By an index of its own, whose condition this repeats. */
export const GRACE_SESSION = `SELECT id, framed_ip, started_at, disconnect_requested_at AS asked FROM sessions
  WHERE router_id = ? AND mac = ? AND state <> 'closed'
    AND username >= 'sw-grace-' AND username < 'sw-grace.'
  ORDER BY started_at DESC LIMIT 1`;

export const otpBudgetReads = {
  async graceOfPhone({ sql }: ReadContext, args: Args<'graceOfPhone'>): Promise<GracePass | null> {
    const row = await sql.get<{
      id: string;
      framed_ip: string | null;
      started_at: number;
      asked: number | null;
    }>(GRACE_SESSION, args.routerId, args.mac);
    if (row === undefined) return null;
    return {
      sessionId: row.id,
      address: row.framed_ip,
      startedAt: row.started_at,
      ending: row.asked !== null,
    };
  },
};

export const otpBudgetWrites = {
  async chargeOtp(ctx: WriteContext, { charges, at }: Args<'chargeOtp'>): Promise<OtpCharged> {
    // Two charges of one budget at once, at two nodes, must see each other. In order, so that none waits for the other.
    for (const key of [...new Set(charges.map((one) => lockOf(ctx, one)))].toSorted()) {
      await ctx.lock(key);
    }
    const spent = new Map<OtpCharge, OtpSpent>();
    for (const charge of charges) {
      const row = await ctx.sql.get<{ amount: number; last_at: number }>(
        'SELECT amount, last_at FROM otp_budgets WHERE scope = ? AND k = ? AND ends_at = ?',
        charge.scope,
        keyOf(ctx, charge),
        charge.endsAt,
      );
      if (row !== undefined) spent.set(charge, { amount: row.amount, lastAt: row.last_at });
    }
    const answer = judgeCharges(charges, (charge) => spent.get(charge), at);
    if (answer.kind === 'refused') return answer;
    for (const charge of charges) {
      await ctx.sql.run(
        `INSERT INTO otp_budgets (scope, k, ends_at, amount, last_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (scope, k, ends_at) DO UPDATE SET
           amount = otp_budgets.amount + excluded.amount, last_at = excluded.last_at`,
        charge.scope,
        keyOf(ctx, charge),
        charge.endsAt,
        charge.amount,
        at,
      );
    }
    return answer;
  },

  /** The gap stays: somebody whom no gateway serves shall not try without end. */
  async giveBackOtp(ctx: WriteContext, { charges }: Args<'giveBackOtp'>): Promise<void> {
    for (const charge of charges) {
      await ctx.sql.run(
        `UPDATE otp_budgets SET amount = CASE WHEN amount > ? THEN amount - ? ELSE 0 END
         WHERE scope = ? AND k = ? AND ends_at = ?`,
        charge.amount,
        charge.amount,
        charge.scope,
        keyOf(ctx, charge),
        charge.endsAt,
      );
    }
  },

  async ensureGraceAccount(
    ctx: WriteContext,
    { seconds, kbps, at }: Args<'ensureGraceAccount'>,
  ): Promise<string> {
    const name = `sw-grace-${seconds}s-${kbps}k`;
    const known = 'SELECT id FROM subscribers WHERE username = ? AND reserved = 1';
    const before = await ctx.sql.get<{ id: string }>(known, name);
    if (before !== undefined) return before.id;
    await ctx.lock(`grace:${name}`);
    const meanwhile = await ctx.sql.get<{ id: string }>(known, name);
    if (meanwhile !== undefined) return meanwhile.id;
    const taken = await ctx.sql.get<{ id: string }>('SELECT id FROM tariffs WHERE name = ?', name);
    const limits = { downKbps: kbps, upKbps: kbps, sessionSeconds: seconds, devices: PHONES };
    const tariffId =
      taken?.id ?? (await tariffWrites.createTariff(ctx, { name, ...limits, at })).id;
    const id = uuidv7(at);
    await ctx.sql.run(
      `INSERT INTO subscribers (id, username, password_hash, tariff_id, created_at, reserved)
       VALUES (?, ?, ?, ?, ?, 1)`,
      id,
      name,
      NO_PASSWORD,
      tariffId,
      at,
    );
    ctx.invalidate('subscriber', id);
    return id;
  },
};

function keyOf({ keys }: ReadContext, { scope, key }: OtpCharge): string {
  return keys.credentialKey(`otp budget:${scope}:${key}`);
}

function lockOf(ctx: ReadContext, charge: OtpCharge): string {
  return `otp:${charge.scope}:${keyOf(ctx, charge)}`;
}
