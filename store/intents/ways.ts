/** Accounts of those who click, and of those whom an officer vouches for. */
import type { ReadContext, WriteContext } from '../sql.ts';
import { newCode } from '../unmistakable.ts';
import type { ClickOutcome, Vouching, WayStore } from '../way-types.ts';
import { auditWrites } from './audit.ts';
import { citizenWrites, subscriberById } from './citizens.ts';
import { otpBudgetWrites } from './otp-budgets.ts';
import { phoneKeyOf } from './phones.ts';

const UNUSED_MS = 30 * 86_400_000;
/** 42 bits and a check character: for a name that is known, against the attempt budgets. */
const PASSWORD_LENGTH = 10;

export const wayWrites = {
  async clickCitizen(
    ctx: WriteContext,
    args: Parameters<WayStore['clickCitizen']>[0],
  ): Promise<ClickOutcome> {
    const { villageCode, mac, tariff, at } = args;
    const key = `${villageCode} ${mac}`;
    await ctx.lock(`click:${villageCode}`);
    const known = await ctx.sql.get<{ id: string }>(
      'SELECT id FROM subscribers WHERE citizen_k = ?',
      ctx.keys.credentialKey(`citizen:click:${key}`),
    );
    const isFree = known !== undefined && args.proven;
    if (!isFree && !(await mayCome(ctx, args))) return { outcome: 'full' };
    if (known !== undefined) {
      return { outcome: 'known', subscriber: await subscriberById(ctx, known.id) };
    }
    const citizen = { origin: 'click', key, tariff, villageCode, at } as const;
    return { outcome: 'new', subscriber: await citizenWrites.ensureCitizen(ctx, citizen) };
  },

  async vouchForCitizen(
    ctx: WriteContext,
    args: Vouching,
  ): ReturnType<WayStore['vouchForCitizen']> {
    const { officer, ...citizen } = args;
    const firstPassword = newCode(PASSWORD_LENGTH).toLowerCase();
    if (!(await isOurs(ctx, args.phone))) return null;
    const key = args.phone;
    const { id } = await citizenWrites.ensureCitizen(ctx, { ...citizen, origin: 'registrar', key });
    // Who stands before the choice of an own password by an older one is told to come with this.
    await ctx.sql.run(
      'UPDATE subscribers SET password_hash = ?, first_password = 1, epoch = epoch + 1 WHERE id = ?',
      `k$${ctx.keys.credentialKey(firstPassword)}`,
      id,
    );
    ctx.invalidate('subscriber', id);
    const subscriber = await subscriberById(ctx, id);
    await auditWrites.appendAudit(ctx, {
      at: args.at,
      actor: officer,
      action: 'subscriber.vouch',
      subject: subscriber.username,
      detail: `${args.villageCode} ${args.tariff}`,
    });
    return { subscriber, firstPassword };
  },
};

/**
 * Looks at no account, so that nobody learns by a MAC that they name whether it has been here. Charges first: whom
 * they refuse takes nothing of the village's day. What has come from the same source today may come again.
 */
async function mayCome(
  ctx: WriteContext,
  args: Parameters<WayStore['clickCitizen']>[0],
): Promise<boolean> {
  const charged = await otpBudgetWrites.chargeOtp(ctx, args);
  if (charged.kind === 'refused') return charged.scope === 'click phone';
  if (await countNew(ctx, args)) return true;
  await otpBudgetWrites.giveBackOtp(ctx, args);
  return false;
}

/** False when the day is full. Days that are over are of no more use. */
async function countNew(
  ctx: WriteContext,
  { villageCode, day, limit, at }: Parameters<WayStore['clickCitizen']>[0],
): Promise<boolean> {
  const { sql } = ctx;
  const over = await sql.run(
    'DELETE FROM click_days WHERE village_code = ? AND day < ?',
    villageCode,
    day,
  );
  if (over > 0) await dropUnused(ctx, villageCode, at - UNUSED_MS);
  if (limit < 1) return false;
  const counted = await sql.run(
    `INSERT INTO click_days (village_code, day, made) VALUES (?, ?, 1)
     ON CONFLICT (village_code, day) DO UPDATE SET made = click_days.made + 1
     WHERE click_days.made < ?`,
    villageCode,
    day,
    limit,
  );
  return counted === 1;
}

/**
 * Once a day and village: accounts of phones that never came back under their address. One that has sessions
 * stays as long as those are kept.
 */
async function dropUnused(ctx: WriteContext, villageCode: string, before: number): Promise<void> {
  const gone = await ctx.sql.all<{ id: string }>(
    `DELETE FROM subscribers WHERE origin = 'click' AND village_code = ? AND created_at < ?
       AND NOT EXISTS (SELECT 1 FROM sessions WHERE account_id = subscribers.id AND state <> 'closed')
       AND NOT EXISTS (SELECT 1 FROM sessions WHERE account_id = subscribers.id AND state = 'closed')
       AND NOT EXISTS (SELECT 1 FROM devices WHERE account_id = subscribers.id) RETURNING id`,
    villageCode,
    before,
  );
  for (const { id } of gone) ctx.invalidate('subscriber', id);
}

/** A number without an account, or with one that an officer has made and nobody has used yet. */
async function isOurs({ sql, keys }: ReadContext, phone: string): Promise<boolean> {
  const account = await sql.get<{ origin: string; first_login_at: number | null }>(
    'SELECT origin, first_login_at FROM subscribers WHERE phone_k = ?',
    phoneKeyOf(keys, phone),
  );
  if (account === undefined) return true;
  return account.origin === 'registrar' && account.first_login_at === null;
}
