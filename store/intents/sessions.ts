/** Sessions as roles read them, and their ends. */
import type { AccountedRow } from '../accounting/rows.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type { Session } from '../types.ts';
import { closeSessions, requestEnd } from './session-end.ts';

export interface SessionRow extends Omit<AccountedRow, 'bucket' | 'earlier'> {
  router: string;
  village_code: string;
  rate: string | null;
  session_timeout_seconds: number | null;
  disconnect_requested_at: number | null;
}

export const sessionReads = {
  async session({ sql }: ReadContext, id: string): Promise<Session | null> {
    const row = await sql.get<SessionRow>('SELECT * FROM sessions WHERE id = ?', id);
    return row === undefined ? null : toSession(row);
  },

  async sessionByAddress({ sql }: ReadContext, framedIp: string): Promise<Session | null> {
    const row = await sql.get<SessionRow>(
      `SELECT * FROM sessions WHERE framed_ip = ? AND state = 'open' ORDER BY started_at DESC LIMIT 1`,
      framedIp,
    );
    return row === undefined ? null : toSession(row);
  },

  async listSessions(
    { sql }: ReadContext,
    args: { routerId?: string; tariffId?: string; openOnly?: boolean; limit: number },
  ): Promise<Session[]> {
    const where = [
      ...(args.tariffId === undefined ? [] : ['tariff_id = ?']),
      ...(args.routerId === undefined ? [] : ['router_id = ?']),
      ...(args.openOnly === true ? [`state <> 'closed'`] : []),
    ];
    const rows = await sql.all<SessionRow>(
      `SELECT * FROM sessions ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
       ORDER BY started_at DESC LIMIT ?`,
      ...(args.tariffId === undefined ? [] : [args.tariffId]),
      ...(args.routerId === undefined ? [] : [args.routerId]),
      args.limit,
    );
    return rows.map(toSession);
  },
};

export const sessionWrites = {
  async closeRouterSessions(
    ctx: WriteContext,
    args: { routerId: string; before: number; cause: string; at: number },
  ): Promise<number> {
    return closeSessions(ctx, {
      where: 'router_id = ? AND started_at < ?',
      values: [args.routerId, args.before],
      cause: args.cause,
    });
  },

  async closeStaleSessions(
    ctx: WriteContext,
    args: { before: number; openingBefore: number; at: number },
  ): Promise<number> {
    return closeSessions(ctx, {
      where: `((state = 'open' AND updated_at < ?) OR (state = 'opening' AND updated_at < ?))`,
      values: [args.before, args.openingBefore],
      cause: 'Stale',
    });
  },

  async closeAbsentSessions(
    ctx: WriteContext,
    args: { routerId: string; present: readonly string[]; before: number; at: number },
  ): Promise<number> {
    const present = new Set(args.present);
    const open = await ctx.sql.all<{ id: string; mac: string }>(
      `SELECT id, mac FROM sessions WHERE router_id = ? AND state = 'open' AND updated_at < ?`,
      args.routerId,
      args.before,
    );
    let closed = 0;
    for (const { id, mac } of open) {
      if (present.has(mac)) continue;
      closed += await closeSessions(ctx, { where: 'id = ?', values: [id], cause: 'Stale' });
    }
    return closed;
  },

  async requestDisconnect(
    ctx: WriteContext,
    args: { sessionId: string; reason: string; at: number },
  ): Promise<boolean> {
    await requestEnd(ctx, {
      where: 'id = ?',
      values: [args.sessionId],
      reason: args.reason,
      at: args.at,
    });
    const open = `SELECT 1 FROM sessions WHERE id = ? AND state <> 'closed'`;
    return (await ctx.sql.get(open, args.sessionId)) !== undefined;
  },
};

export function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    routerId: row.router_id,
    router: row.router,
    villageCode: row.village_code,
    accountKind: row.account_kind,
    accountId: row.account_id,
    username: row.username,
    mac: row.mac,
    framedIp: row.framed_ip,
    acctSessionId: row.acct_session_id,
    state: row.state,
    startedAt: row.started_at,
    updatedAt: row.updated_at,
    stoppedAt: row.stopped_at,
    stopCause: row.stop_cause,
    inputOctets: row.input_octets,
    outputOctets: row.output_octets,
    seconds: row.seconds,
    sessionTimeoutSeconds: row.session_timeout_seconds,
    totalLimitOctets: row.total_limit_octets,
    tariffId: row.tariff_id,
    rate: row.rate,
    ...(row.state !== 'closed' && row.disconnect_requested_at !== null
      ? { ending: true as const }
      : {}),
  };
}
