/**
 * Which session a report is about.
 *
 * The Class of the Access-Accept names it. Without one (some NASes drop it) the phone, the user name and
 * the Acct-Session-Id do, but a router that lost power uses its ids again (RFC 2866 §5.5 promises them
 * unique for one run only): two sessions of one id are told apart by when they began. A one-time token
 * opens one login, so under its user name an id stands for one session, however late the report.
 */

import { isTokenName } from '../token-name.ts';
import type { AccountingEvent } from '../types.ts';
import { beganAt, isSilence, SAME_BEGIN_MS } from './merge.ts';
import type { AccountedRow } from './rows.ts';

/** The session that the Class names, if it is this router's and has no other Acct-Session-Id. */
export function boundRow(
  event: AccountingEvent,
  bound: AccountedRow | undefined,
): AccountedRow | undefined {
  if (bound === undefined || bound.router_id !== event.routerId) return undefined;
  const id = bound.acct_session_id;
  return id === null || id === event.acctSessionId ? bound : undefined;
}

/** Among the sessions of the phone at this router the one that began nearest to when this one did. */
export function nearestRow(
  event: AccountingEvent,
  bound: AccountedRow | undefined,
  phone: readonly AccountedRow[],
): AccountedRow | undefined {
  const began = beganAt(event);
  const once = isTokenName(event.username);
  let nearest: AccountedRow | undefined;
  let distance = once ? Number.POSITIVE_INFINITY : SAME_BEGIN_MS + 1;
  for (const row of phone) {
    const apart = Math.abs(row.started_at - began);
    if (apart >= distance || row.username !== event.username) continue;
    // A login that waits for its Start, where the NAS dropped the Class.
    const mayAdopt = row.acct_session_id === null && bound === undefined;
    if (row.acct_session_id !== event.acctSessionId && !mayAdopt) continue;
    if (!once && beganAfterEnd(row, event)) continue;
    nearest = row;
    distance = apart;
  }
  return nearest;
}

/** Whether more must be known than the session that the Class names: of the phone, or whose login it was. */
export function needsPhone(event: AccountingEvent, bound: AccountedRow | undefined): boolean {
  const row = boundRow(event, bound);
  if (row === undefined || row.state === 'opening') return true;
  return isSilence(row) && event.status !== 'stop';
}

/** A second session under one id, right after the first; the same Stop again, only later, is none. */
function beganAfterEnd(row: AccountedRow, event: AccountingEvent): boolean {
  if (row.state !== 'closed' || isSilence(row) || beganAt(event) <= row.stopped_at!) return false;
  const same =
    event.status === 'stop' &&
    event.seconds === row.seconds &&
    event.inputOctets === row.input_octets &&
    event.outputOctets === row.output_octets;
  return !same;
}
