/**
 * Accounting, decided: from reports and the rows they concern to the rows to be written. Pure but for the
 * ids of new rows. Any number of reports, in any order, several of one session; splitting them into other
 * batches, or changing their order, changes nothing in the end.
 */
import type { AccountingEvent } from '../types.ts';
import { countTotals } from './buckets.ts';
import { boundRow, nearestRow } from './find.ts';
import { beganAt, mergeState, silence } from './merge.ts';
import type { AccountedRow, AccountingPlan, Facts } from './rows.ts';
import { createSums } from './sums.ts';

export interface PlanParts extends Facts {
  /** A new session id that sorts by `atMs`. */
  readonly newId: (atMs: number) => string;
}

/** A row on its way through a batch. */
interface Working {
  readonly row: AccountedRow;
  /** Null for a row that the batch adds. */
  readonly was: AccountedRow | null;
}

export function planBatch(events: readonly AccountingEvent[], parts: PlanParts): AccountingPlan {
  const table = createTable(parts);
  const sums = createSums();
  const sessionIds = events.map((event) => {
    const row = table.find(event) ?? table.add(event);
    if (row === null) return '';
    const { state } = row;
    countTotals(row, event, (hour, input, output, seconds, sessions) =>
      sums.add(row, hour, input, output, seconds, sessions),
    );
    mergeState(row, event);
    if (state === 'opening' || (state === 'closed' && row.state === 'open')) table.appeared(row);
    return row.id;
  });
  table.settle();
  return { sessionIds, ...table.written(), ...sums.take() };
}

function createTable(parts: PlanParts) {
  const rows = new Map<string, Working>();
  const phones = new Map<string, AccountedRow[]>();
  const appeared = new Set<string>();

  const take = (was: AccountedRow): AccountedRow => {
    const known = rows.get(was.id);
    if (known !== undefined) return known.row;
    const row = { ...was };
    rows.set(row.id, { row, was });
    join(phones, row);
    return row;
  };
  const bound = (event: AccountingEvent): AccountedRow | undefined => {
    if (event.sessionId === null) return undefined;
    const was = parts.bound.get(event.sessionId);
    return was === undefined ? rows.get(event.sessionId)?.row : take(was);
  };
  for (const row of parts.phones) take(row);
  return {
    find: (event: AccountingEvent): AccountedRow | undefined => {
      const named = bound(event);
      const phone = phones.get(phoneOf(event.routerId, event.mac)) ?? [];
      return boundRow(event, named) ?? nearestRow(event, named, phone);
    },
    /** Null when the router is gone: there is nobody whom the session could count for. */
    add: (event: AccountingEvent): AccountedRow | null => {
      if (!parts.routers.has(event.routerId)) return null;
      const row = newRow(event, parts, bound(event));
      rows.set(row.id, { row, was: null });
      join(phones, row);
      return row;
    },
    appeared: (row: AccountedRow): void => {
      if (row.mac !== '') appeared.add(phoneOf(row.router_id, row.mac));
    },
    settle: (): void => {
      for (const phone of appeared) endSuperseded(phones.get(phone)!);
    },
    written: () => written([...rows.values()]),
  };
}

/**
 * A phone has one session at a router. Where its newest began after an older one was last heard of, the
 * older is over, whether its Stop is lost or still to come; a newer report of the older one would show
 * that there are two after all.
 */
function endSuperseded(rows: readonly AccountedRow[]): void {
  let newest: AccountedRow | undefined;
  for (const row of rows) {
    if (row.acct_session_id === null) continue;
    if (newest === undefined || row.started_at > newest.started_at) newest = row;
  }
  for (const row of rows) {
    if (row.state !== 'open' || row === newest) continue;
    if (row.updated_at < newest!.started_at) silence(row);
  }
}

function newRow(
  event: AccountingEvent,
  parts: PlanParts,
  login: AccountedRow | undefined,
): AccountedRow {
  const began = beganAt(event);
  // A NAS may begin anew under an Accept that it remembers: the same login, so the same account.
  const heir = login?.router_id === event.routerId ? login : undefined;
  const token = parts.tokens.find(
    ({ username, router_id, mac }) =>
      username === event.username && router_id === event.routerId && mac === event.mac,
  );
  const freeId = login === undefined ? event.sessionId : null;
  return {
    id: freeId ?? parts.newId(began),
    router_id: event.routerId,
    account_kind: heir?.account_kind ?? token?.account_kind ?? null,
    account_id: heir?.account_id ?? token?.account_id ?? null,
    tariff_id: heir?.tariff_id ?? null,
    username: event.username,
    mac: event.mac,
    framed_ip: event.framedIp,
    acct_session_id: null,
    state: 'opening',
    started_at: began,
    updated_at: began,
    stopped_at: null,
    stop_cause: null,
    input_octets: 0,
    output_octets: 0,
    seconds: 0,
    total_limit_octets: null,
    bucket: null,
    earlier: null,
  };
}

function written(
  all: readonly Working[],
): Pick<AccountingPlan, 'added' | 'counted' | 'changed' | 'turned'> {
  const added: AccountedRow[] = [];
  const counted: AccountedRow[] = [];
  const changed: AccountedRow[] = [];
  const turned: string[] = [];
  for (const { row, was } of all) {
    if (was === null) added.push(row);
    else if (!sameButTotals(row, was)) changed.push(row);
    else if (!sameTotals(row, was)) counted.push(row);
    if (row.state !== was?.state) turned.push(row.id);
  }
  return {
    added: added.sort(byId),
    counted: counted.sort(byId),
    changed: changed.sort(byId),
    turned,
  };
}

function sameButTotals(a: AccountedRow, b: AccountedRow): boolean {
  return (
    a.state === b.state &&
    a.bucket === b.bucket &&
    a.earlier === b.earlier &&
    a.framed_ip === b.framed_ip &&
    a.acct_session_id === b.acct_session_id &&
    a.started_at === b.started_at &&
    a.stopped_at === b.stopped_at &&
    a.stop_cause === b.stop_cause
  );
}

function sameTotals(a: AccountedRow, b: AccountedRow): boolean {
  return (
    a.updated_at === b.updated_at &&
    a.input_octets === b.input_octets &&
    a.output_octets === b.output_octets &&
    a.seconds === b.seconds
  );
}

function byId(a: AccountedRow, b: AccountedRow): number {
  return a.id < b.id ? -1 : 1;
}

function phoneOf(routerId: string, mac: string): string {
  return `${routerId}|${mac}`;
}

function join(phones: Map<string, AccountedRow[]>, row: AccountedRow): void {
  const key = phoneOf(row.router_id, row.mac);
  const known = phones.get(key);
  if (known === undefined) phones.set(key, [row]);
  else known.push(row);
}
