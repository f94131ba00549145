/** Closing sessions that did not say goodbye. What was counted stays; nothing is deleted. */
import type { SqlValue, WriteContext } from '../sql.ts';

/** Closes every session that matches, at the time it was last heard of; returns how many. */
export async function closeSessions(
  ctx: WriteContext,
  what: { where: string; values: SqlValue[]; cause: string },
): Promise<number> {
  const closed = await ctx.sql.all<{ id: string }>(
    `UPDATE sessions SET state = 'closed', stopped_at = updated_at, stop_cause = ?
     WHERE state <> 'closed' AND ${what.where} RETURNING id`,
    what.cause,
    ...what.values,
  );
  for (const { id } of closed) ctx.invalidate('session', id);
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
  const rows = await ctx.sql.all<{ id: string }>(
    `SELECT id FROM sessions WHERE state <> 'closed'
       AND (disconnect_requested_at IS NULL OR disconnect_acked_at <= ?) AND ${what.where}`,
    what.at - STOP_IS_DUE_MS,
    ...what.values,
  );
  for (const { id } of rows) {
    await ctx.sql.run(
      `UPDATE sessions SET disconnect_requested_at = ?, disconnect_reason = ?, disconnect_attempts = 0,
         disconnect_acked_at = NULL, leased_until = 0, enforce_error = NULL WHERE id = ?`,
      what.at,
      what.reason,
      id,
    );
    ctx.invalidate('session', id);
  }
  return rows.length;
}
