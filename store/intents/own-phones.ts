/** The phones of an account, as their owner sees them: without MAC addresses. */
import type { ConsentHolder } from '../consent-types.ts';
import type { Keys } from '../keys.ts';
import type { OwnPhone, RightsStore } from '../rights-types.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import { isReserved } from './reserved.ts';
import { requestEnd } from './session-end.ts';

type Args<M extends keyof RightsStore> = Parameters<RightsStore[M]>[0];

/** One row for each open session, one for each remembered phone. */
interface PhoneRow {
  mac: string;
  kind: string | null;
  label: string | null;
  started_at: number | null;
  expires_at: number | null;
}

export const ownPhoneReads = {
  async phonesOf(ctx: ReadContext, args: Args<'phonesOf'>): Promise<OwnPhone[]> {
    if (await isReserved(ctx, args.account.id)) return [];
    const rows = await rowsOf(ctx, args.account);
    const macs = [...new Set(rows.map(({ mac }) => mac))];
    return macs
      .map((mac) => phoneOf(ctx.keys, args, mac, rows))
      .filter((phone) => phone.onlineSince !== null || phone.rememberedUntil !== 0)
      .map((phone) => ({ ...phone, rememberedUntil: phone.rememberedUntil || null }));
  },
};

export const ownPhoneWrites = {
  async releasePhone(ctx: WriteContext, args: Args<'releasePhone'>): Promise<boolean> {
    const { account, handle, at } = args;
    if (await isReserved(ctx, account.id)) return false;
    const rows = await rowsOf(ctx, account);
    const mac = rows.find((row) => handleOf(ctx.keys, account, row.mac) === handle)?.mac;
    if (mac === undefined) return false;
    await ctx.sql.run('DELETE FROM devices WHERE mac = ? AND account_id = ?', mac, account.id);
    ctx.invalidate('device', mac);
    await requestEnd(ctx, {
      where: 'account_id = ? AND mac = ?',
      values: [account.id, mac],
      reason: 'released',
      at,
    });
    return true;
  },
};

async function rowsOf({ sql }: ReadContext, account: ConsentHolder): Promise<PhoneRow[]> {
  return sql.all<PhoneRow>(
    `SELECT mac, phone AS kind, NULL AS label, started_at, NULL AS expires_at FROM sessions
     WHERE account_id = ? AND state <> 'closed' AND disconnect_requested_at IS NULL
     UNION ALL
     SELECT mac, NULL, label, NULL, expires_at FROM devices WHERE account_id = ?`,
    account.id,
    account.id,
  );
}

/** `rememberedUntil` is 0 for a phone that is not remembered. */
function phoneOf(
  keys: Keys,
  { account, mac: asking, at }: Args<'phonesOf'>,
  mac: string,
  all: readonly PhoneRow[],
): OwnPhone {
  const rows = all.filter((row) => row.mac === mac);
  const session = rows.find((row) => row.started_at !== null);
  const device = rows.find((row) => row.started_at === null);
  const lasts = device !== undefined && (device.expires_at === null || device.expires_at > at);
  return {
    handle: handleOf(keys, account, mac),
    kind: session?.kind ?? null,
    label: device?.label ?? null,
    onlineSince: session?.started_at ?? null,
    rememberedUntil: lasts ? (device.expires_at ?? Number.MAX_SAFE_INTEGER) : 0,
    isThis: mac === asking,
  };
}

function handleOf(keys: Keys, account: ConsentHolder, mac: string): string {
  return keys.credentialKey(`handle:${account.id}:${mac}`).slice(0, 20);
}
