/**
 * Keeps routers as they should be: notices by digest that what a router should be differs from what
 * was last applied, looks for drift on a slow timer, and asks for a job; `fleet/queue.ts` says when it runs,
 * and has it performed here.
 */
import type { Clock } from '../lib/clock.ts';
import { errorCode } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Store } from '../store/contract.ts';
import type { Job, Router } from '../store/types.ts';
import type { FleetSettings, Page, RouterFacts } from './desired/types.ts';
import { withOverrides } from './drift/overrides.ts';
import { serviceUserOf } from './enrol/service-account.ts';
import { linkKey } from './fleet/link-key.ts';
import type { JobResult } from './fleet/queue.ts';
import type { ControllerMetrics } from './metrics.ts';
import {
  type ProvisionResult,
  type ProvisionStore,
  planRouter,
  provisionRouter,
  type RouterTask,
} from './provision.ts';
import { renderPlan } from './render-plan.ts';
import {
  apiPasswordOf,
  desiredForRouter,
  longestSessionSeconds,
  readSources,
  type VillageSources,
} from './village.ts';

export type ReconcilerStore = ProvisionStore &
  Pick<Store, 'listJobs' | 'listRouters' | 'requestJobs' | 'routerByName'>;

export interface ReconcilerOptions {
  readonly store: ReconcilerStore;
  readonly settings: FleetSettings;
  readonly pages: readonly Page[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: ControllerMetrics;
  /** Whether to write; without it, drift is only reported. */
  readonly autoApply: boolean;
  /** Seconds of the clock between two readings of a router that has not changed. */
  readonly driftSeconds: number;
  readonly isUp: (routerId: string) => boolean;
  readonly connect?: RouterTask['connect'];
  readonly backUp?: RouterTask['backUp'];
}

export interface Reconciler {
  /** Asks for jobs on the routers whose time has come; true when there are new ones. */
  pass(routers: readonly Router[]): Promise<boolean>;
  /** Does a job. Throws what only a fault of ours throws, such as a store that cannot be read. */
  perform(job: Job, signal: AbortSignal): Promise<JobResult>;
  /** Whether the router differs, as far as is known, from what it should be; null when it was never read. */
  drift(router: Router): boolean | null;
}

interface Memory {
  facts: RouterFacts | null;
  /** Digest of what the router should be, as of the last pass. */
  digest: string | null;
  /** What that digest was worked out from, so that it is worked out once. */
  digestOf: string;
  /** Not before this instant: it has just failed in a rollout, which tries nothing again. */
  notBefore: number;
  checkedAt: number | null;
}

/** What is set cannot be a configuration. */
const REFUSALS: ReadonlySet<string> = new Set(['ROUTER_SETTINGS', 'ROUTER_PART']);
const AFTER_FAILURE_MS = 1_800_000;

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { store, clock, isUp } = options;
  const memories = new Map<string, Memory>();
  const names = new Map<string, string>();

  const memoryOf = (id: string): Memory => {
    const known = memories.get(id);
    if (known !== undefined) return known;
    const fresh: Memory = {
      facts: null,
      digest: null,
      digestOf: '',
      notBefore: 0,
      checkedAt: null,
    };
    memories.set(id, fresh);
    return fresh;
  };

  const isDue = (router: Router, memory: Memory): boolean => {
    const now = clock.now();
    if (now < memory.notBefore || !isUp(router.id)) return false;
    if (memory.checkedAt === null || memory.digest === null) return true;
    if (now - memory.checkedAt >= options.driftSeconds * 1000) return true;
    return options.autoApply && memory.digest !== router.appliedDigest;
  };

  return {
    pass: async (routers) => {
      const leaseSeconds = await longestSessionSeconds(store, options.settings);
      const sources = await readSources(store);
      const spokenFor = new Set(
        (await store.listJobs({})).filter(isOpen).map((job) => job.routerId),
      );
      names.clear();
      for (const { id, name } of routers) names.set(id, name);
      for (const id of memories.keys()) if (!names.has(id)) memories.delete(id);
      const due: Router[] = [];
      for (const router of routers) {
        const memory = memoryOf(router.id);
        if (spokenFor.has(router.id)) continue;
        if (memory.facts !== null) {
          await refreshDigest(options, router, memory, { leaseSeconds, sources });
        }
        if (isDue(router, memory)) due.push(router);
      }
      return due.length > 0 && (await request(options, due, sources));
    },
    perform: async (job, signal) => {
      const name = names.get(job.routerId) ?? (await nameOf(store, job.routerId));
      const router = name === null ? null : await store.routerByName(name);
      // Removed since: its jobs went with it.
      if (router === null || router.id !== job.routerId) return { outcome: 'done', detail: null };
      return performOn(options, router, memoryOf(router.id), { job, signal });
    },
    drift: (router) => {
      if (router.provisioning === 'drifted') return true;
      const digest = memories.get(router.id)?.digest ?? null;
      return digest === null ? null : digest !== router.appliedDigest;
    },
  };
}

async function request(
  { store, clock, autoApply }: ReconcilerOptions,
  due: readonly Router[],
  { settings }: VillageSources,
): Promise<boolean> {
  const kind: Job['kind'] = autoApply ? 'apply' : 'check';
  const jobs = due.map((router) => ({
    routerId: router.id,
    kind,
    link: linkKey(router, settings),
    urgent: false,
  }));
  return (await store.requestJobs({ jobs, at: clock.now() })) > 0;
}

function isOpen({ state }: Job): boolean {
  return state === 'held' || state === 'waiting' || state === 'running';
}

/** Added since the last pass, by a rollout that was quick. */
async function nameOf(store: ReconcilerStore, routerId: string): Promise<string | null> {
  const routers = await store.listRouters();
  return routers.find((router) => router.id === routerId)?.name ?? null;
}

async function performOn(
  options: ReconcilerOptions,
  router: Router,
  memory: Memory,
  { job, signal }: { job: Job; signal: AbortSignal },
): Promise<JobResult> {
  const { store, settings, log, clock, pages, connect, backUp } = options;
  const task: RouterTask = {
    store,
    router,
    settings,
    log,
    clock,
    signal,
    pages,
    ...(connect === undefined ? {} : { connect }),
    ...(backUp === undefined ? {} : { backUp }),
  };
  if (job.kind === 'check') {
    await check(options, task, memory);
    return { outcome: 'done', detail: null };
  }
  const result = await provisionRouter(task);
  options.metrics.provisioned(result.outcome);
  if (result.facts !== null) memory.facts = result.facts;
  if (result.empty) {
    settle(options, memory, result.digest);
    return { outcome: 'done', detail: null };
  }
  if (job.rolloutId !== null) memory.notBefore = clock.now() + AFTER_FAILURE_MS;
  return { outcome: outcomeOf(job, result), detail: result.detail };
}

/** In a rollout, what the router refused or did otherwise is told at once: the next may fare no better. */
function outcomeOf(job: Job, { outcome }: ProvisionResult): JobResult['outcome'] {
  return job.rolloutId === null || outcome === 'unreachable' ? 'retry' : 'failed';
}

/** Reads only: says what differs, or that nothing does any more. */
async function check(options: ReconcilerOptions, task: RouterTask, memory: Memory): Promise<void> {
  const { store, router, clock } = task;
  const { changes, facts, digest } = await planRouter(task);
  memory.facts = facts;
  const drifted = changes.length > 0 && router.provisioning !== 'new';
  const restored = changes.length === 0 && router.provisioning !== 'applied';
  if (drifted || restored) {
    await store.recordProvisioning({
      routerId: router.id,
      provisioning: drifted ? 'drifted' : 'applied',
      digest: drifted ? router.appliedDigest : digest,
      detail: drifted ? renderPlan(changes).trimEnd() : null,
      at: clock.now(),
    });
  }
  settle(options, memory, digest);
}

function settle({ clock }: ReconcilerOptions, memory: Memory, digest: string | null): void {
  memory.notBefore = 0;
  memory.digest = digest;
  memory.checkedAt = clock.now();
}

async function refreshDigest(
  { store, settings, pages }: ReconcilerOptions,
  router: Router,
  memory: Memory,
  { leaseSeconds, sources }: { leaseSeconds: number; sources: VillageSources },
): Promise<void> {
  const { facts } = memory;
  const credentials = await store.routerCredentials(router.id);
  if (credentials === null || facts === null) return;
  const { nasSecret } = credentials;
  const serviceSeed = credentials.serviceSeed ?? router.id;
  const { appliedDigest: _1, appliedAt: _2, bootAt: _3, ...lasting } = router;
  const overrides = await store.rowOverrides(router.id);
  const from = JSON.stringify([
    [lasting, facts, nasSecret, leaseSeconds, credentials.apiSeed, serviceSeed],
    [sources.digest, overrides],
  ]);
  if (from === memory.digestOf && memory.digest !== null) return;
  const apiPassword = apiPasswordOf(store, credentials.apiSeed ?? router.id);
  const servicePassword = serviceUserOf(store, serviceSeed).password;
  const shared = { settings, pages, leaseSeconds, sources, servicePassword };
  memory.digestOf = from;
  try {
    const wanted = desiredForRouter({ router, facts, nasSecret, apiPassword, ...shared });
    memory.digest = withOverrides(wanted, overrides).digest;
  } catch (error) {
    if (!REFUSALS.has(errorCode(error))) throw error;
    // No configuration, so another one than was applied: provisioning fails and records why.
    memory.digest = 'none';
  }
}
