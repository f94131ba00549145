/**
 * The filtering forwarder: who asks, what the policy says, then an answer of our own or an upstream's.
 *
 * It forwards and caches; it does not recurse or validate. Policy and table are one {@link Snapshot},
 * swapped by one assignment, so a change drops no question; a question that waits for an upstream meets
 * the newest one when its answer comes. Nothing here logs or labels who asked, or what for.
 */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import { parseIpv4 } from '../lib/net.ts';
import type { Policy } from '../store/types.ts';
import { createAnswerCache } from './dns/cache.ts';
import { listen } from './dns/listen.ts';
import { createResponder } from './dns/respond.ts';
import type { UpstreamAddress } from './dns/udp-channel.ts';
import { createUpstreams, type Upstreams } from './dns/upstreams.ts';
import { FilterError } from './errors.ts';
import { createFilterMetrics, type FilterMetrics } from './metrics.ts';
import type { Network } from './networks.ts';
import { type Snapshot, type SnapshotRows, takeSnapshot } from './snapshot.ts';
import type { FilterTable } from './table.ts';

export interface ResolverOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** In order of preference. */
  readonly upstreams: readonly UpstreamAddress[];
  readonly networks: () => Promise<readonly Network[]>;
  readonly policies: () => Promise<readonly Policy[]>;
  readonly table: FilterTable;
  /** IPv4 address of the block page. */
  readonly blockAddress: string;
  /** Never blocked, and may have private addresses. */
  readonly portalHosts?: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly cacheEntries?: number;
  /** How long a phone may keep an answer: a name that becomes blocked is gone after that. */
  readonly maxTtlSeconds?: number;
  /** For one attempt at one upstream. */
  readonly upstreamTimeoutMs?: number;
  readonly upstreamAttempts?: number;
  /** 0x20; not every upstream keeps the case. */
  readonly randomCase?: boolean;
  /** Questions that may wait for upstreams at once; a quarter of them from one router. */
  readonly maxWaiting?: number;
  /** Names (with all below) that may have private addresses; true = all. */
  readonly allowPrivateAnswers?: boolean | readonly string[];
}

export interface Resolver extends AsyncDisposable {
  readonly port: number;
  /** Reads networks and policies again. On an error the old ones stay in force. */
  reload(): Promise<void>;
  /** On an error the old table stays in force. */
  setTable(table: FilterTable): void;
}

const DEFAULTS = {
  cacheEntries: 20_000,
  maxTtlSeconds: 300,
  upstreamTimeoutMs: 1400,
  upstreamAttempts: 3,
  maxWaiting: 4096,
} as const;

/** `FILTER_RESOLVER_OPTIONS`, the errors of a snapshot, or the system's own when the port is taken. */
export async function startResolver(options: ResolverOptions): Promise<Resolver> {
  const metrics = createFilterMetrics(options.metrics);
  const blockAddress = blockOctets(options);
  const holder = await holdSnapshot(options);
  metrics.tableSwapped(options.table);

  await using owned = new AsyncDisposableStack();
  const upstreams = owned.use(openUpstreams(options, metrics));
  const handle = createResponder({
    snapshot: holder.current,
    blockAddress,
    upstreams,
    cache: createAnswerCache(options.cacheEntries ?? DEFAULTS.cacheEntries),
    maxTtlSeconds: options.maxTtlSeconds ?? DEFAULTS.maxTtlSeconds,
    maxWaiting: options.maxWaiting ?? DEFAULTS.maxWaiting,
    clock: options.clock,
    log: options.log,
    metrics,
  });
  const { port } = owned.use(
    await listen({ ...options.listen, handle, onTrouble: metrics.dropped }),
  );
  options.log.info({ port }, 'resolver is up');

  const live = owned.move();
  return {
    port,
    reload: holder.reload,
    setTable: (table) => {
      holder.setTable(table);
      metrics.tableSwapped(table);
    },
    [Symbol.asyncDispose]: () => live.disposeAsync(),
  };
}

interface SnapshotHolder {
  readonly current: () => Snapshot;
  readonly reload: () => Promise<void>;
  readonly setTable: (table: FilterTable) => void;
}

async function holdSnapshot(options: ResolverOptions): Promise<SnapshotHolder> {
  const snapshotOptions = {
    portalHosts: options.portalHosts ?? [],
    allowPrivateAnswers: options.allowPrivateAnswers ?? false,
  };
  const readRows = async (): Promise<SnapshotRows> => ({
    networks: await options.networks(),
    policies: await options.policies(),
  });
  let current = takeSnapshot(await readRows(), options.table, snapshotOptions);
  let reloading: Promise<void> = Promise.resolve();
  return {
    current: () => current,
    reload: () => {
      const run = reloading.then(async () => {
        const rows = await readRows();
        current = takeSnapshot(rows, current.lists.table, snapshotOptions);
      });
      // One after the other: an older read must not overwrite a newer one. The caller gets the error.
      reloading = run.catch(() => undefined);
      return run;
    },
    setTable: (table) => {
      current = takeSnapshot(current.rows, table, snapshotOptions);
    },
  };
}

function openUpstreams(options: ResolverOptions, metrics: FilterMetrics): Upstreams {
  return createUpstreams({
    servers: options.upstreams,
    timeoutMs: options.upstreamTimeoutMs ?? DEFAULTS.upstreamTimeoutMs,
    attempts: options.upstreamAttempts ?? DEFAULTS.upstreamAttempts,
    randomCase: options.randomCase ?? false,
    onStray: () => metrics.dropped('upstream_stray'),
    onDuration: metrics.upstreamAnswered,
  });
}

function blockOctets(options: ResolverOptions): Uint8Array {
  const value = parseIpv4(options.blockAddress);
  if (value === null) {
    throw new FilterError(
      'FILTER_RESOLVER_OPTIONS',
      `"${options.blockAddress}" is no IPv4 address`,
    );
  }
  if (options.upstreams.length === 0) {
    throw new FilterError('FILTER_RESOLVER_OPTIONS', 'the resolver needs an upstream');
  }
  return Uint8Array.from([24, 16, 8, 0], (shift) => (value >>> shift) & 255);
}
