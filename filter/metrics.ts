/** What the filter counts. Labels are closed sets; never who asked, nor what for. */
import type { Metrics } from '../lib/metrics.ts';
import type { BlockReason } from './categories.ts';
import type { Network } from './networks.ts';
import { type FilterTable, tableBytes } from './table.ts';

/**
 * `allowed` came from an upstream, `cached` from memory; `rebind` led inside; `refused` came from an
 * unknown source or asked for what we do not serve; `malformed` was no DNS question.
 */
export type Decision =
  | 'allowed'
  | 'cached'
  | 'blocked'
  | 'canary'
  | 'rebind'
  | 'refused'
  | 'servfail'
  | 'malformed';

/** What was not answered, or not as asked. */
export type DropReason =
  /** Too short, a response, or nonsense from a stranger. */
  | 'malformed'
  /** Too many questions wait for upstreams, in all or from one router: answered SERVFAIL. */
  | 'overload'
  | 'send_failed'
  | 'tcp_connections'
  | 'tcp_oversize'
  /** An upstream answer that belongs to no question. */
  | 'upstream_stray';

export interface FilterMetrics {
  decided(network: Network | null, decision: Decision): void;
  blocked(network: Network, reason: BlockReason): void;
  upstreamAnswered(seconds: number): void;
  dropped(reason: DropReason): void;
  tableSwapped(table: FilterTable): void;
}

const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3];

export function createFilterMetrics(metrics: Metrics): FilterMetrics {
  const place = ['router', 'village', 'district'] as const;
  const queries = metrics.counter(
    'smartwifi_dns_queries_total',
    'DNS questions by what became of them.',
    [...place, 'decision'],
  );
  const blocks = metrics.counter(
    'smartwifi_dns_blocks_total',
    'Blocked DNS questions by the category that blocked them.',
    [...place, 'category'],
  );
  const duration = metrics.histogram(
    'smartwifi_dns_upstream_duration_seconds',
    'Time that an upstream resolver took to answer.',
    DURATION_BUCKETS,
  );
  const dropped = metrics.counter(
    'smartwifi_dns_dropped_total',
    'DNS packets that were not answered, or not as asked.',
    ['reason'],
  );
  const entries = metrics.gauge('smartwifi_filter_table_entries', 'Names in the filter table.');
  const bytes = metrics.gauge('smartwifi_filter_table_bytes', 'Memory of the filter table.');
  return {
    decided: (network, decision) => queries.inc({ ...placeOf(network), decision }),
    blocked: (network, category) => blocks.inc({ ...placeOf(network), category }),
    upstreamAnswered: (seconds) => duration.observe({}, seconds),
    dropped: (reason) => dropped.inc({ reason }),
    tableSwapped: (table) => {
      entries.set(table.entries);
      bytes.set(tableBytes(table));
    },
  };
}

/** Strangers share one series. */
function placeOf(network: Network | null): { router: string; village: string; district: string } {
  if (network === null) return { router: 'unknown', village: 'unknown', district: 'unknown' };
  return { router: network.router, village: network.village, district: network.district };
}
