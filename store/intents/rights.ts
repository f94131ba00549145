/** Citizens' rights of Law 27 of 2022: what is kept of them, and that it ends. */
import { uuidv7 } from '../../lib/uuid.ts';
import type { ConsentHolder } from '../consent-types.ts';
import type { OwnData, RightsRequest, RightsStanding, RightsStore } from '../rights-types.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type { AccountKind } from '../types.ts';
import { endAccess } from './citizens.ts';
import { accountKeyOf, macKeyOf } from './consent-chain.ts';
import { consentReads, dropHeld } from './consents.ts';
import { sessionsOf } from './counter.ts';
import { ownAccountReads } from './own-account.ts';
import { erasedMacOf } from './phones.ts';
import { refuseReserved } from './reserved.ts';
import { closeSessions } from './session-end.ts';
import { topUpsOf } from './top-ups.ts';

type Args<M extends keyof RightsStore> = Parameters<RightsStore[M]>[0];

const HOUR_MS = 3_600_000;
/** Three times 24 hours (Law 27 of 2022). */
const DUE_MS = 72 * HOUR_MS;
/** So long before the deadline nothing is waited for any more. */
const FORCE_MS = 12 * HOUR_MS;
const REQUESTS = `SELECT id, kind, account_kind AS "accountKind", account_id AS "accountId", via,
  requested_at AS "requestedAt", begins_at AS "beginsAt", due_at AS "dueAt", done_at AS "doneAt",
  cancelled_at AS "cancelledAt" FROM rights_requests`;
const OPEN = 'done_at IS NULL AND cancelled_at IS NULL';
/** Of the last that a citizen had. */
const SHOWN_SESSIONS = 5000;
const LONG_AGO = '0000-00-00';

export const rightsReads = {
  async ownData(ctx: ReadContext, account: ConsentHolder): Promise<OwnData> {
    await refuseReserved(ctx, account.id);
    return {
      profile: account.kind === 'voucher' ? null : await ownAccountReads.profile(ctx, account.id),
      days: await ownAccountReads.usageDays(ctx, { accountId: account.id, from: LONG_AGO }),
      sessions: await sessionsOf(ctx, { accountId: account.id, limit: SHOWN_SESSIONS }),
      topUps: await topUpsOf(ctx, account.id),
      consents: await consentReads.consentsOf(ctx, account.id),
      requests: await ctx.sql.all(
        `${REQUESTS} WHERE account_id = ? ORDER BY requested_at`,
        account.id,
      ),
    };
  },

  async erasureOf({ sql }: ReadContext, account: ConsentHolder): Promise<RightsRequest | null> {
    const row = await sql.get<RightsRequest>(
      `${REQUESTS} WHERE account_id = ? AND kind = 'erase' AND ${OPEN}`,
      account.id,
    );
    return row ?? null;
  },

  async listRights({ sql }: ReadContext, limit: number): Promise<RightsRequest[]> {
    return sql.all(
      `${REQUESTS} ORDER BY CASE WHEN ${OPEN} THEN 0 ELSE 1 END,
         CASE WHEN ${OPEN} THEN due_at ELSE -requested_at END LIMIT ?`,
      limit,
    );
  },

  async rightsStanding(
    { sql }: ReadContext,
    args: Args<'rightsStanding'>,
  ): Promise<RightsStanding> {
    const row = await sql.get<RightsStanding>(
      `SELECT COUNT(*) AS open, COALESCE(SUM(CASE WHEN due_at < ? THEN 1 ELSE 0 END), 0) AS overdue,
         (SELECT COUNT(*) FROM rights_requests WHERE kind = 'erase' AND done_at IS NOT NULL) AS erased
       FROM rights_requests WHERE ${OPEN}`,
      args.at,
    );
    return row!;
  },

  async dueErasures({ sql }: ReadContext, args: Args<'dueErasures'>): Promise<RightsRequest[]> {
    return sql.all(
      `${REQUESTS} WHERE kind = 'erase' AND ${OPEN} AND begins_at <= ? ORDER BY due_at LIMIT ?`,
      args.at,
      args.limit,
    );
  },
};

export const rightsWrites = {
  async requestErasure(ctx: WriteContext, args: Args<'requestErasure'>): Promise<RightsRequest> {
    const { account, via, graceMs, at } = args;
    await refuseReserved(ctx, account.id);
    const before = await rightsReads.erasureOf(ctx, account);
    if (before !== null) return before;
    await ctx.sql.run(
      `INSERT INTO rights_requests (id, kind, account_kind, account_id, account_k, via, requested_at,
         begins_at, due_at) VALUES (?, 'erase', ?, ?, ?, ?, ?, ?, ?)`,
      uuidv7(at),
      account.kind,
      account.id,
      accountKeyOf(ctx.keys, account.id),
      via,
      at,
      at + Math.min(graceMs, DUE_MS - 2 * FORCE_MS),
      at + DUE_MS,
    );
    return (await rightsReads.erasureOf(ctx, account))!;
  },

  async recordRight(ctx: WriteContext, args: Args<'recordRight'>): Promise<void> {
    const { kind, account, via, at } = args;
    await refuseReserved(ctx, account.id);
    await ctx.sql.run(
      `INSERT INTO rights_requests (id, kind, account_kind, account_id, account_k, via, requested_at,
         begins_at, due_at, done_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      uuidv7(at),
      kind,
      account.kind,
      account.id,
      accountKeyOf(ctx.keys, account.id),
      via,
      at,
      at,
      at + DUE_MS,
      at,
    );
  },

  async cancelErasure({ sql }: WriteContext, args: Args<'cancelErasure'>): Promise<boolean> {
    const cancelled = await sql.run(
      `UPDATE rights_requests SET cancelled_at = ?
       WHERE account_id = ? AND kind = 'erase' AND ${OPEN} AND begins_at > ?`,
      args.at,
      args.account.id,
      args.at,
    );
    return cancelled > 0;
  },

  async eraseAccount(
    ctx: WriteContext,
    args: Args<'eraseAccount'>,
  ): Promise<'done' | 'waiting' | 'none'> {
    const request = await ctx.sql.get<RightsRequest>(
      `${REQUESTS} WHERE id = ? AND kind = 'erase' AND ${OPEN}`,
      args.requestId,
    );
    if (request === undefined || request.accountId === null) return 'none';
    const { accountId, accountKind } = request;
    await refuseReserved(ctx, accountId);
    await ctx.lock(`account:${accountId}`);
    await disable(ctx, accountKind, accountId);
    await endAccess(ctx, { accountId, reason: 'erased', at: args.at });
    if (args.at < request.dueAt - FORCE_MS && (await isOnline(ctx, accountId))) return 'waiting';
    await closeSessions(ctx, { where: 'account_id = ?', values: [accountId], cause: 'Stale' });
    await pseudonymize(ctx, accountId);
    await forget(ctx, { kind: accountKind, id: accountId });
    await ctx.sql.run('UPDATE rights_requests SET done_at = ? WHERE id = ?', args.at, request.id);
    const nobody = 'UPDATE rights_requests SET account_id = NULL WHERE account_id = ?';
    await ctx.sql.run(nobody, accountId);
    return 'done';
  },
};

async function disable(ctx: WriteContext, kind: AccountKind, id: string): Promise<void> {
  const table = kind === 'voucher' ? 'vouchers' : 'subscribers';
  await ctx.sql.run(`UPDATE ${table} SET disabled = 1 WHERE id = ?`, id);
  ctx.invalidate(kind, id);
}

async function isOnline({ sql }: WriteContext, accountId: string): Promise<boolean> {
  const row = await sql.get(
    "SELECT id FROM sessions WHERE account_id = ? AND state <> 'closed' LIMIT 1",
    accountId,
  );
  return row !== undefined;
}

/**
 * Of sessions that are over, as all of the account are by then.
 *
 * The log of connections stays as long as the law on it asks for: when, where, from which inner address.
 * Instead of the name and the MAC it has keyed hashes: a MAC that is asked about can be found in it, and
 * none can be read out of it.
 */
async function pseudonymize({ sql, keys }: WriteContext, accountId: string): Promise<void> {
  const phones = await sql.all<{ mac: string }>(
    "SELECT DISTINCT mac FROM sessions WHERE account_id = ? AND state = 'closed'",
    accountId,
  );
  for (const { mac } of phones) {
    await sql.run(
      `UPDATE sessions SET mac = ?, username = 'erased', phone = NULL
       WHERE account_id = ? AND mac = ? AND state = 'closed'`,
      erasedMacOf(keys, mac),
      accountId,
      mac,
    );
    await sql.run('DELETE FROM tickets WHERE mac = ?', mac);
    await sql.run('DELETE FROM consents_held WHERE holder_k = ?', macKeyOf(keys, mac));
  }
}

async function forget(ctx: WriteContext, account: ConsentHolder): Promise<void> {
  await dropHeld(ctx, account, null);
  for (const table of ['usage_days', 'tokens']) {
    await ctx.sql.run(`DELETE FROM ${table} WHERE account_id = ?`, account.id);
  }
  await ctx.sql.run("DELETE FROM usage_rollups WHERE kind = 'account' AND id = ?", account.id);
  if (account.kind === 'subscriber') {
    await ctx.sql.run('DELETE FROM top_ups WHERE account_id = ?', account.id);
    await ctx.sql.run('DELETE FROM subscribers WHERE id = ?', account.id);
  }
  ctx.invalidate(account.kind, account.id);
  ctx.invalidate('usage', account.id);
}
