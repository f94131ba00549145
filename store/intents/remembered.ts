/** Phones that MAC authentication lets in, as other intents see them. */
import type { WriteContext } from '../sql.ts';
import type { Device } from '../types.ts';

/** Adds or renews. A citizen's consent never takes the place of what an operator has set up. */
export async function keepDevice(
  ctx: WriteContext,
  device: Omit<Device, 'createdAt'> & { at: number },
): Promise<void> {
  await ctx.sql.run(
    `INSERT INTO devices (mac, account_kind, account_id, label, created_at, expires_at, origin, agreed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (mac) DO UPDATE SET account_kind = excluded.account_kind,
       account_id = excluded.account_id, label = excluded.label, expires_at = excluded.expires_at,
       origin = excluded.origin, created_at = excluded.created_at, agreed = excluded.agreed
     WHERE devices.origin = 'consent' OR excluded.origin = 'operator'`,
    device.mac,
    device.accountKind,
    device.accountId,
    device.label,
    device.at,
    device.expiresAt,
    device.origin,
    device.agreed ?? null,
  );
  ctx.invalidate('device', device.mac);
}

/** A phone that is remembered for this account has agreed to the texts in force. */
export async function renewDevice(
  ctx: WriteContext,
  { mac, accountId, agreed }: { mac: string; accountId: string; agreed: string },
): Promise<void> {
  const renewed = await ctx.sql.run(
    "UPDATE devices SET agreed = ? WHERE mac = ? AND account_id = ? AND origin = 'consent'",
    agreed,
    mac,
    accountId,
  );
  if (renewed === 1) ctx.invalidate('device', mac);
}

/** All of an account that is no more. */
export async function forgetDevicesOf(ctx: WriteContext, accountId: string): Promise<void> {
  const gone = await ctx.sql.all<{ mac: string }>(
    'DELETE FROM devices WHERE account_id = ? RETURNING mac',
    accountId,
  );
  for (const { mac } of gone) ctx.invalidate('device', mac);
}
