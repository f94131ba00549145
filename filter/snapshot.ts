/**
 * Everything that a verdict depends on, frozen at one moment: table, networks, policies. The resolver
 * holds one and replaces it by one assignment, so that a question never sees half of a change.
 */
import type { Policy } from '../store/types.ts';
import { requireWire } from './name.ts';
import { indexNetworks, type Network, type NetworkIndex } from './networks.ts';
import { type CompiledPolicy, compilePolicy, effectivePolicy } from './policy.ts';
import { portalNames } from './protected.ts';
import {
  createTableBuilder,
  type FilterTable,
  lookup,
  maskOf,
  openTable,
  type TableReader,
} from './table.ts';

export interface SnapshotRows {
  readonly networks: readonly Network[];
  readonly policies: readonly Policy[];
}

export interface SnapshotOptions {
  readonly portalHosts: readonly string[];
  /** True: every name may lead inside. Names: those, and all below them. */
  readonly allowPrivateAnswers: boolean | readonly string[];
}

export interface Snapshot {
  readonly rows: SnapshotRows;
  readonly lists: TableReader;
  readonly index: NetworkIndex;
  /** Of `index.networks[i]`. */
  readonly policies: readonly CompiledPolicy[];
  readonly mayLeadInside: (wire: Uint8Array, offset: number) => boolean;
}

/** `FILTER_CATEGORY_UNKNOWN`, `FILTER_NAME_INVALID`, `FILTER_NETWORK_INVALID`, `FILTER_NETWORK_OVERLAP`. */
export function takeSnapshot(
  rows: SnapshotRows,
  table: FilterTable,
  options: SnapshotOptions,
): Snapshot {
  const index = indexNetworks(rows.networks);
  /** Villages under one row share its compiled form. */
  const compiled = new Map<string, CompiledPolicy>();
  const policies = index.networks.map(({ village, district }) => {
    const policy = effectivePolicy(rows.policies, village, district);
    const key = `${policy.level} ${policy.code}`;
    const known = compiled.get(key) ?? compilePolicy(policy, options.portalHosts, table.seed);
    compiled.set(key, known);
    return known;
  });
  return {
    rows,
    lists: openTable(table),
    index,
    policies,
    mayLeadInside: insideRule(options, table),
  };
}

function insideRule(options: SnapshotOptions, table: FilterTable): Snapshot['mayLeadInside'] {
  const { allowPrivateAnswers } = options;
  if (typeof allowPrivateAnswers === 'boolean' && allowPrivateAnswers) return () => true;
  const builder = createTableBuilder(table.seed, 16);
  const names = typeof allowPrivateAnswers === 'boolean' ? [] : allowPrivateAnswers;
  for (const name of [...names, ...portalNames(options.portalHosts)]) {
    builder.insert(requireWire(name), maskOf(0, 'suffix'));
  }
  const exempt = openTable(builder.finish());
  return (wire, offset) => lookup(exempt, wire, offset) !== 0;
}
