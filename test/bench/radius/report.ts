/** The table: one line for each server under each load, and beside ours what was asked of it. */
import type { Figures } from './rounds.ts';

export interface Check {
  /** What is compared: `per s ÷ FreeRADIUS files`. */
  readonly what: string;
  readonly value: number;
  readonly bound: 'least' | 'most';
  readonly target: number;
}

export interface Row {
  readonly load: string;
  readonly server: string;
  readonly figures: Partial<Figures>;
  readonly checks: readonly Check[];
  /** What the columns cannot say. */
  readonly note?: string;
}

export interface Report {
  /** Machine, versions, settings. */
  readonly header: readonly string[];
  readonly rows: readonly Row[];
  /** Rows that could not be had, with the reason. */
  readonly skipped: readonly string[];
  /** Replies that do not verify, rows that are lost, refusals: the run is void. */
  readonly failures: readonly string[];
}

const COLUMNS: readonly (readonly [title: string, width: number, cell: (row: Row) => string])[] = [
  ['load', -22, ({ load }) => load],
  ['server', -28, ({ server }) => server],
  ['per s', 8, ({ figures }) => number(figures.perSecond, 0)],
  ['p50 ms', 8, ({ figures }) => number(figures.p50, 1)],
  ['p99 ms', 8, ({ figures }) => number(figures.p99, 1)],
  ['CPU µs', 8, ({ figures }) => number(figures.cpuMicros, 1)],
  ['gen %', 6, ({ figures }) => number((figures.generatorShare ?? Number.NaN) * 100, 0)],
  ['lost', 6, ({ figures }) => number(figures.lost, 0)],
];
const CHECK_WIDTH = 38;

export function met({ value, bound, target }: Check): boolean {
  return bound === 'least' ? value >= target : value <= target;
}

/** Text for a person; `--json` prints the {@link Report} itself with each check's verdict. */
export function render({ header, rows, skipped, failures }: Report): string {
  const titles = COLUMNS.map(([title, width]) => pad(title, width)).join(' ');
  const head = `${titles}  ${'checked'.padEnd(CHECK_WIDTH)}    is  target`;
  const lines = rows.flatMap((row, i) => {
    const [first, ...more] = row.checks.map(checkText);
    const cells = COLUMNS.map(([, width, cell]) => pad(cell(row), width)).join(' ');
    const gap = i > 0 && rows[i - 1]!.load !== row.load ? [''] : [];
    const line = `${cells}  ${first ?? row.note ?? ''}`.trimEnd();
    const rest = first !== undefined && row.note !== undefined ? [...more, row.note] : more;
    return [...gap, line, ...rest.map((text) => `${' '.repeat(titles.length + 2)}${text}`)];
  });
  const missed = rows.flatMap(({ checks }) => checks).filter((check) => !met(check)).length;
  const all = rows.reduce((sum, { checks }) => sum + checks.length, 0);
  return [
    ...header,
    '',
    head,
    '-'.repeat(head.length + 8),
    ...lines,
    '',
    `${all - missed} of ${all} targets met, ${missed} missed`,
    ...skipped.map((why) => `skipped: ${why}`),
    ...failures.map((why) => `FAILED: ${why}`),
  ].join('\n');
}

export function asJson(report: Report): unknown {
  const rows = report.rows.map((row) => ({
    ...row,
    checks: row.checks.map((check) => ({ ...check, met: met(check) })),
  }));
  return { ...report, rows };
}

function checkText(check: Check): string {
  const { what, value, bound, target } = check;
  const sign = bound === 'least' ? '≥' : '≤';
  const is = value >= 100 ? value.toFixed(0) : value.toFixed(2);
  return `${what.padEnd(CHECK_WIDTH)} ${is.padStart(5)}  ${sign} ${target}  ${met(check) ? 'met' : 'MISSED'}`;
}

function number(value: number | undefined, digits: number): string {
  return value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits);
}

function pad(text: string, width: number): string {
  return width < 0 ? text.padEnd(-width) : text.padStart(width);
}
