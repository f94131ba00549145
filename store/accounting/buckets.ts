/**
 * Which hour a session's usage counts to.
 *
 * A NAS reports running totals, so an hour has used what the highest total up to its end has over the
 * highest total before it. Reports overtake each other: one of 23:59 that comes after one of 00:01 takes
 * back from the new day what had been used before midnight. For that a session keeps its totals at the end
 * of the hours before; a report of an hour long past counts to the oldest hour that is still kept.
 *
 * Nobody knows when within the time between two reports the octets flowed: all of them count to the hour
 * of the later report.
 */
import type { AccountingEvent } from '../types.ts';
import type { AccountedRow } from './rows.ts';

/** Takes what an hour has more (or, when moved, less) of; `sessions` of those that began in it. */
export type Count = (
  hour: string,
  input: number,
  output: number,
  seconds: number,
  sessions: number,
) => void;

/** Running totals at the end of an hour, as far as reports tell. */
type Mark = readonly [hour: string, input: number, output: number, seconds: number];

/** Hours before the newest that stay open to late reports. */
const EARLIER_HOURS = 5;

/** Raises the row's totals to those of the event; says to `count` what that makes of which hour. */
export function countTotals(row: AccountedRow, event: AccountingEvent, count: Count): void {
  if (row.bucket === null) {
    // A session of an older version has totals, but not their hour; it was counted when it began.
    const known = row.acct_session_id !== null;
    row.bucket = event.hour;
    if (!known) count(event.hour, 0, 0, 0, 1);
  }
  const input = Math.max(0, event.inputOctets - row.input_octets);
  const output = Math.max(0, event.outputOctets - row.output_octets);
  const seconds = Math.max(0, event.seconds - row.seconds);
  if (event.hour < row.bucket) {
    countLate(row, event, count);
  } else if (input + output + seconds > 0) {
    if (event.hour !== row.bucket) turnHour(row, event.hour);
    count(event.hour, input, output, seconds, 0);
  }
  row.input_octets += input;
  row.output_octets += output;
  row.seconds += seconds;
}

/** The totals so far are those at the end of the hour that was the newest. */
function turnHour(row: AccountedRow, hour: string): void {
  const marks = marksOf(row).slice(-EARLIER_HOURS);
  row.earlier = JSON.stringify(marks);
  row.bucket = hour;
}

/** Counts an event of an earlier hour: what it raises there is taken from the hours after it. */
function countLate(row: AccountedRow, event: AccountingEvent, count: Count): void {
  const before = marksOf(row);
  const hour =
    before.length > EARLIER_HOURS && event.hour < before[0]![0] ? before[0]![0] : event.hour;
  const reported: Mark = [hour, event.inputOctets, event.outputOctets, event.seconds];
  const after = raise(before, reported);
  for (const mark of usedBy(before)) count(mark[0], -mark[1], -mark[2], -mark[3], 0);
  for (const mark of usedBy(after)) count(mark[0], mark[1], mark[2], mark[3], 0);
  if (after[0]![0] < before[0]![0]) {
    count(before[0]![0], 0, 0, 0, -1);
    count(after[0]![0], 0, 0, 0, 1);
  }
  row.bucket = after.at(-1)![0];
  const earlier = after.slice(0, -1).slice(-EARLIER_HOURS);
  row.earlier = earlier.length === 0 ? null : JSON.stringify(earlier);
}

/** With the report among them; hours in which nothing was used are left out, but for the first. */
function raise(marks: readonly Mark[], [hour, input, output, seconds]: Mark): Mark[] {
  const at = marks.findIndex((mark) => mark[0] >= hour);
  const previous: Mark = marks[at - 1] ?? [hour, 0, 0, 0];
  const own = marks[at]![0] === hour ? [] : [[hour, previous[1], previous[2], previous[3]] as Mark];
  const later = [...own, ...marks.slice(at)].map(
    (mark): Mark => [
      mark[0],
      Math.max(mark[1], input),
      Math.max(mark[2], output),
      Math.max(mark[3], seconds),
    ],
  );
  const all = [...marks.slice(0, at), ...later];
  return all.filter(
    (mark, i) =>
      i === 0 ||
      mark[1] !== all[i - 1]![1] ||
      mark[2] !== all[i - 1]![2] ||
      mark[3] !== all[i - 1]![3],
  );
}

/** From totals at the end of hours to what was used within each. */
function usedBy(marks: readonly Mark[]): Mark[] {
  return marks.map((mark, i) => {
    const before = marks[i - 1] ?? [mark[0], 0, 0, 0];
    return [mark[0], mark[1] - before[1], mark[2] - before[2], mark[3] - before[3]];
  });
}

/** Oldest first; the last is the newest hour, with the totals of the row. */
function marksOf(row: AccountedRow): Mark[] {
  const earlier = row.earlier === null ? [] : (JSON.parse(row.earlier) as Mark[]);
  return [...earlier, [row.bucket!, row.input_octets, row.output_octets, row.seconds]];
}
