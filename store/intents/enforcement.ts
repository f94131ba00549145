/**
 * Changes and ends of open sessions that a NAS must be told of. They are columns of the session: what is
 * wanted, since when and why. A node claims them for a while, so that no two send the same.
 */
import type { ReadContext, SqlValue, WriteContext } from '../sql.ts';
import type { PendingEnforcement, SessionLimits } from '../types.ts';
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
}

/** After so many attempts in vain the stale sweep has the last word. */
const MAX_ATTEMPTS = 10;

/** The condition of the partial index `sessions_enforce`, and the bounds. */
const WAITING = `state = 'open' AND (wanted IS NOT NULL
    OR (disconnect_requested_at IS NOT NULL AND disconnect_acked_at IS NULL))
  AND leased_until <= ? AND disconnect_attempts < ${MAX_ATTEMPTS} AND wanted_attempts < ${MAX_ATTEMPTS}`;

export const enforcementReads = {
  async enforcementWaits({ sql }: ReadContext, at: number): Promise<boolean> {
    return (await sql.get(`SELECT 1 FROM sessions WHERE ${WAITING} LIMIT 1`, at)) !== undefined;
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
    const wanted = limitsText(args.limits);
    // Back to what is in force, while a change may be on its way: that must be undone, so it is sent too.
    if (wanted === (row.wanted ?? limitsText(limitsOf(row)))) return true;
    await ctx.sql.run(
      `UPDATE sessions SET wanted = ?, wanted_at = ?, wanted_reason = ?, wanted_attempts = 0,
         leased_until = 0 WHERE id = ?`,
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
      await ctx.sql.run(
        'UPDATE sessions SET leased_until = ? WHERE id = ?',
        args.at + args.leaseMs,
        row.id,
      );
      const nas = await nasOfRouter(ctx, row.router_id);
      if (nas !== null) pending.push({ session: toSession(row), nas, ...workOf(row) });
    }
    return pending;
  },

  async recordEnforcement(
    ctx: WriteContext,
    args: {
      sessionId: string;
      action: PendingEnforcement['action'];
      outcome: 'acked' | 'gone' | 'failed';
      at: number;
      retryAt?: number;
    },
  ): Promise<void> {
    if (args.outcome === 'gone') {
      await closeSessions(ctx, { where: 'id = ?', values: [args.sessionId], cause: 'Stale' });
    } else if (args.outcome === 'acked') {
      await recordAck(ctx, args.sessionId, args.action, args.at);
    } else {
      const attempts = args.action === 'change' ? 'wanted_attempts' : 'disconnect_attempts';
      await ctx.sql.run(
        `UPDATE sessions SET ${attempts} = ${attempts} + 1, leased_until = ? WHERE id = ?`,
        args.retryAt ?? args.at,
        args.sessionId,
      );
    }
    ctx.invalidate('session', args.sessionId);
  },
};

async function recordAck(
  { sql }: WriteContext,
  sessionId: string,
  action: PendingEnforcement['action'],
  at: number,
): Promise<void> {
  if (action === 'disconnect') {
    await sql.run('UPDATE sessions SET disconnect_acked_at = ? WHERE id = ?', at, sessionId);
    return;
  }
  const row = await sql.get<EnforceRow>('SELECT * FROM sessions WHERE id = ?', sessionId);
  if (row === undefined || row.wanted === null) return;
  const limits = JSON.parse(row.wanted) as SessionLimits;
  const values: SqlValue[] = [limits.rate, limits.sessionTimeoutSeconds, limits.totalLimitOctets];
  await sql.run(
    `UPDATE sessions SET rate = ?, session_timeout_seconds = ?, total_limit_octets = ?, wanted = NULL,
       leased_until = 0 WHERE id = ?`,
    ...values,
    sessionId,
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
