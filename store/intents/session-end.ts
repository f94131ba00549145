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

/** Asks for the end of sessions that are not over; the enforcer sends the Disconnect-Requests. */
export async function requestEnd(
  ctx: WriteContext,
  what: { where: string; values: SqlValue[]; reason: string; at: number },
): Promise<number> {
  const asked = await ctx.sql.all<{ id: string }>(
    `UPDATE sessions SET disconnect_requested_at = ?, disconnect_reason = ?
     WHERE state <> 'closed' AND disconnect_requested_at IS NULL AND ${what.where} RETURNING id`,
    what.at,
    what.reason,
    ...what.values,
  );
  for (const { id } of asked) ctx.invalidate('session', id);
  return asked.length;
}
