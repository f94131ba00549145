/** The resolver role in its thread: compiles the lists, answers, follows changes of lists and policies. */
import { compileLists } from '../../filter/compile.ts';
import { networksOf } from '../../filter/networks.ts';
import { startResolver } from '../../filter/resolver.ts';
import type { FilterTable } from '../../filter/table.ts';
import { loadLists } from '../../filter/update.ts';
import { type ClockScale, clockFrom } from '../../lib/clock.ts';
import { errorCode, errorMessage } from '../../lib/errors.ts';
import { createLogger } from '../../lib/log.ts';
import { createMetrics } from '../../lib/metrics.ts';
import type { HostPort } from '../../lib/net.ts';
import { connectStore, type StoreTicket } from '../../store/open.ts';
import { runRole } from './thread-side.ts';

export interface ResolverThreadData {
  readonly ticket: StoreTicket;
  readonly clockScale: ClockScale | undefined;
  readonly logLevel: string;
  readonly listen: HostPort;
  readonly upstreams: readonly HostPort[];
  readonly blockAddress: string;
  readonly portalHosts: readonly string[];
  readonly allowPrivateAnswers: boolean;
  readonly listsDirectory: string;
}

export interface ResolverThreadReady {
  readonly port: number;
}

await runRole(async (data: ResolverThreadData, say) => {
  const log = createLogger('resolver', data.logLevel);
  const metrics = createMetrics();
  const store = connectStore(data.ticket);
  await using stack = new AsyncDisposableStack();
  stack.use(store);

  const complain = (error: unknown): void =>
    log.error(
      { code: errorCode(error), reason: errorMessage(error) },
      'a list or policy is not in force',
    );
  const compile = async (): Promise<{ table: FilterTable; whole: boolean }> => {
    const { lists, problems } = await loadLists(data.listsDirectory, await store.listLists());
    for (const problem of problems) complain(problem.error);
    const { table, report } = compileLists(lists, { portalHosts: data.portalHosts });
    log.info({ lists: lists.length, entries: report.entries }, 'lists compiled');
    return { table, whole: problems.length === 0 };
  };
  const first = await compile();
  say(first.table);
  const resolver = stack.use(
    await startResolver({
      listen: data.listen,
      upstreams: data.upstreams,
      networks: async () => networksOf(await store.listRouters()),
      policies: () => store.listPolicies(),
      table: first.table,
      blockAddress: data.blockAddress,
      portalHosts: data.portalHosts,
      allowPrivateAnswers: data.allowPrivateAnswers,
      clock: clockFrom(data.clockScale),
      log,
      metrics,
    }),
  );
  const recompile = async (): Promise<void> => {
    const { table, whole } = await compile();
    // A damaged list must not make reachable what was blocked a moment ago.
    if (!whole) return;
    resolver.setTable(table);
    say(table);
  };
  stack.defer(
    store.onInvalidate((kind) => {
      if (kind === 'list') recompile().catch(complain);
      else if (kind === 'policy' || kind === 'router' || kind === 'village') {
        resolver.reload().catch(complain);
      }
    }),
  );
  const owned = stack.move();
  const ready: ResolverThreadReady = { port: resolver.port };
  return { ready, metrics, stop: () => owned.disposeAsync() };
});
