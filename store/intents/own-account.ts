/** What a citizen sees and changes of the own account. */
import { StoreError } from '../errors.ts';
import type { Profile, RightsStore, UsageDay } from '../rights-types.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import { auditWrites } from './audit.ts';
import { keepChild } from './children.ts';
import { endAccess, type ProfileColumns, sealNik } from './citizens.ts';
import { dropHeld } from './consents.ts';
import { phoneKeyOf } from './phones.ts';
import { refuseReserved } from './reserved.ts';
import { tariffByName } from './tariffs.ts';

type Args<M extends keyof RightsStore> = Parameters<RightsStore[M]>[0];

interface ProfileRow extends ProfileColumns {
  id: string;
  username: string;
  origin: Profile['origin'];
  created_at: number;
  password_hash: string;
  child: number;
}

const PROFILE = `SELECT id, username, origin, created_at, password_hash, child, phone, phone_proved_at,
  display_name, nik FROM subscribers`;

export const ownAccountReads = {
  async profile(ctx: ReadContext, subscriberId: string): Promise<Profile | null> {
    const row = await ctx.sql.get<ProfileRow>(
      `${PROFILE} WHERE id = ? AND reserved = 0`,
      subscriberId,
    );
    return row === undefined ? null : toProfile(ctx, row);
  },

  async usageDays({ sql }: ReadContext, args: Args<'usageDays'>): Promise<UsageDay[]> {
    return sql.all(
      `SELECT day, octets, seconds, sessions FROM usage_days
       WHERE account_id = ? AND day >= ? ORDER BY day DESC`,
      args.accountId,
      args.from,
    );
  },
};

export const ownAccountWrites = {
  async setPassword(ctx: WriteContext, args: Args<'setPassword'>): Promise<void> {
    await refuseReserved(ctx, args.subscriberId);
    await ctx.sql.run(
      `UPDATE subscribers SET password_hash = ?, network_password = NULL, first_password = 0
       WHERE id = ?`,
      `k$${ctx.keys.credentialKey(args.password)}`,
      args.subscriberId,
    );
    const { subscriberId: accountId, at } = args;
    await endAccess(ctx, { accountId, reason: 'password changed', at });
    ctx.invalidate('subscriber', accountId);
  },

  async replaceFirstPassword(
    ctx: WriteContext,
    args: Args<'replaceFirstPassword'>,
  ): Promise<boolean> {
    const replaced = await ctx.sql.run(
      'UPDATE subscribers SET first_password = 0 WHERE id = ? AND first_password = 1',
      args.subscriberId,
    );
    if (replaced === 0) return false;
    await ownAccountWrites.setPassword(ctx, args);
    return true;
  },

  async correctProfile(ctx: WriteContext, args: Args<'correctProfile'>): Promise<void> {
    await refuseReserved(ctx, args.subscriberId);
    const { subscriberId: id, displayName, nik } = args;
    if (displayName !== undefined) {
      const sealed = displayName === null ? null : ctx.keys.seal(displayName, `name:${id}`);
      await ctx.sql.run('UPDATE subscribers SET display_name = ? WHERE id = ?', sealed, id);
    }
    if (nik !== undefined) await sealNik(ctx, id, nik);
    ctx.invalidate('subscriber', id);
  },

  async markChild(ctx: WriteContext, args: Args<'markChild'>): Promise<void> {
    await refuseReserved(ctx, args.account.id);
    const { guardianPhone, tariff } = args;
    // What it agreed to by itself is no consent any more.
    if (guardianPhone === null) await dropHeld(ctx, args.account, null);
    await keepChild(ctx, args.account, {
      guardianKey: guardianPhone === null ? null : phoneKeyOf(ctx.keys, guardianPhone),
      tariffId: tariff === null ? null : await tariffByName(ctx, tariff),
    });
  },

  async revealNik(ctx: WriteContext, args: Args<'revealNik'>): Promise<string | null> {
    const row = await ctx.sql.get<{ id: string; nik: Uint8Array | null }>(
      'SELECT id, nik FROM subscribers WHERE username = ? AND reserved = 0',
      args.username,
    );
    if (row === undefined) {
      throw new StoreError('STORE_NOT_FOUND', `there is no subscriber ${args.username}`);
    }
    await auditWrites.appendAudit(ctx, {
      at: args.at,
      actor: args.actor,
      action: 'subscriber.reveal-nik',
      subject: args.username,
      detail: args.reason,
    });
    return row.nik === null ? null : ctx.keys.open(row.nik, `nik:${row.id}`);
  },
};

function toProfile({ keys }: ReadContext, row: ProfileRow): Profile {
  const opened = (sealed: Uint8Array | null, purpose: string): string | null =>
    sealed === null ? null : keys.open(sealed, `${purpose}:${row.id}`);
  const nik = opened(row.nik, 'nik');
  return {
    username: row.username,
    origin: row.origin,
    createdAt: row.created_at,
    phone: opened(row.phone, 'phone'),
    phoneProved: row.phone_proved_at !== null,
    displayName: opened(row.display_name, 'name'),
    nikMasked: nik === null ? null : `${nik.slice(0, 6)}******${nik.slice(-4)}`,
    hasPassword: /^(?:argon2id\$|k\$)/.test(row.password_hash),
    child: row.child !== 0,
  };
}
