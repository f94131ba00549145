/**
 * Changes and ends of open sessions that a NAS must be told of. They are columns of the session: what is
 * wanted, since when and why. A node claims them for a while, so that no two send the same.
 */
import type { Store } from '../contract.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type { PendingEnforcement, SessionLimits, WaitingEnforcement } from '../types.ts';
import { nasOfRouter } from './routers.ts';
import { closeSessions } from './session-end.ts';
import { type SessionRow, toSession } from './sessions.ts';

interface EnforceRow extends SessionRow {
  disconnect_requested_at: number | null;
  disconnect_reason: string | null;
  disconnect_attempts: number;
  disconnect_acked_at: number | null;
  wanted: string | null;
  wanted_at: number | null;
  wanted_reason: string | null;
  wanted_attempts: number;
  leased_until: number;
  enforce_error: string | null;
}

type Enforced = Parameters<Store['recordEnforcement']>[0];

/** After so many attempts in vain a change is left; an end is wanted as long as the session is open. */
const MAX_CHANGES = 10;
/** In `leased_until`: not again, unless something else is wanted. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** The condition of the partial index `sessions_enforce`. An acknowledged end takes `wanted` with it. */
const WANTS = `state = 'open' AND (wanted IS NOT NULL
    OR (disconnect_requested_at IS NOT NULL AND disconnect_acked_at IS NULL))`;
const WAITING = `${WANTS} AND leased_until <= ?`;

export const enforcementReads = {
  async enforcementWaits({ sql }: ReadContext, at: number): Promise<boolean> {
    return (await sql.get(`SELECT 1 FROM sessions WHERE ${WAITING} LIMIT 1`, at)) !== undefined;
  },

  async listEnforcement({ sql }: ReadContext, limit: number): Promise<WaitingEnforcement[]> {
    const rows = await sql.all<EnforceRow>(
      `SELECT * FROM sessions WHERE ${WANTS}
       ORDER BY COALESCE(disconnect_requested_at, wanted_at), id LIMIT ?`,
      limit,
    );
    return rows.map((row) => ({
      session: toSession(row),
      ...workOf(row),
      nextAt: row.leased_until === NEVER ? null : row.leased_until,
      error: row.enforce_error,
    }));
  },
};

export const enforcementWrites = {
  async requestChange(
    ctx: WriteContext,
    args: { sessionId: string; limits: SessionLimits; reason: string; at: number },
  ): Promise<boolean> {
    const row = await ctx.sql.get<EnforceRow>(
      `SELECT * FROM sessions WHERE id = ? AND state = 'open'`,
      args.sessionId,
    );
    if (row === undefined) return false;
    if (row.disconnect_requested_at !== null) return true;
    const wanted = limitsText(args.limits);
    // Back to what is in force, while a change may be on its way: that must be undone, so it is sent too.
    if (wanted === (row.wanted ?? limitsText(limitsOf(row)))) return true;
    await ctx.sql.run(
      `UPDATE sessions SET wanted = ?, wanted_at = ?, wanted_reason = ?, wanted_attempts = 0,
         leased_until = 0, enforce_error = NULL WHERE id = ?`,
      wanted,
      args.at,
      args.reason,
      args.sessionId,
    );
    return true;
  },

  async claimEnforcement(
    ctx: WriteContext,
    args: { at: number; leaseMs: number; limit: number },
  ): Promise<PendingEnforcement[]> {
    const rows = await ctx.sql.all<EnforceRow>(
      `SELECT * FROM sessions WHERE ${WAITING}
       ORDER BY COALESCE(disconnect_requested_at, wanted_at), id LIMIT ?`,
      args.at,
      args.limit,
    );
    const pending: PendingEnforcement[] = [];
    for (const row of rows) {
      // Another node may have claimed it since: only one of them changes the row.
      const claimed = await ctx.sql.run(
        'UPDATE sessions SET leased_until = ? WHERE id = ? AND leased_until <= ?',
        args.at + args.leaseMs,
        row.id,
        args.at,
      );
      if (claimed === 0) continue;
      const nas = await nasOfRouter(ctx, row.router_id);
      if (nas !== null) pending.push({ session: toSession(row), nas, ...workOf(row) });
    }
    return pending;
  },

  async recordEnforcement(ctx: WriteContext, args: Enforced): Promise<void> {
    if (args.outcome === 'gone') {
      await closeSessions(ctx, { where: 'id = ?', values: [args.sessionId], cause: 'Stale' });
    } else if (args.action === 'disconnect') {
      await recordEnd(ctx, args);
    } else {
      await recordChange(ctx, args);
    }
    ctx.invalidate('session', args.sessionId);
  },

  async deferEnforcement(
    { sql }: WriteContext,
    args: { routerId: string; until: number },
  ): Promise<void> {
    await sql.run(
      `UPDATE sessions SET leased_until = ? WHERE router_id = ? AND ${WANTS} AND leased_until < ?`,
      args.until,
      args.routerId,
      args.until,
    );
  },
};

async function recordEnd({ sql }: WriteContext, args: Enforced): Promise<void> {
  if (args.outcome === 'acked') {
    await sql.run(
      'UPDATE sessions SET disconnect_acked_at = ?, wanted = NULL, enforce_error = NULL WHERE id = ?',
      args.at,
      args.sessionId,
    );
    return;
  }
  await sql.run(
    `UPDATE sessions SET disconnect_attempts = disconnect_attempts + 1, leased_until = ?,
       enforce_error = ? WHERE id = ? AND disconnect_acked_at IS NULL`,
    args.retryAt ?? args.at,
    args.error ?? null,
    args.sessionId,
  );
}

/** While a change was on its way, another may have been wanted, or the end: those lose no time by it. */
async function recordChange({ sql }: WriteContext, args: Enforced): Promise<void> {
  const row = await sql.get<EnforceRow>('SELECT * FROM sessions WHERE id = ?', args.sessionId);
  if (row === undefined) return;
  const sent = args.limits === undefined ? row.wanted : limitsText(args.limits);
  if (sent === null) return;
  if (args.outcome === 'acked') {
    const limits = JSON.parse(sent) as SessionLimits;
    await sql.run(
      `UPDATE sessions SET rate = ?, session_timeout_seconds = ?, total_limit_octets = ?, wanted = ?,
         leased_until = 0, enforce_error = NULL WHERE id = ?`,
      limits.rate,
      limits.sessionTimeoutSeconds,
      limits.totalLimitOctets,
      row.wanted === sent ? null : row.wanted,
      args.sessionId,
    );
    return;
  }
  if (row.wanted !== sent || row.disconnect_requested_at !== null) return;
  const attempts = row.wanted_attempts + 1;
  await sql.run(
    'UPDATE sessions SET wanted_attempts = ?, leased_until = ?, enforce_error = ? WHERE id = ?',
    attempts,
    attempts >= MAX_CHANGES ? NEVER : (args.retryAt ?? args.at),
    args.error ?? null,
    args.sessionId,
  );
}

/** An end makes every change pointless. */
function workOf(row: EnforceRow): Omit<PendingEnforcement, 'session' | 'nas'> {
  if (row.disconnect_requested_at !== null && row.disconnect_acked_at === null) {
    return {
      action: 'disconnect',
      limits: limitsOf(row),
      requestedAt: row.disconnect_requested_at,
      reason: row.disconnect_reason ?? '',
      attempts: row.disconnect_attempts,
    };
  }
  return {
    action: 'change',
    limits: row.wanted === null ? limitsOf(row) : (JSON.parse(row.wanted) as SessionLimits),
    requestedAt: row.wanted_at ?? row.started_at,
    reason: row.wanted_reason ?? '',
    attempts: row.wanted_attempts,
  };
}

function limitsOf(row: SessionRow): SessionLimits {
  return {
    rate: row.rate,
    sessionTimeoutSeconds: row.session_timeout_seconds,
    totalLimitOctets: row.total_limit_octets,
  };
}

/** The same text for the same limits, whatever the order of their keys. */
function limitsText({ rate, sessionTimeoutSeconds, totalLimitOctets }: SessionLimits): string {
  return JSON.stringify({ rate, sessionTimeoutSeconds, totalLimitOctets });
}
