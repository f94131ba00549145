/** Phones and machines that MAC authentication lets in, each bound to an account. */
import { StoreError } from '../errors.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type { AccountKind, Device } from '../types.ts';
import { accountReads } from './accounts.ts';
import { keepDevice } from './remembered.ts';
import { requestEnd } from './session-end.ts';

interface DeviceRow {
  mac: string;
  account_kind: AccountKind;
  account_id: string;
  label: string;
  created_at: number;
  expires_at: number | null;
  origin: Device['origin'];
  agreed: string | null;
}

export const deviceReads = {
  async device({ sql }: ReadContext, mac: string): Promise<Device | null> {
    const row = await sql.get<DeviceRow>('SELECT * FROM devices WHERE mac = ?', mac);
    return row === undefined ? null : toDevice(row);
  },

  async listDevices({ sql }: ReadContext, limit: number): Promise<Device[]> {
    const rows = await sql.all<DeviceRow>('SELECT * FROM devices ORDER BY mac LIMIT ?', limit);
    return rows.map(toDevice);
  },
};

export const deviceWrites = {
  async rememberDevice(
    ctx: WriteContext,
    args: Omit<Device, 'createdAt' | 'origin'> & {
      origin?: Device['origin'];
      sessionId?: string;
      at: number;
    },
  ): Promise<void> {
    const account = await accountReads.account(ctx, args.accountKind, args.accountId);
    if (account === null || account.reserved === true) {
      throw new StoreError('STORE_NOT_FOUND', `there is no ${args.accountKind} ${args.accountId}`);
    }
    // Asked for by a phone that is online, which somebody may have let go of meanwhile.
    if (args.sessionId !== undefined && !(await goesOn(ctx, args.sessionId))) return;
    await keepDevice(ctx, { ...args, origin: args.origin ?? 'operator' });
  },

  /** Unless they are to be kept, its open sessions are asked to end in the same commit. */
  async forgetDevice(
    ctx: WriteContext,
    args: { mac: string; accountId?: string; keepSessions?: boolean; at: number },
  ): Promise<boolean> {
    const device = await deviceReads.device(ctx, args.mac);
    if (device === null) return false;
    // A citizen forgets no phone but one that was remembered for that citizen's own account.
    const isForeign = device.accountId !== args.accountId || device.origin !== 'consent';
    if (args.accountId !== undefined && isForeign) return false;
    await ctx.sql.run('DELETE FROM devices WHERE mac = ?', args.mac);
    if (args.keepSessions !== true) {
      await requestEnd(ctx, {
        where: 'account_id = ? AND mac = ?',
        values: [device.accountId, args.mac],
        reason: 'forgotten',
        at: args.at,
      });
    }
    ctx.invalidate('device', args.mac);
    return true;
  },
};

async function goesOn({ sql }: ReadContext, sessionId: string): Promise<boolean> {
  const open = `SELECT id FROM sessions
    WHERE id = ? AND state <> 'closed' AND disconnect_requested_at IS NULL`;
  return (await sql.get(open, sessionId)) !== undefined;
}

function toDevice(row: DeviceRow): Device {
  return {
    mac: row.mac,
    accountKind: row.account_kind,
    accountId: row.account_id,
    label: row.label,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    origin: row.origin,
    agreed: row.agreed,
  };
}
