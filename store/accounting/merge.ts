/**
 * A session after one more report. Packets repeat, overtake each other and get lost (RFC 2866 §2; RFC 5080
 * §2.2): whatever the order in which they come, the outcome is the same.
 *
 * - A NAS's word on the end is final; what we concluded ourselves is not. `Stale`, from silence, is undone by
 *   any newer report. `NAS-Reboot` (Accounting-On) and `Admin-Reset` (router removed) give way to a Stop only:
 *   the router forgot its sessions, so that a report of one was under way.
 * - Totals never fall: a Stop without counters, or one with zeros, takes nothing away.
 * - A total that falls is taken for an old one, and never for a 32-bit counter that wrapped. A NAS that can
 *   wrap sends Gigawords (RFC 2869 §5.1); of one that does not, a wrap cannot be told from a late report or
 *   a counter that was reset, and a wrong guess costs the subscriber 4 GiB.
 */
import type { AccountingEvent } from '../types.ts';
import type { AccountedRow } from './rows.ts';

/**
 * How far apart two reports may put the beginning of one session: what is repeated without a new
 * Acct-Delay-Time, or counts its seconds roughly, differs by less.
 */
export const SAME_BEGIN_MS = 120_000;

/** Causes under which NASes report that the octets of a session are used up; RFC 2866 has none for it. */
const DATA_ENDS: readonly (string | null)[] = ['Session-Timeout', 'NAS-Request', 'Unknown'];

const OURS: readonly (string | null)[] = ['NAS-Reboot', 'Admin-Reset'];

/** When, by the NAS, the session began. */
export function beganAt(event: AccountingEvent): number {
  return Math.max(0, event.eventAt - event.seconds * 1000);
}

/** Everything but the totals, which are raised before. */
export function mergeState(row: AccountedRow, event: AccountingEvent): void {
  const newer = event.eventAt >= row.updated_at;
  if (event.framedIp !== null && (newer || row.framed_ip === null)) row.framed_ip = event.framedIp;
  row.acct_session_id ??= event.acctSessionId;
  // Of a session without a login here nobody else knows when it began.
  if (row.tariff_id === null) row.started_at = Math.min(row.started_at, beganAt(event));
  const at = event.status === 'stop' ? stoppedAt(row, event) : event.eventAt;
  const silentSince = row.updated_at;
  row.updated_at = Math.max(row.updated_at, at);
  if (event.status === 'stop') {
    stop(row, event.cause ?? 'Unknown', at);
  } else if (row.state !== 'closed') {
    row.state = 'open';
  } else if (isSilence(row)) {
    if (event.eventAt > silentSince) reopen(row);
  } else if (OURS.includes(row.stop_cause)) {
    row.stopped_at = Math.max(row.stopped_at ?? 0, at);
  }
  if (endedByData(row)) row.stop_cause = 'Data-Limit';
}

/** Closed because nothing was heard of it: the next report undoes that. */
export function isSilence(row: AccountedRow): boolean {
  return row.state === 'closed' && row.stop_cause === 'Stale';
}

/** Ends a session at the time of its last report, reversibly. */
export function silence(row: AccountedRow): void {
  row.state = 'closed';
  row.stop_cause = 'Stale';
  row.stopped_at = row.updated_at;
}

function reopen(row: AccountedRow): void {
  row.state = 'open';
  row.stop_cause = null;
  row.stopped_at = null;
}

/** Of two ends the NAS's own counts, and of two of a kind the one whose report was least late. */
function stop(row: AccountedRow, cause: string, at: number): void {
  const had = row.state === 'closed' ? rank(row.stop_cause) : -1;
  const has = rank(cause);
  if (has < had) return;
  if (has === had && (OURS.includes(cause) ? at <= row.stopped_at! : at >= row.stopped_at!)) return;
  row.state = 'closed';
  row.stop_cause = cause;
  row.stopped_at = at;
}

function rank(cause: string | null): number {
  if (cause === 'Stale') return 0;
  return OURS.includes(cause) ? 1 : 2;
}

/** A Stop that was kept back for days, and does not say so, happened when its seconds were over. */
function stoppedAt(row: AccountedRow, event: AccountingEvent): number {
  const over = row.started_at + event.seconds * 1000;
  return event.seconds > 0 && event.eventAt - over > SAME_BEGIN_MS ? over : event.eventAt;
}

function endedByData(row: AccountedRow): boolean {
  return (
    row.state === 'closed' &&
    row.total_limit_octets !== null &&
    row.input_octets + row.output_octets >= row.total_limit_octets &&
    DATA_ENDS.includes(row.stop_cause)
  );
}
