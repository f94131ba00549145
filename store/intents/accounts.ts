/** Vouchers, subscribers and what they have used. */
import { uuidv7 } from '../../lib/uuid.ts';
import { StoreError } from '../errors.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type {
  Account,
  AccountKind,
  AccountUsage,
  ImportCount,
  NewSubscriber,
  Subscriber,
  Voucher,
} from '../types.ts';
import { newVoucherCode, normalizeVoucherCode } from '../voucher-code.ts';
import { requestEnd } from './session-end.ts';
import { TARIFF, type TariffColumns, tariffByName, toTariff } from './tariffs.ts';

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

/** In the place of a password hash: nothing verifies against it. */
const NO_PASSWORD = '!';
const ACCOUNT = 'a.id, a.village_code, a.disabled, a.first_login_at, a.valid_until';
const VOUCHERS = `SELECT ${ACCOUNT}, a.batch, a.created_at, ${TARIFF}
  FROM vouchers a JOIN tariffs t ON t.id = a.tariff_id`;
const SUBSCRIBERS = `SELECT ${ACCOUNT}, a.username, a.password_hash, ${TARIFF}
  FROM subscribers a JOIN tariffs t ON t.id = a.tariff_id`;

/** First row: the totals of day, week and month. Then one row for each open session, its start in `a`. */
interface UsageRow {
  readonly id: string | null;
  readonly mac: string | null;
  readonly router_id: string | null;
  /** Octets of the day, or when the session started. */
  readonly a: number;
  readonly day_seconds: number;
  readonly week_octets: number;
  readonly week_seconds: number;
  readonly month_octets: number;
  readonly month_seconds: number;
}

const USAGE = `SELECT NULL AS id, NULL AS mac, NULL AS router_id,
    COALESCE(SUM(CASE WHEN day = ? THEN octets END), 0) AS a,
    COALESCE(SUM(CASE WHEN day = ? THEN seconds END), 0) AS day_seconds,
    COALESCE(SUM(CASE WHEN day >= ? THEN octets END), 0) AS week_octets,
    COALESCE(SUM(CASE WHEN day >= ? THEN seconds END), 0) AS week_seconds,
    COALESCE(SUM(CASE WHEN day >= ? THEN octets END), 0) AS month_octets,
    COALESCE(SUM(CASE WHEN day >= ? THEN seconds END), 0) AS month_seconds
  FROM usage_days WHERE account_id = ? AND day >= ? AND day <= ?
  UNION ALL
  SELECT id, mac, router_id, started_at, 0, 0, 0, 0, 0 FROM sessions
  WHERE account_id = ? AND state <> 'closed' AND disconnect_requested_at IS NULL`;

export const accountReads = {
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
    const { week, month } = periodsOf(day);
    const since = week < month ? week : month;
    // One statement: this is on the path of every login.
    const [used, ...open] = await sql.all<UsageRow>(
      USAGE,
      day,
      day,
      week,
      week,
      month,
      month,
      id,
      since,
      day,
      id,
    );
    return {
      dayOctets: used!.a,
      daySeconds: used!.day_seconds,
      weekOctets: used!.week_octets,
      weekSeconds: used!.week_seconds,
      monthOctets: used!.month_octets,
      monthSeconds: used!.month_seconds,
      open: open.map((row) => ({
        id: row.id!,
        mac: row.mac!,
        routerId: row.router_id!,
        startedAt: row.a,
      })),
    };
  },

  async networkPassword({ sql, keys }: ReadContext, subscriberId: string): Promise<string | null> {
    const row = await sql.get<{ network_password: Uint8Array | null }>(
      'SELECT network_password FROM subscribers WHERE id = ?',
      subscriberId,
    );
    if (row === undefined || row.network_password === null) return null;
    return keys.open(row.network_password, `network:${subscriberId}`);
  },
};

export const accountWrites = {
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
      const before = await ctx.sql.get<{ id: string }>(
        'SELECT id FROM subscribers WHERE username = ?',
        given.username,
      );
      await saveSubscriber(ctx, before?.id ?? null, given, tariffId, args.at);
      if (before === undefined) count.added += 1;
      else count.changed += 1;
    }
    ctx.invalidate('subscriber', '*');
    return count;
  },

  async changeSubscriber(
    ctx: WriteContext,
    args: { username: string; disabled?: boolean; tariff?: string; at: number },
  ): Promise<void> {
    const subscriber = await accountReads.subscriberByUsername(ctx, args.username);
    if (subscriber === null) {
      throw new StoreError('STORE_NOT_FOUND', `there is no subscriber ${args.username}`);
    }
    const tariffId = args.tariff === undefined ? null : await tariffByName(ctx, args.tariff);
    await ctx.sql.run(
      `UPDATE subscribers SET disabled = COALESCE(?, disabled), tariff_id = COALESCE(?, tariff_id)
       WHERE id = ?`,
      args.disabled === undefined ? null : Number(args.disabled),
      tariffId,
      subscriber.id,
    );
    if (args.disabled === true) {
      await requestEnd(ctx, {
        where: 'account_id = ?',
        values: [subscriber.id],
        reason: 'disabled',
        at: args.at,
      });
    }
    ctx.invalidate('subscriber', subscriber.id);
  },

  async ensureSubscriber(
    ctx: WriteContext,
    args: { username: string; tariff: string; at: number },
  ): Promise<Subscriber> {
    const before = await accountReads.subscriberByUsername(ctx, args.username);
    if (before !== null) return before;
    await ctx.sql.run(
      `INSERT INTO subscribers (id, username, password_hash, tariff_id, created_at)
       VALUES (?, ?, ?, ?, ?)`,
      uuidv7(args.at),
      args.username,
      NO_PASSWORD,
      await tariffByName(ctx, args.tariff),
      args.at,
    );
    ctx.invalidate('subscriber', '*');
    return (await accountReads.subscriberByUsername(ctx, args.username))!;
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

async function saveSubscriber(
  { sql, keys }: WriteContext,
  known: string | null,
  given: NewSubscriber,
  tariffId: string,
  at: number,
): Promise<void> {
  const id = known ?? uuidv7(at);
  const values = [
    `k$${keys.credentialKey(given.password)}`,
    given.networkPassword === true ? keys.seal(given.password, `network:${id}`) : null,
    tariffId,
    given.villageCode,
  ];
  if (known === null) {
    await sql.run(
      `INSERT INTO subscribers (password_hash, network_password, tariff_id, village_code, id, username,
         created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...values,
      id,
      given.username,
      at,
    );
    return;
  }
  await sql.run(
    `UPDATE subscribers SET password_hash = ?, network_password = ?, tariff_id = ?, village_code = ?
     WHERE id = ?`,
    ...values,
    id,
  );
}

/** First days of the week (Monday) and the month that hold a day. */
function periodsOf(day: string): { week: string; month: string } {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return { week: date.toISOString().slice(0, 10), month: `${day.slice(0, 8)}01` };
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
