/**
 * A batch of accounting on PostgreSQL: decided as on every engine (accounting/batch.ts), read and written with
 * one statement a table, whatever the size of the batch.
 *
 * Several nodes may get reports of one session at the same time. Its row is locked before it is read, so
 * that each increment is counted once. Locks are taken in one order everywhere (phones, sessions, days,
 * routers, roll-ups, each by key), so that no two batches wait for each other.
 */
import { uuidv7 } from '../../lib/uuid.ts';
import { planBatch } from '../accounting/batch.ts';
import { needsPhone } from '../accounting/find.ts';
import { beganAt, SAME_BEGIN_MS } from '../accounting/merge.ts';
import {
  ACCOUNTED,
  type AccountedRow,
  type AccountingPlan,
  type DayIncrement,
  type Facts,
  NEWEST_OF_PHONE,
  type RollupIncrement,
  type RouterIncrement,
  type TokenOwner,
} from '../accounting/rows.ts';
import { tell } from '../accounting/tell.ts';
import type { Sql, SqlList, WriteContext } from '../sql.ts';
import type { AccountingEvent } from '../types.ts';
import { withoutNul } from './statements.ts';

const BY_ID = `SELECT ${ACCOUNTED} FROM sessions WHERE id = ANY(?::text[])`;
const LOCKED = `${BY_ID} ORDER BY id FOR UPDATE`;
const LOCK_PHONES = `SELECT pg_advisory_xact_lock(hashtextextended(phone, 0))
  FROM (SELECT DISTINCT phone FROM unnest(?::text[]) AS phones (phone) ORDER BY phone) AS ordered`;
const OF_PHONES = `SELECT found.id
  FROM unnest(?::text[], ?::text[], ?::bigint[]) AS asked (router_id, mac, began)
  CROSS JOIN LATERAL (
    (SELECT id FROM sessions s WHERE s.router_id = asked.router_id AND s.mac = asked.mac
       AND s.started_at BETWEEN asked.began - ${SAME_BEGIN_MS} AND asked.began + ${SAME_BEGIN_MS})
    UNION
    (SELECT id FROM sessions s WHERE s.router_id = asked.router_id AND s.mac = asked.mac
       AND asked.mac <> '' ORDER BY s.started_at DESC LIMIT ${NEWEST_OF_PHONE})
  ) AS found`;
const TOKENS = `SELECT username, router_id, mac, account_kind, account_id FROM tokens
  WHERE username = ANY(?::text[])`;
const ROUTERS_THERE = 'SELECT id FROM routers WHERE id = ANY(?::text[])';

const COUNTED = `UPDATE sessions s SET updated_at = n.updated_at, input_octets = n.input_octets,
    output_octets = n.output_octets, seconds = n.seconds
  FROM unnest(?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
    AS n (id, updated_at, input_octets, output_octets, seconds)
  WHERE s.id = n.id`;
const CHANGED = `UPDATE sessions s SET updated_at = n.updated_at, input_octets = n.input_octets,
    output_octets = n.output_octets, seconds = n.seconds, state = n.state, started_at = n.started_at,
    stopped_at = n.stopped_at, stop_cause = n.stop_cause, framed_ip = n.framed_ip,
    acct_session_id = n.acct_session_id, bucket = n.bucket, earlier = n.earlier
  FROM unnest(?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::bigint[],
      ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
    AS n (id, updated_at, input_octets, output_octets, seconds, state, started_at, stopped_at,
      stop_cause, framed_ip, acct_session_id, bucket, earlier)
  WHERE s.id = n.id`;
const ADDED = `INSERT INTO sessions (id, updated_at, input_octets, output_octets, seconds, state, started_at,
    stopped_at, stop_cause, framed_ip, acct_session_id, bucket, earlier, account_kind, account_id,
    tariff_id, username, mac, router_id, router, village_code)
  SELECT n.*, r.name, r.village_code
  FROM unnest(?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::bigint[],
      ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
      ?::text[], ?::text[], ?::text[], ?::text[])
    AS n (id, updated_at, input_octets, output_octets, seconds, state, started_at, stopped_at,
      stop_cause, framed_ip, acct_session_id, bucket, earlier, account_kind, account_id, tariff_id,
      username, mac, router_id)
  JOIN routers r ON r.id = n.router_id`;
const DAYS = `INSERT INTO usage_days (account_kind, account_id, day, octets, input_octets, seconds, sessions)
  SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
  ON CONFLICT (account_id, day) DO UPDATE SET
    octets = usage_days.octets + excluded.octets,
    input_octets = usage_days.input_octets + excluded.input_octets,
    seconds = usage_days.seconds + excluded.seconds,
    sessions = usage_days.sessions + excluded.sessions`;
const ROUTERS = `WITH held AS MATERIALIZED
    (SELECT id FROM routers WHERE id = ANY(?::text[]) ORDER BY id FOR NO KEY UPDATE)
  UPDATE routers r SET input_octets = r.input_octets + n.input, output_octets = r.output_octets + n.output
  FROM held JOIN unnest(?::text[], ?::bigint[], ?::bigint[]) AS n (id, input, output) USING (id)
  WHERE r.id = held.id`;
const ROLLUPS = `INSERT INTO usage_rollups (kind, period, bucket, id, input_octets, output_octets, seconds,
    sessions)
  SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[],
    ?::bigint[])
  ON CONFLICT (kind, period, bucket, id) DO UPDATE SET
    input_octets = usage_rollups.input_octets + excluded.input_octets,
    output_octets = usage_rollups.output_octets + excluded.output_octets,
    seconds = usage_rollups.seconds + excluded.seconds,
    sessions = usage_rollups.sessions + excluded.sessions`;

/** Records all or throws; answers with the session of each event, in order. */
export async function recordBatch(
  ctx: WriteContext,
  reported: readonly AccountingEvent[],
): Promise<{ sessionId: string }[]> {
  const events = reported.map(asKept);
  const facts = await readFacts(ctx.sql, events);
  const plan = planBatch(events, { ...facts, newId: uuidv7 });
  await write(ctx.sql, plan);
  tell(ctx, plan);
  return plan.sessionIds.map((sessionId) => ({ sessionId }));
}

async function readFacts(sql: Sql, events: readonly AccountingEvent[]): Promise<Facts> {
  const named = [...new Set(events.map((event) => event.sessionId).filter((id) => id !== null))];
  const before = byId(await sql.all<AccountedRow>(BY_ID, named));
  let asking = events.filter((event) => needsPhone(event, before.get(event.sessionId ?? '')));
  // Nobody else adds a session of these phones now.
  if (asking.length > 0) await sql.run(LOCK_PHONES, asking.map(phoneLock));
  const rows = await lockSessions(sql, named, asking);
  // What another node has changed meanwhile may ask for more; that is too rare to have an order of its own.
  const late = events.filter(
    (event) => !asking.includes(event) && needsPhone(event, rows.get(event.sessionId ?? '')),
  );
  if (late.length > 0) {
    await sql.run(LOCK_PHONES, late.map(phoneLock));
    for (const [id, row] of await lockSessions(sql, [], late)) rows.set(id, row);
    asking = [...asking, ...late];
  }
  if (asking.length === 0) return { bound: rows, phones: [], tokens: [], routers: new Set() };
  const [tokens, routers] = await Promise.all([
    sql.all<TokenOwner>(
      TOKENS,
      asking.map(({ username }) => username),
    ),
    sql.all<{ id: string }>(
      ROUTERS_THERE,
      asking.map(({ routerId }) => routerId),
    ),
  ]);
  const there = new Set(routers.map(({ id }) => id));
  return { bound: rows, phones: [...rows.values()], tokens, routers: there };
}

async function lockSessions(
  sql: Sql,
  named: readonly string[],
  asking: readonly AccountingEvent[],
): Promise<Map<string, AccountedRow>> {
  const ofPhones =
    asking.length === 0
      ? []
      : await sql.all<{ id: string }>(
          OF_PHONES,
          asking.map(({ routerId }) => routerId),
          asking.map(({ mac }) => mac),
          asking.map(beganAt),
        );
  const ids = [...named, ...ofPhones.map(({ id }) => id)];
  return byId(await sql.all<AccountedRow>(LOCKED, ids));
}

/** One flight: nothing waits for an answer, and what comes after a failure is refused by the database. */
async function write(sql: Sql, plan: AccountingPlan): Promise<void> {
  const put = async <T>(
    text: string,
    rows: readonly T[],
    columns: (all: readonly T[]) => SqlList[],
  ): Promise<void> => {
    if (rows.length > 0) await sql.run(text, ...columns(rows));
  };
  await Promise.all([
    put(ADDED, plan.added, (rows) => [...changedColumns(rows), ...ownerColumns(rows)]),
    put(COUNTED, plan.counted, countedColumns),
    put(CHANGED, plan.changed, changedColumns),
    put(DAYS, plan.days, dayColumns),
    put(ROUTERS, plan.routers, routerColumns),
    put(ROLLUPS, plan.rollups, rollupColumns),
  ]);
}

function countedColumns(rows: readonly AccountedRow[]): SqlList[] {
  return [
    rows.map((row) => row.id),
    rows.map((row) => row.updated_at),
    rows.map((row) => row.input_octets),
    rows.map((row) => row.output_octets),
    rows.map((row) => row.seconds),
  ];
}

function changedColumns(rows: readonly AccountedRow[]): SqlList[] {
  return [
    ...countedColumns(rows),
    rows.map((row) => row.state),
    rows.map((row) => row.started_at),
    rows.map((row) => row.stopped_at),
    rows.map((row) => row.stop_cause),
    rows.map((row) => row.framed_ip),
    rows.map((row) => row.acct_session_id),
    rows.map((row) => row.bucket),
    rows.map((row) => row.earlier),
  ];
}

function ownerColumns(rows: readonly AccountedRow[]): SqlList[] {
  return [
    rows.map((row) => row.account_kind),
    rows.map((row) => row.account_id),
    rows.map((row) => row.tariff_id),
    rows.map((row) => row.username),
    rows.map((row) => row.mac),
    rows.map((row) => row.router_id),
  ];
}

function dayColumns(sums: readonly DayIncrement[]): SqlList[] {
  return [
    sums.map((sum) => sum.accountKind),
    sums.map((sum) => sum.accountId),
    sums.map((sum) => sum.day),
    sums.map((sum) => sum.input + sum.output),
    sums.map((sum) => sum.input),
    sums.map((sum) => sum.seconds),
    sums.map((sum) => sum.sessions),
  ];
}

function routerColumns(sums: readonly RouterIncrement[]): SqlList[] {
  const ids = sums.map((sum) => sum.id);
  return [ids, ids, sums.map((sum) => sum.input), sums.map((sum) => sum.output)];
}

function rollupColumns(sums: readonly RollupIncrement[]): SqlList[] {
  return [
    sums.map((sum) => sum.kind),
    sums.map((sum) => sum.period),
    sums.map((sum) => sum.bucket),
    sums.map((sum) => sum.id),
    sums.map((sum) => sum.input),
    sums.map((sum) => sum.output),
    sums.map((sum) => sum.seconds),
    sums.map((sum) => sum.sessions),
  ];
}

/** As the database will give it back, so that the next report finds it. */
function asKept(event: AccountingEvent): AccountingEvent {
  const { username, acctSessionId, mac } = event;
  if (!`${username}${acctSessionId}${mac}`.includes('\0')) return event;
  return {
    ...event,
    username: withoutNul(username),
    acctSessionId: withoutNul(acctSessionId),
    mac: withoutNul(mac),
  };
}

function byId(rows: readonly AccountedRow[]): Map<string, AccountedRow> {
  return new Map(rows.map((row) => [row.id, row]));
}

function phoneLock({ routerId, mac }: AccountingEvent): string {
  return `phone:${routerId}:${mac}`;
}
