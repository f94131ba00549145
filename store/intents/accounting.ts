/**
 * The merge of accounting packets into sessions. Packets repeat, overtake each other and get lost:
 * totals are monotonic, a Stop may come first or days late, and a router that lost power uses its
 * Acct-Session-Ids again (RFC 2866; RFC 2869 §2.1).
 */
import { uuidv7 } from '../../lib/uuid.ts';
import type { WriteContext } from '../sql.ts';
import type { AccountingEvent, AccountKind, SessionState } from '../types.ts';

interface SessionRow {
  id: string;
  router_id: string;
  account_kind: AccountKind | null;
  account_id: string | null;
  state: SessionState;
  started_at: number;
  updated_at: number;
  stopped_at: number | null;
  stop_cause: string | null;
  input_octets: number;
  output_octets: number;
  seconds: number;
  total_limit_octets: number | null;
}

/** A session that by its own clock began this much later is another one under a reused id. */
const GENERATION_MS = 120_000;

export const accountingWrites = {
  async recordAccounting(
    ctx: WriteContext,
    event: AccountingEvent,
  ): Promise<{ sessionId: string }> {
    const session = (await findSession(ctx, event)) ?? (await addSession(ctx, event));
    if (session === null) return { sessionId: '' };
    const merged = merge(session, event);
    await countIncrement(ctx, session, merged, event.day);
    await ctx.sql.run(
      `UPDATE sessions SET state = ?, updated_at = ?, stopped_at = ?, stop_cause = ?, input_octets = ?,
         output_octets = ?, seconds = ?, framed_ip = COALESCE(?, framed_ip), acct_session_id = ?
       WHERE id = ?`,
      merged.state,
      merged.updated_at,
      merged.stopped_at,
      merged.stop_cause,
      merged.input_octets,
      merged.output_octets,
      merged.seconds,
      event.framedIp,
      event.acctSessionId,
      session.id,
    );
    if (merged.state !== session.state) ctx.invalidate('session', session.id);
    return { sessionId: session.id };
  },
};

/** Pure: what a session is after one more packet. Idempotent, and free of the order of packets. */
function merge(session: SessionRow, event: AccountingEvent): SessionRow {
  const input = Math.max(session.input_octets, event.inputOctets);
  const output = Math.max(session.output_octets, event.outputOctets);
  const counted = {
    ...session,
    input_octets: input,
    output_octets: output,
    seconds: Math.max(session.seconds, event.seconds),
    updated_at: Math.max(session.updated_at, event.eventAt),
  };
  if (event.status === 'stop') {
    const final = session.state === 'closed' && session.stop_cause !== 'Stale';
    if (final) return counted;
    return {
      ...counted,
      state: 'closed',
      stopped_at: event.eventAt,
      stop_cause: stopCause(event.cause, input + output, session.total_limit_octets),
    };
  }
  if (session.state === 'closed') {
    const returned = session.stop_cause === 'Stale' && event.eventAt > session.updated_at;
    return returned ? { ...counted, state: 'open', stopped_at: null, stop_cause: null } : counted;
  }
  return { ...counted, state: 'open' };
}

/** Causes under which NASes report that the octets of a session are used up; RFC 2866 has none for it. */
const DATA_ENDS: readonly (string | null)[] = ['Session-Timeout', 'NAS-Request', null];

function stopCause(cause: string | null, octets: number, limit: number | null): string {
  if (limit !== null && octets >= limit && DATA_ENDS.includes(cause)) return 'Data-Limit';
  return cause ?? 'Unknown';
}

async function findSession(
  { sql }: WriteContext,
  event: AccountingEvent,
): Promise<SessionRow | undefined> {
  if (event.sessionId !== null) {
    const bound = await sql.get<SessionRow>(
      'SELECT * FROM sessions WHERE id = ? AND router_id = ?',
      event.sessionId,
      event.routerId,
    );
    if (bound !== undefined) return bound;
  }
  const began = event.eventAt - event.seconds * 1000;
  return sql.get<SessionRow>(
    `SELECT * FROM sessions
     WHERE router_id = ? AND acct_session_id = ? AND username = ? AND mac = ? AND started_at >= ?
     ORDER BY started_at DESC LIMIT 1`,
    event.routerId,
    event.acctSessionId,
    event.username,
    event.mac,
    began - GENERATION_MS,
  );
}

/** A session that this store did not open (no Class, or a login before a restore) is counted all the same. */
async function addSession(
  { sql }: WriteContext,
  event: AccountingEvent,
): Promise<SessionRow | null> {
  const began = event.eventAt - event.seconds * 1000;
  const id = uuidv7(began);
  const token = await sql.get<{ account_kind: AccountKind; account_id: string }>(
    'SELECT account_kind, account_id FROM tokens WHERE username = ? AND router_id = ? AND mac = ?',
    event.username,
    event.routerId,
    event.mac,
  );
  const added = await sql.run(
    `INSERT INTO sessions (id, router_id, router, village_code, account_kind, account_id, username,
       mac, framed_ip, acct_session_id, state, started_at, updated_at)
     SELECT ?, r.id, r.name, r.village_code, ?, ?, ?, ?, ?, ?, 'opening', ?, ? FROM routers r WHERE r.id = ?`,
    id,
    token?.account_kind ?? null,
    token?.account_id ?? null,
    event.username,
    event.mac,
    event.framedIp,
    event.acctSessionId,
    began,
    began,
    event.routerId,
  );
  if (added === 0) return null;
  return (await sql.get<SessionRow>('SELECT * FROM sessions WHERE id = ?', id)) ?? null;
}

async function countIncrement(
  { sql }: WriteContext,
  before: SessionRow,
  after: SessionRow,
  day: string,
): Promise<void> {
  const input = after.input_octets - before.input_octets;
  const output = after.output_octets - before.output_octets;
  const seconds = after.seconds - before.seconds;
  if (input + output > 0) {
    await sql.run(
      'UPDATE routers SET input_octets = input_octets + ?, output_octets = output_octets + ? WHERE id = ?',
      input,
      output,
      before.router_id,
    );
  }
  if (before.account_id !== null && input + output + seconds > 0) {
    await sql.run(
      `INSERT INTO usage_days (account_kind, account_id, day, octets, seconds) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (account_id, day) DO UPDATE SET
         octets = usage_days.octets + excluded.octets, seconds = usage_days.seconds + excluded.seconds`,
      before.account_kind,
      before.account_id,
      day,
      input + output,
      seconds,
    );
  }
}
