/**
 * What is measured by `poll.ts`: the poller on a served SQLite store, and its page of series rendered every 15 s
 * as a scrape would ask for it. No RADIUS, portal or reconciling in this process.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controllerMetrics } from '../../../controller/metrics.ts';
import { createPoller } from '../../../controller/poller.ts';
import { renderRouterMetrics } from '../../../controller/router-metrics.ts';
import { cadenceFor, timeoutsFor } from '../../../controller/settings/link.ts';
import { realClock } from '../../../lib/clock.ts';
import { createLogger } from '../../../lib/log.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { serveStore } from '../../../store/open.ts';
import { newRouter, village } from '../../fixtures/rows.ts';

export interface PollServerArgs {
  /** Address and port of each router. */
  readonly routers: readonly (readonly [address: string, port: number])[];
}

export interface PollServerReport {
  readonly cpuMs: number;
  readonly elapsedMs: number;
  readonly rssMb: number;
  readonly up: number;
  readonly pageKb: number;
}

const SCRAPE_MS = 15_000;
const args = JSON.parse(process.argv[2]!) as PollServerArgs;
const directory = await mkdtemp(join(tmpdir(), 'smartwifi-poll-'));
const served = await serveStore({
  store: `sqlite:${join(directory, 'store.db')}`,
  keyFile: join(directory, 'store.key'),
});
const { store } = served;
await store.importVillages({ villages: [village], at: Date.now() });
for (const [n, [address, apiPort]] of args.routers.entries()) {
  await store.addRouter({
    ...newRouter,
    ...{ name: `router-${n}`, address, apiPort, lanPool: '10.0.0.0/8', at: Date.now() },
  });
}
const poller = createPoller({
  store,
  clock: realClock,
  log: createLogger('bench', 'silent'),
  metrics: controllerMetrics(createMetrics()),
  random: Math.random,
  pollSeconds: 30,
});
const link = { downKbps: null, upKbps: null, rttMs: 60, meteredGb: null };
const cadence = { ...cadenceFor(link), deadlineMs: timeoutsFor(link).pollMs };
poller.sync(await store.listRouters(), () => cadence);
let pageKb = 0;
setInterval(() => {
  void renderRouterMetrics({
    store,
    clock: realClock,
    poller,
    drift: () => false,
    pollSeconds: 30,
  }).then((page) => {
    pageKb = page.length / 1024;
  });
}, SCRAPE_MS);

let cpu = process.cpuUsage();
let at = performance.now();
process.on('message', (message) => {
  if (message === 'reset') {
    cpu = process.cpuUsage();
    at = performance.now();
    return;
  }
  const { user, system } = process.cpuUsage(cpu);
  const report: PollServerReport = {
    cpuMs: (user + system) / 1000,
    elapsedMs: performance.now() - at,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
    up: poller.snapshots().filter((one) => one.health.state === 'up').length,
    pageKb,
  };
  process.send!(report);
});
process.on('disconnect', () => {
  void rm(directory, { recursive: true, force: true }).finally(() => process.exit());
});
process.send!('ready');
