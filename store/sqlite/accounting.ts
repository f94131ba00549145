/**
 * A batch of accounting on SQLite: what concerns it is read, decided (accounting/batch.ts), and each row
 * written once. Statements are prepared, so rows one by one cost less than one statement that unpacks them.
 */
import { uuidv7 } from '../../lib/uuid.ts';
import { planBatch } from '../accounting/batch.ts';
import { boundRow, needsPhone } from '../accounting/find.ts';
import { beganAt, SAME_BEGIN_MS } from '../accounting/merge.ts';
import {
  ACCOUNTED,
  type AccountedRow,
  type AccountingPlan,
  type Facts,
  NEWEST_OF_PHONE,
  type TokenOwner,
} from '../accounting/rows.ts';
import { tell } from '../accounting/tell.ts';
import type { Sql, WriteContext } from '../sql.ts';
import type { AccountingEvent } from '../types.ts';

const BY_ID = `SELECT ${ACCOUNTED} FROM sessions WHERE id = ?`;
const NEAR_IN_TIME = `SELECT ${ACCOUNTED} FROM sessions
  WHERE router_id = ? AND mac = ? AND started_at >= ? AND started_at <= ?`;
const NEWEST = `SELECT ${ACCOUNTED} FROM sessions WHERE router_id = ? AND mac = ?
  ORDER BY started_at DESC LIMIT ${NEWEST_OF_PHONE}`;
const TOKEN = `SELECT username, router_id, mac, account_kind, account_id FROM tokens WHERE username = ?`;

const COUNTED = `UPDATE sessions SET updated_at = ?, input_octets = ?, output_octets = ?, seconds = ?
  WHERE id = ?`;
const CHANGED = `UPDATE sessions SET updated_at = ?, input_octets = ?, output_octets = ?, seconds = ?,
    state = ?, started_at = ?, stopped_at = ?, stop_cause = ?, framed_ip = ?, acct_session_id = ?,
    bucket = ?, earlier = ?
  WHERE id = ?`;
const ADDED = `INSERT INTO sessions (id, router_id, router, village_code, account_kind, account_id,
    tariff_id, username, mac, framed_ip, acct_session_id, state, started_at, updated_at, stopped_at,
    stop_cause, input_octets, output_octets, seconds, bucket, earlier)
  SELECT ?, r.id, r.name, r.village_code, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
  FROM routers r WHERE r.id = ?`;
const ROUTER = `UPDATE routers SET input_octets = input_octets + ?, output_octets = output_octets + ?
  WHERE id = ?`;
const DAY = `INSERT INTO usage_days (account_kind, account_id, day, octets, input_octets, seconds, sessions)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (account_id, day) DO UPDATE SET
    octets = usage_days.octets + excluded.octets,
    input_octets = usage_days.input_octets + excluded.input_octets,
    seconds = usage_days.seconds + excluded.seconds,
    sessions = usage_days.sessions + excluded.sessions`;
const ROLLUP = `INSERT INTO usage_rollups (kind, period, bucket, id, input_octets, output_octets, seconds,
    sessions)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (kind, period, bucket, id) DO UPDATE SET
    input_octets = usage_rollups.input_octets + excluded.input_octets,
    output_octets = usage_rollups.output_octets + excluded.output_octets,
    seconds = usage_rollups.seconds + excluded.seconds,
    sessions = usage_rollups.sessions + excluded.sessions`;

/** Records all or throws; answers with the session of each event, in order. */
export async function recordBatch(
  ctx: WriteContext,
  events: readonly AccountingEvent[],
): Promise<{ sessionId: string }[]> {
  const facts = await readFacts(ctx.sql, events);
  const plan = planBatch(events, { ...facts, newId: uuidv7 });
  await write(ctx.sql, plan);
  tell(ctx, plan);
  return plan.sessionIds.map((sessionId) => ({ sessionId }));
}

async function readFacts(sql: Sql, events: readonly AccountingEvent[]): Promise<Facts> {
  const bound = new Map<string, AccountedRow>();
  const phones: AccountedRow[] = [];
  const tokens: TokenOwner[] = [];
  const routers = new Set<string>();
  /** Which Acct-Session-Id of the batch a login that waits is given to: the first one that names it. */
  const given = new Map<string, string>();
  for (const event of events) {
    const { sessionId, routerId, mac } = event;
    if (sessionId !== null && !bound.has(sessionId)) {
      const row = await sql.get<AccountedRow>(BY_ID, sessionId);
      if (row !== undefined) bound.set(sessionId, row);
    }
    const named = bound.get(sessionId ?? '');
    if (!needsPhone(event, named)) continue;
    if (mac !== '') phones.push(...(await sql.all<AccountedRow>(NEWEST, routerId, mac)));
    if (sessionId !== null && boundRow(event, named) !== undefined) {
      if (!given.has(sessionId)) given.set(sessionId, event.acctSessionId);
      if (given.get(sessionId) === event.acctSessionId) continue;
    }
    const began = beganAt(event);
    const near = [routerId, mac, began - SAME_BEGIN_MS, began + SAME_BEGIN_MS] as const;
    phones.push(...(await sql.all<AccountedRow>(NEAR_IN_TIME, ...near)));
    const token = await sql.get<TokenOwner>(TOKEN, event.username);
    if (token !== undefined) tokens.push(token);
    if (routers.has(routerId)) continue;
    const router = await sql.get('SELECT 1 FROM routers WHERE id = ?', routerId);
    if (router !== undefined) routers.add(routerId);
  }
  return { bound, phones, tokens, routers };
}

async function write(sql: Sql, plan: AccountingPlan): Promise<void> {
  for (const row of plan.added) await add(sql, row);
  for (const row of plan.counted) await sql.run(COUNTED, ...totalsOf(row), row.id);
  for (const row of plan.changed) await sql.run(CHANGED, ...totalsOf(row), ...restOf(row), row.id);
  for (const { id, input, output } of plan.routers) await sql.run(ROUTER, input, output, id);
  for (const sum of plan.days) {
    await sql.run(
      DAY,
      sum.accountKind,
      sum.accountId,
      sum.day,
      sum.input + sum.output,
      sum.input,
      sum.seconds,
      sum.sessions,
    );
  }
  for (const sum of plan.rollups) {
    await sql.run(
      ROLLUP,
      sum.kind,
      sum.period,
      sum.bucket,
      sum.id,
      sum.input,
      sum.output,
      sum.seconds,
      sum.sessions,
    );
  }
}

async function add(sql: Sql, row: AccountedRow): Promise<void> {
  await sql.run(
    ADDED,
    row.id,
    row.account_kind,
    row.account_id,
    row.tariff_id,
    row.username,
    row.mac,
    row.framed_ip,
    row.acct_session_id,
    row.state,
    row.started_at,
    row.updated_at,
    row.stopped_at,
    row.stop_cause,
    row.input_octets,
    row.output_octets,
    row.seconds,
    row.bucket,
    row.earlier,
    row.router_id,
  );
}

function totalsOf(row: AccountedRow) {
  return [row.updated_at, row.input_octets, row.output_octets, row.seconds] as const;
}

function restOf(row: AccountedRow) {
  return [
    row.state,
    row.started_at,
    row.stopped_at,
    row.stop_cause,
    row.framed_ip,
    row.acct_session_id,
    row.bucket,
    row.earlier,
  ] as const;
}
