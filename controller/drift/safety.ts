/**
 * Which of the rows that somebody changed by hand may stay for a while, so that an operator can adopt them, and
 * which are ours again at once. Pure. What is not known to be harmless is not: who gets in, what is let through, which
 * names are answered and where phones are sent.
 */
import type { DriftRow } from './rows.ts';

/** How much goes through, and what things are called. */
const HARMLESS: readonly RegExp[] = [
  /^\/queue\//,
  /^\/ip\/pool$/,
  /^\/system\/(?:identity|note|clock)$/,
  /^\/system\/ntp\//,
  /^\/tool\/bandwidth-server$/,
];
/** Of menus whose other values keep phones apart, or say whom they ask and which page they see. */
const HARMLESS_VALUES: Readonly<Record<string, ReadonlySet<string>>> = {
  '/ip/dns': new Set(['cache-size', 'cache-max-ttl', 'max-concurrent-queries']),
  '/ip/dhcp-server': new Set(['lease-time', 'conflict-detection']),
  '/ip/hotspot': new Set(['idle-timeout', 'keepalive-timeout']),
  '/interface/wifi/configuration': new Set(['ssid', 'country', 'channel', 'name']),
  '/interface/wireless': new Set(['ssid', 'country', 'band', 'frequency', 'channel-width']),
};

/** Whether it may wait for an operator. */
export function mayStay({
  path,
  kind,
  values,
}: Pick<DriftRow, 'path' | 'kind' | 'values'>): boolean {
  if (HARMLESS.some((menu) => menu.test(path))) return true;
  const names = HARMLESS_VALUES[path];
  return names !== undefined && kind === 'changed' && values.every(({ name }) => names.has(name));
}

/** Of rows that differ, those to make ours again now; `since` by the row's id, first seen now where it is missing. */
export function dueRows(
  rows: readonly DriftRow[],
  args: {
    readonly since: ReadonlyMap<string, number>;
    readonly now: number;
    readonly graceMs: number;
    /** Whether the router's window lets it be changed beyond what safety asks for. */
    readonly mayChange: boolean;
  },
): readonly DriftRow[] {
  const { since, now, graceMs, mayChange } = args;
  return rows.filter(
    (row) => !mayStay(row) || (mayChange && now - (since.get(row.id) ?? now) >= graceMs),
  );
}
