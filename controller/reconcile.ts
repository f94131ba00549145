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
import { type Mended, mendDrift } from './drift/mend.ts';
import { withOverrides } from './drift/overrides.ts';
import { serviceUserOf } from './enrol/service-account.ts';
import { driftSettings, linkKey } from './fleet/link-key.ts';
import type { JobResult } from './fleet/queue.ts';
import { planWaves, USUAL_SHARES } from './fleet/waves.ts';
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
  Pick<
    Store,
    'listJobs' | 'listRouters' | 'recordDrift' | 'requestJobs' | 'routerByName' | 'startRollout'
  >;

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
  /** A change that concerns so many routers goes out as a rollout. */
  readonly rolloutFrom: number;
  /** [0, 1); who is in which wave. */
  readonly random: () => number;
  readonly isUp: (routerId: string) => boolean;
  /** Whether the router's maintenance window is open; default: always. */
  readonly mayChange?: (routerId: string, at: number) => boolean;
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
const REFUSALS: ReadonlySet<string> = new Set(['SETTING_VALUE', 'ROUTER_SETTINGS', 'ROUTER_PART']);
/** A row that cannot be made ours alone is written with all others. */
const GIVEN_UP: ReadonlySet<string> = new Set(['ROUTER_DEVICE_MODE', 'ROUTER_TRAP']);
const AFTER_FAILURE_MS = 1_800_000;
const HOUR_MS = 3_600_000;

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { store } = options;
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
      const known: Known[] = [];
      for (const router of routers) {
        const memory = memoryOf(router.id);
        if (spokenFor.has(router.id)) continue;
        if (memory.facts !== null) {
          await refreshDigest(options, router, memory, { leaseSeconds, sources });
        }
        known.push({ router, memory });
      }
      return askFor(options, known, sources);
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

interface Known {
  readonly router: Router;
  readonly memory: Memory;
}

function isDue(options: ReconcilerOptions, { router, memory }: Known): boolean {
  const now = options.clock.now();
  if (now < memory.notBefore || !options.isUp(router.id)) return false;
  if (memory.checkedAt === null || memory.digest === null) return true;
  if (now - memory.checkedAt >= options.driftSeconds * 1000) return true;
  return options.autoApply && memory.digest !== router.appliedDigest;
}

function isChanged({ autoApply }: ReconcilerOptions, { router, memory }: Known): boolean {
  const { provisioning, appliedDigest } = router;
  const stands = provisioning === 'applied' || provisioning === 'drifted';
  const wasRight = stands && appliedDigest !== null && memory.digest !== null;
  return autoApply && wasRight && memory.digest !== appliedDigest;
}

/** Whether there is new work. */
async function askFor(
  options: ReconcilerOptions,
  known: readonly Known[],
  sources: VillageSources,
): Promise<boolean> {
  const changed = known.filter((one) => isChanged(options, one));
  const begun = await rollOut(options, changed, sources);
  const inRollout = new Set(begun ? changed : []);
  const due = known.filter((one) => !inRollout.has(one) && isDue(options, one));
  if (due.length === 0) return begun;
  const jobs = due.map(({ router, memory }) => ({
    routerId: router.id,
    kind: kindOf(options, router, memory),
    link: linkKey(router, sources.settings),
    urgent: false,
  }));
  const added = await options.store.requestJobs({ jobs, at: options.clock.now() });
  return added > 0 || begun;
}

/**
 * A router that is to stay as it is, is looked at. So is one that was as it should be and of which nothing is known
 * yet: after a start of ours all may have to change, by what we have learnt since, and that is for a rollout to do.
 */
function kindOf({ autoApply }: ReconcilerOptions, router: Router, memory: Memory): Job['kind'] {
  if (!autoApply) return 'check';
  const { digest } = memory;
  const wasApplied = router.provisioning === 'applied' || router.provisioning === 'drifted';
  if (digest === null) return wasApplied && router.appliedDigest !== null ? 'check' : 'apply';
  return digest === router.appliedDigest ? 'check' : 'apply';
}

/** Whether so many have changed that they go out in waves, those that are offline too. */
async function rollOut(
  { store, clock, isUp, random, rolloutFrom, log }: ReconcilerOptions,
  changed: readonly Known[],
  { settings }: VillageSources,
): Promise<boolean> {
  if (changed.length < rolloutFrom) return false;
  const candidates = changed.map(({ router }) => ({
    routerId: router.id,
    link: linkKey(router, settings),
    isUp: isUp(router.id),
  }));
  const { id } = await store.startRollout({
    kind: 'apply',
    note: 'changed settings',
    maxFailures: 0,
    hours: null,
    members: planWaves(candidates, { canaries: [], shares: USUAL_SHARES }, random),
    at: clock.now(),
  });
  log.info({ rollout: id, routers: changed.length }, 'a change goes out in waves');
  return true;
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
    if (!options.autoApply) await check(options, task, memory);
    // Provisioning it writes nothing either, and records why.
    const refused = options.autoApply && (await mend(options, task, memory)) === 'refused';
    if (!refused) return { outcome: 'done', detail: null };
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

/** Learns what the router should be, and makes good what was changed by hand as far as that is due. */
async function mend(
  options: ReconcilerOptions,
  task: RouterTask,
  memory: Memory,
): Promise<Mended['outcome'] | 'refused'> {
  const { store, clock, mayChange } = options;
  const { router } = task;
  const { settings } = await readSources(store);
  const graceHours = driftSettings(router, settings).get('drift.grace-hours') ?? 0;
  const policy = {
    graceMs: graceHours * HOUR_MS,
    mayChange: mayChange?.(router.id, clock.now()) ?? true,
  };
  try {
    const { facts, digest, outcome } = await mendDrift({ ...task, store, ...policy });
    memory.facts = facts;
    settle(options, memory, digest);
    if (outcome === 'mended') options.metrics.provisioned('applied');
    return outcome;
  } catch (error) {
    if (!REFUSALS.has(errorCode(error)) && !GIVEN_UP.has(errorCode(error))) throw error;
    return 'refused';
  }
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
