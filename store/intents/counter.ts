/** Batches of vouchers and their way to officers; whose an address, a phone, a number was. */
import { uuidv7 } from '../../lib/uuid.ts';
import type {
  BatchCount,
  BatchEvent,
  BatchEventKind,
  BatchVoucher,
  CounterStore,
} from '../counter-types.ts';
import { StoreError } from '../errors.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type { Session, Subscriber } from '../types.ts';
import { accountReads } from './accounts.ts';
import { erasedMacOf, phoneKeyOf } from './phones.ts';
import { type SessionRow, toSession } from './sessions.ts';
import { TARIFF, type TariffColumns, toTariff } from './tariffs.ts';

type Args<M extends keyof CounterStore> = Parameters<CounterStore[M]>[0];

interface EventRow {
  batch: string;
  kind: BatchEventKind;
  at: number;
  officer: string | null;
  first_serial: number;
  last_serial: number;
  detail: string;
}

interface VoucherRow extends TariffColumns {
  id: string;
  batch: string;
  serial: number;
  of_batch: number;
  code: Uint8Array;
  village_code: string | null;
  disabled: number;
  first_login_at: number | null;
  spent_at: number | null;
  valid_until: number | null;
}

interface CountRow {
  batch: string;
  created_at: number;
  first_village: string | null;
  villages: number;
  vouchers: number;
  used: number;
  used_since: number;
  revoked: number;
}

const VOUCHERS = `SELECT a.id, a.batch, a.serial, a.of_batch, a.code, a.village_code, a.disabled,
    a.first_login_at, u.at AS spent_at, a.valid_until, ${TARIFF}
  FROM (SELECT v.*, ROW_NUMBER() OVER (ORDER BY v.id) AS serial, COUNT(*) OVER () AS of_batch
    FROM vouchers v WHERE v.batch = ?) a
  JOIN tariffs t ON t.id = a.tariff_id LEFT JOIN top_ups u ON u.voucher_id = a.id`;
const USED_AT = 'COALESCE(v.first_login_at, u.at)';
const COUNTS = `SELECT v.batch, MIN(v.created_at) AS created_at, MIN(v.village_code) AS first_village,
    COUNT(DISTINCT COALESCE(v.village_code, '')) AS villages, COUNT(*) AS vouchers,
    SUM(CASE WHEN ${USED_AT} IS NOT NULL THEN 1 ELSE 0 END) AS used,
    SUM(CASE WHEN ${USED_AT} >= ? THEN 1 ELSE 0 END) AS used_since,
    SUM(CASE WHEN v.disabled = 1 AND ${USED_AT} IS NULL THEN 1 ELSE 0 END) AS revoked
  FROM vouchers v LEFT JOIN top_ups u ON u.voucher_id = v.id`;

/** Each by an index of its own: the log of half a year has millions of rows. */
export const SESSIONS = {
  openAt: "SELECT * FROM sessions WHERE framed_ip = ? AND state <> 'closed'",
  endedSince: `SELECT * FROM sessions WHERE framed_ip = ? AND state = 'closed' AND stopped_at >= ?
    ORDER BY stopped_at LIMIT ?`,
  endedBefore: `SELECT * FROM sessions WHERE framed_ip = ? AND state = 'closed' AND stopped_at < ?
    ORDER BY stopped_at DESC LIMIT 1`,
  openOfAccount: "SELECT * FROM sessions WHERE account_id = ? AND state <> 'closed'",
  pastOfAccount: `SELECT * FROM sessions WHERE account_id = ? AND state = 'closed'
    ORDER BY started_at DESC LIMIT ?`,
  openOf: "SELECT * FROM sessions WHERE mac = ? AND state <> 'closed'",
  pastOf: `SELECT * FROM sessions WHERE mac = ? AND state = 'closed'
    ORDER BY started_at DESC LIMIT ?`,
} as const;

/** Newest first. */
export async function sessionsOf(
  { sql }: ReadContext,
  { accountId, limit }: { readonly accountId: string; readonly limit: number },
): Promise<Session[]> {
  const open = await sql.all<SessionRow>(SESSIONS.openOfAccount, accountId);
  const past = await sql.all<SessionRow>(SESSIONS.pastOfAccount, accountId, limit);
  return newestOf([...open, ...past], limit);
}

function newestOf(rows: readonly SessionRow[], limit: number): Session[] {
  return rows
    .toSorted((a, b) => b.started_at - a.started_at)
    .slice(0, limit)
    .map(toSession);
}

export const counterReads = {
  async batchEvents({ sql }: ReadContext, { batch }: Args<'batchEvents'>): Promise<BatchEvent[]> {
    const rows = await sql.all<EventRow>(
      `SELECT * FROM batch_events ${batch === undefined ? '' : 'WHERE batch = ?'} ORDER BY at, id`,
      ...(batch === undefined ? [] : [batch]),
    );
    return rows.map((row) => ({
      batch: row.batch,
      kind: row.kind,
      at: row.at,
      officer: row.officer,
      firstSerial: row.first_serial,
      lastSerial: row.last_serial,
      detail: row.detail,
    }));
  },

  async batchVouchers(ctx: ReadContext, args: Args<'batchVouchers'>): Promise<BatchVoucher[]> {
    const rows = await ctx.sql.all<VoucherRow>(
      `${VOUCHERS} WHERE a.serial >= ? AND a.serial <= ? ORDER BY a.serial`,
      args.batch,
      args.first,
      args.last,
    );
    return rows.map((row) => toBatchVoucher(ctx, row));
  },

  async batchVoucher(ctx: ReadContext, id: string): Promise<BatchVoucher | null> {
    const of = await ctx.sql.get<{ batch: string }>('SELECT batch FROM vouchers WHERE id = ?', id);
    if (of === undefined) return null;
    const row = await ctx.sql.get<VoucherRow>(`${VOUCHERS} WHERE a.id = ?`, of.batch, id);
    return row === undefined ? null : toBatchVoucher(ctx, row);
  },

  async batchCounts(
    { sql }: ReadContext,
    { batch, since }: Args<'batchCounts'>,
  ): Promise<BatchCount[]> {
    const rows = await sql.all<CountRow>(
      `${COUNTS} ${batch === undefined ? '' : 'WHERE v.batch = ?'}
       GROUP BY v.batch ORDER BY MIN(v.created_at) DESC, v.batch`,
      since,
      ...(batch === undefined ? [] : [batch]),
    );
    return rows.map((row) => ({
      batch: row.batch,
      createdAt: row.created_at,
      villageCode: row.villages === 1 ? row.first_village : null,
      vouchers: row.vouchers,
      used: row.used,
      usedSince: row.used_since,
      revoked: row.revoked,
    }));
  },

  async sessionsAround(
    { sql }: ReadContext,
    { framedIp, at, limit }: Args<'sessionsAround'>,
  ): Promise<Session[]> {
    const open = await sql.all<SessionRow>(SESSIONS.openAt, framedIp);
    const ended = await sql.all<SessionRow>(SESSIONS.endedSince, framedIp, at, limit);
    const before = await sql.all<SessionRow>(SESSIONS.endedBefore, framedIp, at);
    return [...before, ...ended, ...open]
      .toSorted((a, b) => a.started_at - b.started_at)
      .map(toSession);
  },

  async pastSessions(ctx: ReadContext, args: Args<'pastSessions'>): Promise<Session[]> {
    if ('accountId' in args) return sessionsOf(ctx, args);
    const { sql, keys } = ctx;
    const open = await sql.all<SessionRow>(SESSIONS.openOf, args.mac);
    const pastOf = (mac: string): Promise<SessionRow[]> =>
      sql.all<SessionRow>(SESSIONS.pastOf, mac, args.limit);
    const closed = [await pastOf(args.mac), await pastOf(erasedMacOf(keys, args.mac))];
    return newestOf([...open, ...closed.flat()], args.limit);
  },

  async subscriberByPhone(ctx: ReadContext, phone: string): Promise<Subscriber | null> {
    const row = await ctx.sql.get<{ username: string }>(
      'SELECT username FROM subscribers WHERE phone_k = ?',
      phoneKeyOf(ctx.keys, phone),
    );
    return row === undefined ? null : accountReads.subscriberByUsername(ctx, row.username);
  },
};

export const counterWrites = {
  async recordBatch({ sql }: WriteContext, event: BatchEvent): Promise<void> {
    const { n } = (await sql.get<{ n: number }>(
      'SELECT COUNT(*) AS n FROM vouchers WHERE batch = ?',
      event.batch,
    ))!;
    if (n === 0) {
      throw new StoreError(
        'STORE_NOT_FOUND',
        `there is no batch ${event.batch}: see smartwifi voucher batches`,
      );
    }
    if (event.lastSerial > n) {
      throw new StoreError('STORE_NOT_FOUND', `batch ${event.batch} has only ${n} vouchers`);
    }
    await sql.run(
      `INSERT INTO batch_events (id, batch, kind, at, officer, first_serial, last_serial, detail)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      uuidv7(event.at),
      event.batch,
      event.kind,
      event.at,
      event.officer,
      event.firstSerial,
      event.lastSerial,
      event.detail,
    );
  },
};

function toBatchVoucher({ keys }: ReadContext, row: VoucherRow): BatchVoucher {
  return {
    id: row.id,
    batch: row.batch,
    serial: row.serial,
    of: row.of_batch,
    code: keys.open(row.code, `voucher:${row.id}`),
    tariff: toTariff(row),
    villageCode: row.village_code,
    disabled: row.disabled !== 0,
    usedAt: row.first_login_at ?? row.spent_at,
    validUntil: row.valid_until,
  };
}
