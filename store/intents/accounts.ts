/** Tariffs, vouchers, subscribers and what they have used. */
import { uuidv7 } from '../../lib/uuid.ts';
import { StoreError } from '../errors.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type {
  Account,
  AccountKind,
  AccountUsage,
  ImportCount,
  NewSubscriber,
  NewTariff,
  Subscriber,
  Tariff,
  Voucher,
} from '../types.ts';
import { newVoucherCode, normalizeVoucherCode } from '../voucher-code.ts';
import { requestEnd } from './session-end.ts';

interface TariffColumns {
  tariff_id: string;
  tariff_name: string;
  down_kbps: number | null;
  up_kbps: number | null;
  session_seconds: number | null;
  daily_seconds: number | null;
  daily_octets: number | null;
  validity_seconds: number | null;
  devices: number;
}

interface AccountRow extends TariffColumns {
  id: string;
  village_code: string | null;
  disabled: number;
  first_login_at: number | null;
  valid_until: number | null;
}

interface VoucherRow extends AccountRow {
  batch: string;
  created_at: number;
}

interface SubscriberRow extends AccountRow {
  username: string;
  password_hash: string;
}

const TARIFF = `t.id AS tariff_id, t.name AS tariff_name, t.down_kbps, t.up_kbps, t.session_seconds,
  t.daily_seconds, t.daily_octets, t.validity_seconds, t.devices`;
const ACCOUNT = 'a.id, a.village_code, a.disabled, a.first_login_at, a.valid_until';
const VOUCHERS = `SELECT ${ACCOUNT}, a.batch, a.created_at, ${TARIFF}
  FROM vouchers a JOIN tariffs t ON t.id = a.tariff_id`;
const SUBSCRIBERS = `SELECT ${ACCOUNT}, a.username, a.password_hash, ${TARIFF}
  FROM subscribers a JOIN tariffs t ON t.id = a.tariff_id`;

/** First row: the day's totals. Then one row for each open session, its start in `octets`. */
interface UsageRow {
  readonly id: string | null;
  readonly mac: string | null;
  readonly router_id: string | null;
  readonly octets: number;
  readonly seconds: number;
}

const USAGE = `SELECT NULL AS id, NULL AS mac, NULL AS router_id, COALESCE(SUM(octets), 0) AS octets,
    COALESCE(SUM(seconds), 0) AS seconds FROM usage_days WHERE account_id = ? AND day = ?
  UNION ALL
  SELECT id, mac, router_id, started_at, 0 FROM sessions WHERE account_id = ? AND state <> 'closed'`;

export const accountReads = {
  async listTariffs({ sql }: ReadContext): Promise<Tariff[]> {
    return (await sql.all<TariffColumns>(`SELECT ${TARIFF} FROM tariffs t ORDER BY t.name`)).map(
      toTariff,
    );
  },

  async listVouchers(
    { sql }: ReadContext,
    args: { batch?: string; limit: number },
  ): Promise<Voucher[]> {
    const rows =
      args.batch === undefined
        ? await sql.all<VoucherRow>(`${VOUCHERS} ORDER BY a.id DESC LIMIT ?`, args.limit)
        : await sql.all<VoucherRow>(
            `${VOUCHERS} WHERE a.batch = ? ORDER BY a.id DESC LIMIT ?`,
            args.batch,
            args.limit,
          );
    return rows.map(toVoucher);
  },

  async voucherByCode({ sql, keys }: ReadContext, code: string): Promise<Voucher | null> {
    const normalized = normalizeVoucherCode(code);
    if (normalized === null) return null;
    const row = await sql.get<VoucherRow>(
      `${VOUCHERS} WHERE a.k = ?`,
      keys.credentialKey(`voucher:${normalized}`),
    );
    return row === undefined ? null : toVoucher(row);
  },

  async voucherCode({ sql, keys }: ReadContext, id: string): Promise<string | null> {
    const row = await sql.get<{ code: Uint8Array }>('SELECT code FROM vouchers WHERE id = ?', id);
    return row === undefined ? null : keys.open(row.code, `voucher:${id}`);
  },

  async subscriberByUsername({ sql }: ReadContext, username: string): Promise<Subscriber | null> {
    const row = await sql.get<SubscriberRow>(`${SUBSCRIBERS} WHERE a.username = ?`, username);
    return row === undefined ? null : toSubscriber(row);
  },

  async unhardenedSubscribers(
    { sql }: ReadContext,
    limit: number,
  ): Promise<{ id: string; passwordHash: string }[]> {
    return sql.all(
      `SELECT id, password_hash AS "passwordHash" FROM subscribers
       WHERE password_hash LIKE 'k$%' LIMIT ?`,
      limit,
    );
  },

  async account({ sql }: ReadContext, kind: AccountKind, id: string): Promise<Account | null> {
    const row = await sql.get<AccountRow>(
      `${kind === 'voucher' ? VOUCHERS : SUBSCRIBERS} WHERE a.id = ?`,
      id,
    );
    return row === undefined ? null : toAccount(kind, row);
  },

  async usage(
    { sql }: ReadContext,
    _kind: AccountKind,
    id: string,
    day: string,
  ): Promise<AccountUsage> {
    // One statement: this is on the path of every login.
    const rows = await sql.all<UsageRow>(USAGE, id, day, id);
    const [used, ...open] = rows;
    return {
      dayOctets: used!.octets,
      daySeconds: used!.seconds,
      open: open.map((row) => ({
        id: row.id!,
        mac: row.mac!,
        routerId: row.router_id!,
        startedAt: row.octets,
      })),
    };
  },
};

export const accountWrites = {
  async createTariff(ctx: WriteContext, args: NewTariff): Promise<Tariff> {
    const taken = await ctx.sql.get('SELECT id FROM tariffs WHERE name = ?', args.name);
    if (taken !== undefined) {
      throw new StoreError('STORE_CONFLICT', `there is already a tariff ${args.name}`);
    }
    const { at, ...limits } = args;
    const tariff = { id: uuidv7(at), ...limits };
    await ctx.sql.run(
      `INSERT INTO tariffs (id, name, down_kbps, up_kbps, session_seconds, daily_seconds, daily_octets,
         validity_seconds, devices, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      tariff.id,
      tariff.name,
      tariff.downKbps,
      tariff.upKbps,
      tariff.sessionSeconds,
      tariff.dailySeconds,
      tariff.dailyOctets,
      tariff.validitySeconds,
      tariff.devices,
      at,
    );
    ctx.invalidate('tariff', tariff.id);
    return tariff;
  },

  async createVouchers(
    ctx: WriteContext,
    args: {
      tariff: string;
      count: number;
      villageCode: string | null;
      batch: string;
      at: number;
    },
  ): Promise<{ id: string; code: string }[]> {
    const tariffId = await tariffByName(ctx, args.tariff);
    const made: { id: string; code: string }[] = [];
    while (made.length < args.count) {
      const code = newVoucherCode();
      const id = uuidv7(args.at);
      const added = await ctx.sql.run(
        `INSERT INTO vouchers (id, k, code, tariff_id, village_code, batch, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (k) DO NOTHING`,
        id,
        ctx.keys.credentialKey(`voucher:${normalizeVoucherCode(code)}`),
        ctx.keys.seal(code, `voucher:${id}`),
        tariffId,
        args.villageCode,
        args.batch,
        args.at,
      );
      if (added === 1) made.push({ id, code });
    }
    ctx.invalidate('voucher', '*');
    return made;
  },

  async revokeVoucher(ctx: WriteContext, args: { id: string; at: number }): Promise<boolean> {
    const changed = await ctx.sql.run('UPDATE vouchers SET disabled = 1 WHERE id = ?', args.id);
    await requestEnd(ctx, {
      where: 'account_id = ?',
      values: [args.id],
      reason: 'revoked',
      at: args.at,
    });
    ctx.invalidate('voucher', args.id);
    return changed === 1;
  },

  async importSubscribers(
    ctx: WriteContext,
    args: { subscribers: readonly NewSubscriber[]; at: number },
  ): Promise<ImportCount> {
    const count = { added: 0, changed: 0, unchanged: 0 };
    const tariffs = new Map<string, string>();
    for (const given of args.subscribers) {
      const tariffId = tariffs.get(given.tariff) ?? (await tariffByName(ctx, given.tariff));
      tariffs.set(given.tariff, tariffId);
      const k = `k$${ctx.keys.credentialKey(given.password)}`;
      const updated = await ctx.sql.run(
        'UPDATE subscribers SET password_hash = ?, tariff_id = ?, village_code = ? WHERE username = ?',
        k,
        tariffId,
        given.villageCode,
        given.username,
      );
      if (updated === 1) {
        count.changed += 1;
        continue;
      }
      await ctx.sql.run(
        `INSERT INTO subscribers (id, username, password_hash, tariff_id, village_code, created_at)
         VALUES (?, ?, ?, ?, ?, ?)`,
        uuidv7(args.at),
        given.username,
        k,
        tariffId,
        given.villageCode,
        args.at,
      );
      count.added += 1;
    }
    ctx.invalidate('subscriber', '*');
    return count;
  },

  async hardenPassword(
    ctx: WriteContext,
    args: { id: string; was: string; passwordHash: string },
  ): Promise<void> {
    const changed = await ctx.sql.run(
      'UPDATE subscribers SET password_hash = ? WHERE id = ? AND password_hash = ?',
      args.passwordHash,
      args.id,
      args.was,
    );
    if (changed === 1) ctx.invalidate('subscriber', args.id);
  },
};

/** The table that holds accounts of a kind. */
export function accountTable(kind: AccountKind): 'vouchers' | 'subscribers' {
  return kind === 'voucher' ? 'vouchers' : 'subscribers';
}

async function tariffByName({ sql }: ReadContext, name: string): Promise<string> {
  const row = await sql.get<{ id: string }>('SELECT id FROM tariffs WHERE name = ?', name);
  if (row === undefined) {
    throw new StoreError(
      'STORE_NOT_FOUND',
      `there is no tariff ${name}: see smartwifi tariff list`,
    );
  }
  return row.id;
}

function toTariff(row: TariffColumns): Tariff {
  return {
    id: row.tariff_id,
    name: row.tariff_name,
    downKbps: row.down_kbps,
    upKbps: row.up_kbps,
    sessionSeconds: row.session_seconds,
    dailySeconds: row.daily_seconds,
    dailyOctets: row.daily_octets,
    validitySeconds: row.validity_seconds,
    devices: row.devices,
  };
}

function toAccount<K extends AccountKind>(kind: K, row: AccountRow): Account & { kind: K } {
  return {
    kind,
    id: row.id,
    tariff: toTariff(row),
    villageCode: row.village_code,
    disabled: row.disabled !== 0,
    firstLoginAt: row.first_login_at,
    validUntil: row.valid_until,
  };
}

function toVoucher(row: VoucherRow): Voucher {
  return { ...toAccount('voucher', row), batch: row.batch, createdAt: row.created_at };
}

function toSubscriber(row: SubscriberRow): Subscriber {
  return {
    ...toAccount('subscriber', row),
    username: row.username,
    passwordHash: row.password_hash,
  };
}
