/** Closing sessions that did not say goodbye. What was counted stays; nothing is deleted. */
import type { SqlValue, WriteContext } from '../sql.ts';

interface EndedRow {
  id: string;
  account_id: string | null;
}

/** Closes every session that matches, at the time it was last heard of; returns how many. */
export async function closeSessions(
  ctx: WriteContext,
  what: { where: string; values: SqlValue[]; cause: string },
): Promise<number> {
  const closed = await ctx.sql.all<EndedRow>(
    `UPDATE sessions SET state = 'closed', stopped_at = updated_at, stop_cause = ?
     WHERE state <> 'closed' AND ${what.where} RETURNING id, account_id`,
    what.cause,
    ...what.values,
  );
  for (const row of closed) tell(ctx, row);
  return closed.length;
}

/** After a Disconnect-ACK the Stop is due; a session that is open so much later did not end. */
const STOP_IS_DUE_MS = 60_000;

/**
 * Asks for the end of sessions that are not over; the enforcer sends the Disconnect-Requests. One that was
 * asked for before is asked for again only when the NAS acknowledged it in vain. An end does not wait
 * until a change may be tried again.
 */
export async function requestEnd(
  ctx: WriteContext,
  what: { where: string; values: SqlValue[]; reason: string; at: number },
): Promise<number> {
  const rows = await ctx.sql.all<EndedRow>(
    `SELECT id, account_id FROM sessions WHERE state <> 'closed'
       AND (disconnect_requested_at IS NULL OR disconnect_acked_at <= ?) AND ${what.where}`,
    what.at - STOP_IS_DUE_MS,
    ...what.values,
  );
  for (const row of rows) {
    await ctx.sql.run(
      `UPDATE sessions SET disconnect_requested_at = ?, disconnect_reason = ?, disconnect_attempts = 0,
         disconnect_acked_at = NULL, leased_until = 0, enforce_error = NULL WHERE id = ?`,
      what.at,
      what.reason,
      row.id,
    );
    tell(ctx, row);
  }
  return rows.length;
}

function tell(ctx: WriteContext, { id, account_id }: EndedRow): void {
  ctx.invalidate('session', id);
  if (account_id !== null) ctx.invalidate('usage', account_id);
}
