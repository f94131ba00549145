/** What accounting reads of the store, and what it wants written. */
import type { AccountKind, SessionState } from '../types.ts';

/** A session as accounting sees it, by the names of its columns. */
export interface AccountedRow {
  id: string;
  router_id: string;
  account_kind: AccountKind | null;
  account_id: string | null;
  tariff_id: string | null;
  username: string;
  mac: string;
  framed_ip: string | null;
  /** Null until the NAS has reported the session. */
  acct_session_id: string | null;
  state: SessionState;
  started_at: number;
  updated_at: number;
  stopped_at: number | null;
  stop_cause: string | null;
  input_octets: number;
  output_octets: number;
  seconds: number;
  total_limit_octets: number | null;
  /** Hour of the newest report that counted for something; null before the first. */
  bucket: string | null;
  /** Totals at the end of earlier hours (buckets.ts); null when there were none. */
  earlier: string | null;
}

/** Columns of {@link AccountedRow}, in the order of a SELECT. */
export const ACCOUNTED = `id, router_id, account_kind, account_id, tariff_id, username, mac, framed_ip,
  acct_session_id, state, started_at, updated_at, stopped_at, stop_cause, input_octets, output_octets,
  seconds, total_limit_octets, bucket, earlier`;

/**
 * How many of a phone's sessions at a router are looked at, newest first. It has one open session there, or
 * two while a Stop is under way.
 */
export const NEWEST_OF_PHONE = 4;

/** Whose login a session is that this store has no row of. */
export interface TokenOwner {
  readonly username: string;
  readonly router_id: string;
  readonly mac: string;
  readonly account_kind: AccountKind;
  readonly account_id: string;
}

/** What is known when a batch is planned. */
export interface Facts {
  /** Sessions that events name by Class, whatever their router. */
  readonly bound: ReadonlyMap<string, AccountedRow>;
  /** Sessions of the phones in question at their router: those near in time, and the newest. */
  readonly phones: readonly AccountedRow[];
  readonly tokens: readonly TokenOwner[];
  /** Routers that exist, of events without a row. */
  readonly routers: ReadonlySet<string>;
}

export interface RouterIncrement {
  readonly id: string;
  input: number;
  output: number;
}

export interface DayIncrement {
  readonly accountKind: AccountKind;
  readonly accountId: string;
  readonly day: string;
  input: number;
  output: number;
  seconds: number;
  sessions: number;
}

export interface RollupIncrement {
  readonly kind: 'router' | 'tariff' | 'account';
  readonly period: 'hour' | 'day';
  readonly bucket: string;
  readonly id: string;
  input: number;
  output: number;
  seconds: number;
  sessions: number;
}

/** Everything that a batch comes to; each list in the order of its keys, so that no two nodes lock crosswise. */
export interface AccountingPlan {
  /** Of each event, in order; '' when its router is gone and nothing was kept. */
  readonly sessionIds: readonly string[];
  readonly added: readonly AccountedRow[];
  /** Rows of which only totals and time of the last report changed: no index has those. */
  readonly counted: readonly AccountedRow[];
  readonly changed: readonly AccountedRow[];
  /** Sessions that began, ended or went on again. */
  readonly turned: readonly string[];
  readonly routers: readonly RouterIncrement[];
  readonly days: readonly DayIncrement[];
  readonly rollups: readonly RollupIncrement[];
}
