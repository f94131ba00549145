/** Vouchers, subscribers and what they have used. */
import { uuidv7 } from '../../lib/uuid.ts';
import { StoreError } from '../errors.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type {
  Account,
  AccountKind,
  CitizenOrigin,
  ImportCount,
  NewSubscriber,
  Subscriber,
  Voucher,
} from '../types.ts';
import { newVoucherCode, normalizeVoucherCode } from '../voucher-code.ts';
import { phoneKeyOf } from './phones.ts';
import { forgetDevicesOf } from './remembered.ts';
import { refuseNameOfPass } from './reserved.ts';
import { requestEnd } from './session-end.ts';
import { TARIFF, type TariffColumns, tariffByName, toTariff } from './tariffs.ts';

interface AccountRow extends TariffColumns {
  id: string;
  village_code: string | null;
  disabled: number;
  first_login_at: number | null;
  valid_until: number | null;
  child: number;
  epoch: number;
  /** Only subscribers have passwords. */
  first_password?: number;
  reserved?: number;
}

interface VoucherRow extends AccountRow {
  batch: string;
  created_at: number;
  spent_at: number | null;
}

export interface SubscriberRow extends AccountRow {
  username: string;
  origin: CitizenOrigin;
  password_hash: string;
}

/** Rows that one statement writes: a large import holds up everybody else for as short as it can. */
const ROWS = 100;
/** In the place of a password hash: nothing verifies against it. */
export const NO_PASSWORD = '!';
const ACCOUNT =
  'a.id, a.village_code, a.disabled, a.first_login_at, a.valid_until, a.child, a.epoch';
const VOUCHERS = `SELECT ${ACCOUNT}, a.batch, a.created_at, ${TARIFF},
    (SELECT at FROM top_ups WHERE voucher_id = a.id) AS spent_at
  FROM vouchers a JOIN tariffs t ON t.id = a.tariff_id`;
export const SUBSCRIBERS = `SELECT ${ACCOUNT}, a.username, a.password_hash,
    a.first_password, a.reserved, a.origin, ${TARIFF}
  FROM subscribers a JOIN tariffs t ON t.id = a.tariff_id`;

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

  async subscriberByUsername(
    { sql, keys }: ReadContext,
    username: string,
  ): Promise<Subscriber | null> {
    const by = (column: 'username' | 'phone_k', value: string) =>
      sql.get<SubscriberRow>(`${SUBSCRIBERS} WHERE a.${column} = ?`, value);
    const row =
      (await by('username', username)) ?? (await by('phone_k', phoneKeyOf(keys, username)));
    // Nobody is called so: whoever asks by name finds a person or nothing.
    return row === undefined || row.reserved === 1 ? null : toSubscriber(row);
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

  async networkPassword({ sql, keys }: ReadContext, subscriberId: string): Promise<string | null> {
    const row = await sql.get<{ network_password: Uint8Array | null }>(
      'SELECT network_password FROM subscribers WHERE id = ? AND reserved = 0',
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
      child?: boolean;
    },
  ): Promise<{ id: string; code: string }[]> {
    const tariffId = await tariffByName(ctx, args.tariff);
    const made: { id: string; code: string }[] = [];
    while (made.length < args.count) {
      const drawn = Array.from({ length: Math.min(ROWS, args.count - made.length) }, () => ({
        id: uuidv7(args.at),
        code: newVoucherCode(),
      }));
      const added = await ctx.sql.all<{ id: string }>(
        `INSERT INTO vouchers (id, k, code, tariff_id, village_code, batch, created_at, child)
         VALUES ${rowsOf(drawn.length, 8)} ON CONFLICT (k) DO NOTHING RETURNING id`,
        ...drawn.flatMap(({ id, code }) => [
          id,
          ctx.keys.credentialKey(`voucher:${normalizeVoucherCode(code)}`),
          ctx.keys.seal(code, `voucher:${id}`),
          tariffId,
          args.villageCode,
          args.batch,
          args.at,
          Number(args.child === true),
        ]),
      );
      const kept = new Set(added.map(({ id }) => id));
      made.push(...drawn.filter(({ id }) => kept.has(id)));
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
    await forgetDevicesOf(ctx, args.id);
    ctx.invalidate('voucher', args.id);
    return changed === 1;
  },

  async importSubscribers(
    ctx: WriteContext,
    args: { subscribers: readonly NewSubscriber[]; at: number },
  ): Promise<ImportCount> {
    const count = { added: 0, changed: 0, unchanged: 0 };
    for (const { username } of args.subscribers) refuseNameOfPass(username);
    const tariffs = new Map<string, string>();
    for (const { tariff } of args.subscribers) {
      if (!tariffs.has(tariff)) tariffs.set(tariff, await tariffByName(ctx, tariff));
    }
    for (let i = 0; i < args.subscribers.length; i += ROWS) {
      const some = args.subscribers.slice(i, i + ROWS);
      const added = await saveSubscribers(ctx, some, tariffs, args.at);
      count.added += added;
      count.changed += some.length - added;
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
    refuseNameOfPass(args.username);
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

/** Returns how many are new. Of a name that is given twice the last counts. */
async function saveSubscribers(
  { sql, keys }: WriteContext,
  subscribers: readonly NewSubscriber[],
  tariffs: ReadonlyMap<string, string>,
  at: number,
): Promise<number> {
  const given = new Map(subscribers.map((subscriber) => [subscriber.username, subscriber]));
  const before = await sql.all<{ id: string; username: string }>(
    `SELECT id, username FROM subscribers WHERE username IN ${rowsOf(1, given.size)}`,
    ...given.keys(),
  );
  const known = new Map(before.map(({ id, username }) => [username, id]));
  await sql.run(
    `INSERT INTO subscribers (id, username, password_hash, network_password, tariff_id, village_code,
       created_at) VALUES ${rowsOf(given.size, 7)}
     ON CONFLICT (username) DO UPDATE SET password_hash = excluded.password_hash,
       network_password = excluded.network_password, tariff_id = excluded.tariff_id,
       village_code = excluded.village_code`,
    ...[...given.values()].flatMap(({ username, password, networkPassword, ...of }) => {
      const id = known.get(username) ?? uuidv7(at);
      return [
        id,
        username,
        `k$${keys.credentialKey(password)}`,
        networkPassword === true ? keys.seal(password, `network:${id}`) : null,
        tariffs.get(of.tariff)!,
        of.villageCode,
        at,
      ];
    }),
  );
  return given.size - known.size;
}

/** Placeholders of so many rows: `(?, ?), (?, ?)`. */
function rowsOf(rows: number, columns: number): string {
  const row = `(${Array.from({ length: columns }, () => '?').join(', ')})`;
  return Array.from({ length: rows }, () => row).join(', ');
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
    ...(row.child === 0 ? {} : { child: true as const }),
    ...(row.epoch === 0 ? {} : { epoch: row.epoch }),
    ...(row.reserved === 1 ? { reserved: true as const } : {}),
    ...(row.first_password === 1 ? { firstPassword: true as const } : {}),
  };
}

function toVoucher(row: VoucherRow): Voucher {
  const { batch, created_at: createdAt, spent_at: spentAt } = row;
  return { ...toAccount('voucher', row), batch, createdAt, spentAt };
}

export function toSubscriber(row: SubscriberRow): Subscriber {
  return {
    ...toAccount('subscriber', row),
    username: row.username,
    origin: row.origin,
    passwordHash: row.password_hash,
  };
}
