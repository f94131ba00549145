/** Citizens' own accounts: found by keyed hashes, their phone numbers and names sealed. */
import { randomBytes } from 'node:crypto';
import { uuidv7 } from '../../lib/uuid.ts';
import type { CitizenStore, NewCitizen } from '../citizen-types.ts';
import type { RegisterByVoucher, RightsStore } from '../rights-types.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import { topUpOf } from '../top-up.ts';
import type { Subscriber, Voucher } from '../types.ts';
import {
  accountReads,
  accountTable,
  NO_PASSWORD,
  SUBSCRIBERS,
  type SubscriberRow,
  toSubscriber,
} from './accounts.ts';
import { auditWrites } from './audit.ts';
import { accountKeyOf, chainTaken } from './consent-chain.ts';
import { phoneKeyOf } from './phones.ts';
import { refuseReserved } from './reserved.ts';
import { requestEnd } from './session-end.ts';
import { tariffByName } from './tariffs.ts';
import { isFresh, spend } from './top-ups.ts';

type ChangePhone = Parameters<RightsStore['changePhone']>[0];
type Args<M extends keyof CitizenStore> = Parameters<CitizenStore[M]>[0];

/** Sealed, each under its own purpose and the account's id. */
export interface ProfileColumns {
  phone: Uint8Array | null;
  phone_proved_at: number | null;
  display_name: Uint8Array | null;
  nik: Uint8Array | null;
}

interface KeyRow {
  id: string;
  phone_k: string | null;
  phone_proved_at: number | null;
}

export const citizenWrites = {
  async ensureCitizen(ctx: WriteContext, args: Args<'ensureCitizen'>): Promise<Subscriber> {
    const citizenKey = ctx.keys.credentialKey(`citizen:${args.origin}:${args.key}`);
    const phoneKey = args.phone === undefined ? null : phoneKeyOf(ctx.keys, args.phone);
    const byPhone = args.phone === undefined ? undefined : await holderOf(ctx, args.phone);
    if (args.phone !== undefined && byPhone !== undefined) {
      if (byPhone.phone_proved_at === null) {
        await takeOver(ctx, byPhone.id, args.at);
        await keepPhone(ctx, byPhone.id, args.phone, args.at);
      }
      return subscriberById(ctx, byPhone.id);
    }
    const byKey = await keysOf(ctx, 'citizen_k', citizenKey);
    if (byKey !== undefined && (phoneKey === null || byKey.phone_k === null)) {
      if (args.phone !== undefined) await keepPhone(ctx, byKey.id, args.phone, args.at);
      return subscriberById(ctx, byKey.id);
    }
    // Its holder has another number today; whoever comes with the old one is somebody else.
    await ctx.sql.run('UPDATE subscribers SET citizen_k = NULL WHERE citizen_k = ?', citizenKey);
    const id = await addCitizen(ctx, args, citizenKey);
    if (args.phone !== undefined) await keepPhone(ctx, id, args.phone, args.at);
    return subscriberById(ctx, id);
  },

  async changePhone(
    ctx: WriteContext,
    args: ChangePhone,
  ): Promise<'changed' | 'taken' | 'guardian'> {
    const { subscriberId: id, phone, at } = args;
    await refuseReserved(ctx, id);
    const phoneKey = phoneKeyOf(ctx.keys, phone);
    const guarded = 'SELECT id FROM subscribers WHERE id = ? AND guardian_k = ?';
    if ((await ctx.sql.get(guarded, id, phoneKey)) !== undefined) return 'guardian';
    const other = await holderOf(ctx, phone);
    const isOthers = other !== undefined && other.id !== id;
    // One that is named by the number stays found by it, whatever else would keep it.
    if (isOthers && (other.phone_proved_at !== null || other.phone_k === null)) return 'taken';
    if (isOthers) {
      const none = 'UPDATE subscribers SET phone_k = NULL, phone = NULL WHERE id = ?';
      await ctx.sql.run(none, other.id);
      ctx.invalidate('subscriber', other.id);
    }
    await keepPhone(ctx, id, phone, at);
    const { username: subject } = await subscriberById(ctx, id);
    await auditWrites.appendAudit(ctx, {
      ...{ at, actor: 'portal', action: 'subscriber.number', subject },
      detail: 'by a code to the new number',
    });
    return 'changed';
  },

  async registerByVoucher(
    ctx: WriteContext,
    args: RegisterByVoucher,
  ): Promise<Subscriber | Voucher | null> {
    const voucher = await accountReads.voucherByCode(ctx, args.code);
    if (voucher === null || !isFresh(voucher, args.villageCode)) return null;
    const taken =
      (await keysOf(ctx, 'phone_k', phoneKeyOf(ctx.keys, args.phone))) ??
      (await accountReads.subscriberByUsername(ctx, args.phone));
    if (taken !== undefined && taken !== null) return voucher;
    const citizen = { ...args, origin: 'self', villageCode: null } as const;
    const id = await addCitizen(ctx, citizen, null);
    await keepPhone(ctx, id, args.phone, null);
    if (args.nik !== undefined) await sealNik(ctx, id, args.nik);
    await ctx.sql.run(
      'UPDATE subscribers SET password_hash = ? WHERE id = ?',
      `k$${ctx.keys.credentialKey(args.password)}`,
      id,
    );
    const account = await subscriberById(ctx, id);
    const added = topUpOf(voucher.tariff, account) ?? NOTHING;
    await spend(ctx, voucher, account, { ...added, at: args.at, day: args.day });
    return subscriberById(ctx, id);
  },
};

const NOTHING = { octets: 0, seconds: 0, validitySeconds: 0 };

/** Kept so that it can be matched and, with a reason, read; shown only masked. */
export async function sealNik(ctx: WriteContext, id: string, nik: string | null): Promise<void> {
  await ctx.sql.run(
    'UPDATE subscribers SET nik_k = ?, nik = ? WHERE id = ?',
    nik === null ? null : ctx.keys.credentialKey(`nik:${nik}`),
    nik === null ? null : ctx.keys.seal(nik, `nik:${id}`),
    id,
  );
}

async function keysOf(
  { sql }: ReadContext,
  column: 'phone_k' | 'citizen_k',
  key: string,
): Promise<KeyRow | undefined> {
  return sql.get<KeyRow>(
    `SELECT id, phone_k, phone_proved_at FROM subscribers WHERE ${column} = ?`,
    key,
  );
}

/** Whose number it is: who keeps it, or else the account that an operator has named by it. */
async function holderOf(ctx: ReadContext, phone: string): Promise<KeyRow | undefined> {
  const kept = await keysOf(ctx, 'phone_k', phoneKeyOf(ctx.keys, phone));
  if (kept !== undefined) return kept;
  return ctx.sql.get<KeyRow>(
    `SELECT id, phone_k, phone_proved_at FROM subscribers
     WHERE username = ? AND phone_k IS NULL AND reserved = 0`,
    phone,
  );
}

export async function subscriberById(ctx: ReadContext, id: string): Promise<Subscriber> {
  const row = await ctx.sql.get<SubscriberRow>(`${SUBSCRIBERS} WHERE a.id = ?`, id);
  return toSubscriber(row!);
}

async function addCitizen(
  ctx: WriteContext,
  args: Omit<NewCitizen, 'key' | 'phone'>,
  key: string | null,
): Promise<string> {
  const id = uuidv7(args.at);
  const name = args.displayName;
  await ctx.sql.run(
    `INSERT INTO subscribers (id, username, password_hash, tariff_id, village_code, created_at, origin,
       citizen_k, display_name) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    newCitizenName(),
    NO_PASSWORD,
    await tariffByName(ctx, args.tariff),
    args.villageCode,
    args.at,
    args.origin,
    key,
    name === undefined ? null : ctx.keys.seal(name, `name:${id}`),
  );
  ctx.invalidate('subscriber', id);
  return id;
}

/** `provedAt` null: somebody says so. */
async function keepPhone(
  ctx: WriteContext,
  id: string,
  phone: string,
  provedAt: number | null,
): Promise<void> {
  await ctx.sql.run(
    'UPDATE subscribers SET phone_k = ?, phone = ?, phone_proved_at = ? WHERE id = ?',
    phoneKeyOf(ctx.keys, phone),
    ctx.keys.seal(phone, `phone:${id}`),
    provedAt,
    id,
  );
  ctx.invalidate('subscriber', id);
}

/** An account that somebody made in the name of a number becomes that of the one who holds the number. */
async function takeOver(ctx: WriteContext, id: string, at: number): Promise<void> {
  await ctx.sql.run(
    `UPDATE subscribers SET password_hash = ?, network_password = NULL, first_password = 0,
       display_name = NULL, nik = NULL, nik_k = NULL, child = 0, guardian_k = NULL WHERE id = ?`,
    NO_PASSWORD,
    id,
  );
  const accountKey = accountKeyOf(ctx.keys, id);
  await chainTaken(ctx, { accountKey });
  await ctx.sql.run('DELETE FROM consents_held WHERE holder_k = ?', accountKey);
  await endAccess(ctx, { accountId: id, reason: 'phone proved', at });
  ctx.invalidate('subscriber', id);
}

/**
 * Remembered phones are forgotten, unused tokens void, and open sessions asked to end. Tickets, and tokens that
 * are issued only now for what was proven before, are of an epoch that is over.
 */
export async function endAccess(
  ctx: WriteContext,
  what: { accountId: string; reason: string; at: number },
): Promise<void> {
  const { accountId, reason, at } = what;
  for (const kind of ['subscriber', 'voucher'] as const) {
    await ctx.sql.run(`UPDATE ${accountTable(kind)} SET epoch = epoch + 1 WHERE id = ?`, accountId);
    ctx.invalidate(kind, accountId);
  }
  const devices = await ctx.sql.all<{ mac: string }>(
    'DELETE FROM devices WHERE account_id = ? RETURNING mac',
    accountId,
  );
  for (const { mac } of devices) ctx.invalidate('device', mac);
  await ctx.sql.run(
    'UPDATE tokens SET expires_at = ? WHERE account_id = ? AND session_id IS NULL',
    at,
    accountId,
  );
  await requestEnd(ctx, { where: 'account_id = ?', values: [accountId], reason, at });
}

/** Says nothing of the citizen; nobody types it. */
function newCitizenName(): string {
  return `w-${randomBytes(9).toString('base64url').toLowerCase()}`;
}
