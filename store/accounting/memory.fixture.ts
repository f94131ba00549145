/** Accounting over rows in memory: what an engine reads and writes around {@link planBatch}. */
import type { AccountingEvent } from '../types.ts';
import { planBatch } from './batch.ts';
import { needsPhone } from './find.ts';
import { beganAt, SAME_BEGIN_MS } from './merge.ts';
import { type AccountedRow, NEWEST_OF_PHONE, type TokenOwner } from './rows.ts';

export const HOUR_MS = 3_600_000;
export const AT = Date.parse('2026-11-24T20:00:00Z');

export class Memory {
  readonly rows = new Map<string, AccountedRow>();
  /** What was added up, by the key of the row it would be in. */
  readonly sums = new Map<string, number[]>();
  readonly routers = new Set(['r1', 'r2']);
  readonly tokens: TokenOwner[] = [];
  /** Sessions whose rows were written with all their columns. */
  changed = 0;
  private ids = 0;

  login(over: Partial<AccountedRow> & { id: string }): void {
    const base = {
      router_id: 'r1',
      account_kind: 'voucher',
      account_id: 'a1',
      tariff_id: 't1',
      username: 'siti',
      mac: 'm1',
      started_at: AT,
    } as const;
    this.rows.set(over.id, { ...EMPTY, ...base, updated_at: over.started_at ?? AT, ...over });
  }

  record(...events: AccountingEvent[]): readonly string[] {
    const plan = planBatch(events, {
      bound: this.rows,
      phones: events.flatMap((event) => this.phone(event)),
      tokens: this.tokens,
      routers: this.routers,
      newId: () => this.newId(),
    });
    for (const row of [...plan.added, ...plan.counted, ...plan.changed]) this.rows.set(row.id, row);
    this.changed += plan.changed.length;
    for (const { id, input, output } of plan.routers) this.add(`total ${id}`, [input, output]);
    for (const { accountId, day, input, output, seconds, sessions } of plan.days) {
      this.add(`day ${accountId} ${day}`, [input, output, seconds, sessions]);
    }
    for (const { kind, period, bucket, id, input, output, seconds, sessions } of plan.rollups) {
      this.add(`${kind} ${period} ${id} ${bucket}`, [input, output, seconds, sessions]);
    }
    return plan.sessionIds;
  }

  /** Sums that are not nothing, by key. */
  get usage(): Record<string, number[]> {
    const some = [...this.sums].filter(([, values]) => values.some((value) => value !== 0));
    return Object.fromEntries(some.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  private newId(): string {
    this.ids += 1;
    return `new-${this.ids}`;
  }

  private add(key: string, values: number[]): void {
    const had = this.sums.get(key) ?? values.map(() => 0);
    this.sums.set(
      key,
      values.map((value, i) => value + had[i]!),
    );
  }

  private phone(event: AccountingEvent): AccountedRow[] {
    if (!needsPhone(event, this.rows.get(event.sessionId ?? ''))) return [];
    const own = [...this.rows.values()].filter(
      (row) => row.router_id === event.routerId && row.mac === event.mac,
    );
    const near = own.filter((row) => Math.abs(row.started_at - beganAt(event)) <= SAME_BEGIN_MS);
    const newest = own.toSorted((a, b) => b.started_at - a.started_at).slice(0, NEWEST_OF_PHONE);
    return [...near, ...newest];
  }
}

const EMPTY: AccountedRow = {
  id: '',
  router_id: '',
  account_kind: null,
  account_id: null,
  tariff_id: null,
  username: '',
  mac: '',
  framed_ip: null,
  acct_session_id: null,
  state: 'opening',
  started_at: 0,
  updated_at: 0,
  stopped_at: null,
  stop_cause: null,
  input_octets: 0,
  output_octets: 0,
  seconds: 0,
  total_limit_octets: null,
  bucket: null,
  earlier: null,
};

/** A report of session `80000001` of phone m1 at router r1, `seconds` after {@link AT}. */
export function event(
  status: AccountingEvent['status'],
  seconds: number,
  over: Partial<AccountingEvent> = {},
): AccountingEvent {
  const eventAt = over.eventAt ?? AT + seconds * 1000;
  const hour = new Date(eventAt).toISOString().slice(0, 13);
  return {
    routerId: 'r1',
    status,
    acctSessionId: '80000001',
    username: 'siti',
    sessionId: null,
    mac: 'm1',
    framedIp: '172.16.0.9',
    inputOctets: 0,
    outputOctets: 0,
    seconds,
    eventAt,
    day: hour.slice(0, 10),
    hour,
    cause: status === 'stop' ? 'User-Request' : null,
    ...over,
  };
}
