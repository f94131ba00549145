/**
 * The controller role: polls the fleet, keeps it as it should be, and renders what it knows. All that
 * it learns of other roles comes through the store.
 */
import type { Clock } from '../lib/clock.ts';
import { errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { Store } from '../store/contract.ts';
import type { Router } from '../store/types.ts';
import { backUpBefore } from './backup/back-up.ts';
import { createNightlyBackups } from './backup/nightly.ts';
import type { FleetSettings } from './desired/types.ts';
import { linkKey, linkSettings } from './fleet/link-key.ts';
import { createQueue, type Queue, type QueueOptions } from './fleet/queue.ts';
import { createFleetHours, type FleetHours } from './fleet/work-hours.ts';
import { controllerMetrics } from './metrics.ts';
import { loadPages } from './pages.ts';
import { createPoller, type PollCadence, type Poller } from './poller.ts';
import type { RouterTask } from './provision.ts';
import { createReconciler, type Reconciler } from './reconcile.ts';
import { renderRouterMetrics } from './router-metrics.ts';
import { cadenceFor, type LinkProfile, linkOf, timeoutsFor } from './settings/link.ts';
import { createUpgrades, type Upgrades } from './upgrade/upgrades.ts';
import { readSources, type VillageSources } from './village.ts';

export interface ControllerOptions {
  readonly store: Store;
  readonly settings: FleetSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Seconds of the clock between two looks at a router; default 30. */
  readonly pollSeconds?: number;
  /** [0, 1); default Math.random. */
  readonly random?: () => number;
  /** Write to routers by itself; default true. */
  readonly autoApply?: boolean;
  /** Routers provisioned at once, by all controllers together; default 8. */
  readonly applyConcurrency?: number;
  /** Of those, on one link that several share; default 2. */
  readonly linkConcurrency?: number;
  /** A change that concerns so many routers goes out in waves, as a rollout; default 10. */
  readonly rolloutFrom?: number;
  /** Whether the hours of a maintenance window hold at an instant. Throws for hours that cannot be read. */
  readonly within: (hours: string, at: number) => boolean;
  /** Seconds of the clock between two readings in search of drift; default 3600. */
  readonly driftSeconds?: number;
  /** Changes of rows are gathered for this long (real time), so that a bulk change costs one pass; default 1000. */
  readonly gatherMs?: number;
  readonly connect?: RouterTask['connect'];
}

export interface Controller extends AsyncDisposable {
  /** Per-router series as text (exposition format 0.0.4). */
  renderRouterMetrics(): Promise<string>;
  /** Whether every router has been looked at since the start. */
  firstCycleDone(): boolean;
}

/** The store is told that the controller lives; what lies before its start and after its last beat is unknown. */
const HEARTBEAT_MS = 10_000;
/** Rows that the configuration of routers is made of. */
const CHANGES: ReadonlySet<string> = new Set(['router', 'tariff', 'village', 'policy']);
const FREE_LINK: LinkProfile = { downKbps: null, upKbps: null, rttMs: 0, meteredGb: null };
/** How often it is looked whether another process has asked for work, real time. */
const QUEUE_MS = 1000;
/** What ends together is looked at together. */
const QUEUE_GATHER_MS = 20;
/** After a fault of our own, real time. */
const STUMBLE_MS = 1000;

export async function startController(options: ControllerOptions): Promise<Controller> {
  const { store, clock, log, random = Math.random, pollSeconds = 30 } = options;
  const stop = new AbortController();
  await store.recordBlindness({ at: clock.now() });

  const { metrics, hours, poller, reconciler, nightly } = await workersOf(options, stop.signal);
  let sources = await readSources(store);
  const upgrades = createUpgrades({
    ...sharedOf(options),
    isQuiet: hours.isQuiet,
    linkOf: (router) => linkKey(router, sources.settings),
  });
  const work = createSignal(QUEUE_GATHER_MS);
  const parts = { poller, reconciler, upgrades, hours, counted: metrics.jobs };
  const queue = queueFor(options, { random, onEnd: work.raise, ...parts });
  const changes = createSignal(options.gatherMs ?? 1000);
  const unsubscribe = store.onInvalidate((kind) => {
    if (CHANGES.has(kind)) changes.raise();
  });
  const sync = async (): Promise<readonly Router[]> => {
    const routers = await store.listRouters();
    sources = await readSources(store);
    hours.sync(routers, sources.settings);
    poller.sync(routers, cadences(sources, pollSeconds));
    return routers;
  };
  await sync();

  const beat = (): Promise<void> => heartbeat(options, stop.signal);
  const reconcile = async (): Promise<void> => {
    const routers = await sync();
    if (await reconciler.pass(routers)) work.raise();
    if (await upgrades.pass(routers)) work.raise();
    await nightly.pass(routers);
    stop.signal.throwIfAborted();
    await changes.wait((signal) => clock.sleep(pollSeconds * 1000, signal), stop.signal);
  };
  const attend = async (): Promise<void> => {
    await queue.look();
    stop.signal.throwIfAborted();
    await work.wait((signal) => pause(QUEUE_MS, signal), stop.signal);
  };
  const loops = [beat, reconcile, attend].map((loop) => forever(loop, log, stop.signal));

  return {
    renderRouterMetrics: async () =>
      renderRouterMetrics({ store, clock, poller, drift: reconciler.drift, pollSeconds }),
    firstCycleDone: () => poller.firstCycleDone(),
    [Symbol.asyncDispose]: async () => {
      unsubscribe();
      stop.abort();
      await Promise.all(loops);
      for (const one of [queue, nightly, poller]) await one[Symbol.asyncDispose]();
    },
  };
}

/** Whoever looks at routers or writes to them; none of them begins by itself. */
async function workersOf(options: ControllerOptions, signal: AbortSignal) {
  const { store, clock, log, settings, random = Math.random, pollSeconds = 30 } = options;
  const metrics = controllerMetrics(options.metrics);
  const shared = sharedOf(options);
  const connect = options.connect === undefined ? {} : { connect: options.connect };
  const hours = createFleetHours(settings.timeZone);
  const poller = createPoller({ store, clock, log, metrics, random, pollSeconds, ...connect });
  const counted = metrics.backedUp;
  const reconciler = createReconciler({
    ...{ store, settings, clock, log, metrics, random, ...connect },
    pages: await loadPages(),
    autoApply: options.autoApply ?? true,
    driftSeconds: options.driftSeconds ?? 3600,
    rolloutFrom: options.rolloutFrom ?? 10,
    isUp: poller.isUp,
    mayChange: hours.mayChange,
    backUp: backUpBefore({ store, clock, log, counted, signal }),
  });
  const nightly = createNightlyBackups({ ...shared, isUp: poller.isUp, counted });
  return { metrics, hours, poller, reconciler, nightly };
}

async function heartbeat(
  { store, clock }: Pick<ControllerOptions, 'store' | 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  await store.heartbeat({ at: clock.now() });
  signal.throwIfAborted();
  await clock.sleep(HEARTBEAT_MS, signal);
}

/** For what is done to routers beside their configuration: a backup a night, and upgrades. */
function sharedOf({ store, clock, log, settings, connect }: ControllerOptions) {
  const { apiUser, timeZone } = settings;
  return { store, clock, log, apiUser, timeZone, ...(connect === undefined ? {} : { connect }) };
}

/** By link; `pollSeconds` is that of a link without fault or meter, all else follows in proportion. */
function cadences(
  { settings }: VillageSources,
  pollSeconds: number,
): (router: Router) => PollCadence {
  const scale = pollSeconds / cadenceFor(FREE_LINK).livenessSeconds;
  return (router) => {
    const link = linkOf(linkSettings(router, settings));
    const { livenessSeconds, vitalsSeconds } = cadenceFor(link);
    return {
      livenessSeconds: livenessSeconds * scale,
      vitalsSeconds: vitalsSeconds * scale,
      deadlineMs: timeoutsFor(link).pollMs,
    };
  };
}

function queueFor(
  options: ControllerOptions,
  parts: Pick<QueueOptions, 'random' | 'onEnd' | 'counted'> & {
    readonly reconciler: Reconciler;
    readonly upgrades: Upgrades;
    readonly poller: Poller;
    readonly hours: FleetHours;
  },
): Queue {
  const { store, clock, log, within } = options;
  const { reconciler, upgrades, poller, hours, ...rest } = parts;
  return createQueue({
    store,
    clock,
    log,
    within,
    limits: { atOnce: options.applyConcurrency ?? 8, perLink: options.linkConcurrency ?? 2 },
    isUp: poller.isUp,
    isDown: poller.isDown,
    mayChange: hours.mayChange,
    perform: (job, signal) => (job.kind === 'upgrade' ? upgrades : reconciler).perform(job, signal),
    ...rest,
  });
}

/** Runs `work` again and again; a fault is logged and waited out, never the end. */
async function forever(work: () => Promise<void>, log: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      log.error({ err: errorMessage(error) }, 'the controller stumbled');
      await pause(STUMBLE_MS, signal);
    }
  }
}

interface ChangeSignal {
  raise(): void;
  /** Until something was raised and gathered, or the sleep is over. */
  wait(sleep: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
}

function createSignal(gatherMs: number): ChangeSignal {
  let raised = Promise.withResolvers<void>();
  return {
    raise: () => raised.resolve(),
    wait: async (sleep, signal) => {
      const over = new AbortController();
      const either = AbortSignal.any([signal, over.signal]);
      try {
        const gathered = raised.promise.then(() => pause(gatherMs, either));
        await Promise.race([sleep(either), gathered]);
      } finally {
        over.abort();
        raised = Promise.withResolvers<void>();
      }
    },
  };
}

/** Real time; ends early, without a fault, when aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
}
