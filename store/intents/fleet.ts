/**
 * What state each router was in, as half-open intervals that never overlap: the source of every
 * availability figure. What the controller did not see is `unknown`, never a guess.
 */
import type { ReadContext, WriteContext } from '../sql.ts';
import type { RouterState, RouterTotals, StateInterval } from '../types.ts';
import { closeSessions } from './session-end.ts';

interface OpenInterval {
  router_id: string;
  state: RouterState;
  started_at: number;
}

const HEARTBEAT = 'controller-heartbeat';

export const fleetReads = {
  async stateIntervals({ sql }: ReadContext, routerId: string): Promise<StateInterval[]> {
    return sql.all<StateInterval>(
      `SELECT router_id AS "routerId", state, cause, started_at AS "startedAt", ended_at AS "endedAt"
       FROM state_intervals WHERE router_id = ? ORDER BY started_at`,
      routerId,
    );
  },

  async stateSeconds(
    { sql }: ReadContext,
    at: number,
  ): Promise<{ routerId: string; state: RouterState; seconds: number }[]> {
    return sql.all(
      `SELECT router_id AS "routerId", state,
         SUM(CASE WHEN ended_at IS NULL
               THEN CASE WHEN started_at < ? THEN ? - started_at ELSE 0 END
               ELSE ended_at - started_at END) / 1000.0 AS seconds
       FROM state_intervals GROUP BY router_id, state ORDER BY router_id, state`,
      at,
      at,
    );
  },

  async currentStates({
    sql,
  }: ReadContext): Promise<{ routerId: string; state: RouterState; since: number }[]> {
    return sql.all(
      `SELECT router_id AS "routerId", state, started_at AS since FROM state_intervals
       WHERE ended_at IS NULL ORDER BY router_id`,
    );
  },

  async routerTotals({ sql }: ReadContext): Promise<RouterTotals[]> {
    return sql.all(
      `SELECT r.id AS "routerId", r.input_octets AS "inputOctets", r.output_octets AS "outputOctets",
         (SELECT COUNT(*) FROM sessions s WHERE s.router_id = r.id AND s.state = 'open') AS "openSessions"
       FROM routers r ORDER BY r.id`,
    );
  },
};

export const fleetWrites = {
  async recordState(
    ctx: WriteContext,
    args: { routerId: string; state: RouterState; cause: string | null; at: number },
  ): Promise<boolean> {
    const open = await ctx.sql.get<OpenInterval>(
      'SELECT router_id, state, started_at FROM state_intervals WHERE router_id = ? AND ended_at IS NULL',
      args.routerId,
    );
    if (open?.state === args.state) return false;
    // A look that was under way when it was taken out of service says nothing any more.
    const out = await ctx.sql.get(
      "SELECT router_id FROM enrolments WHERE router_id = ? AND life <> 'active'",
      args.routerId,
    );
    if (out !== undefined) return false;
    await changeState(ctx, args.routerId, open, args);
    return true;
  },

  async recordBoot(
    ctx: WriteContext,
    args: { routerId: string; bootAt: number; at: number },
  ): Promise<{ closed: number }> {
    await ctx.sql.run('UPDATE routers SET boot_at = ? WHERE id = ?', args.bootAt, args.routerId);
    const closed = await closeSessions(ctx, {
      where: 'router_id = ? AND started_at < ?',
      values: [args.routerId, args.bootAt],
      cause: 'NAS-Reboot',
    });
    return { closed };
  },

  async heartbeat({ sql }: WriteContext, args: { at: number }): Promise<void> {
    await sql.run(
      `INSERT INTO marks (name, at) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE excluded.at > marks.at`,
      HEARTBEAT,
      args.at,
    );
  },

  async recordBlindness(ctx: WriteContext, args: { at: number }): Promise<void> {
    const mark = await ctx.sql.get<{ at: number }>(
      'SELECT at FROM marks WHERE name = ?',
      HEARTBEAT,
    );
    if (mark === undefined || mark.at >= args.at) return;
    const open = await ctx.sql.all<OpenInterval>(
      `SELECT router_id, state, started_at FROM state_intervals
       WHERE ended_at IS NULL AND state <> 'unknown'`,
    );
    for (const interval of open) {
      await changeState(ctx, interval.router_id, interval, {
        state: 'unknown',
        cause: 'controller',
        at: mark.at,
      });
    }
  },
};

/** A router that serves nobody is in no state: it would count as down for ever. */
export async function closeInterval(
  { sql }: WriteContext,
  { routerId, at }: { routerId: string; at: number },
): Promise<void> {
  await sql.run(
    'DELETE FROM state_intervals WHERE router_id = ? AND ended_at IS NULL AND started_at >= ?',
    routerId,
    at,
  );
  await sql.run(
    'UPDATE state_intervals SET ended_at = ? WHERE router_id = ? AND ended_at IS NULL',
    at,
    routerId,
  );
}

/** Ends the open interval and begins the next; an interval of no length is replaced. */
async function changeState(
  { sql }: WriteContext,
  routerId: string,
  open: OpenInterval | undefined,
  next: { state: RouterState; cause: string | null; at: number },
): Promise<void> {
  const at = Math.max(next.at, open?.started_at ?? next.at);
  if (open !== undefined && at === open.started_at) {
    await sql.run(
      'UPDATE state_intervals SET state = ?, cause = ? WHERE router_id = ? AND ended_at IS NULL',
      next.state,
      next.cause,
      routerId,
    );
    return;
  }
  await sql.run(
    'UPDATE state_intervals SET ended_at = ? WHERE router_id = ? AND ended_at IS NULL',
    at,
    routerId,
  );
  await sql.run(
    'INSERT INTO state_intervals (router_id, state, cause, started_at) VALUES (?, ?, ?, ?)',
    routerId,
    next.state,
    next.cause,
    at,
  );
}
