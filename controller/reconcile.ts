/**
 * Keeps routers as they should be: notices by digest that what a router should be differs from what
 * was last applied, looks for drift on a slow timer, and provisions. Serial per router, a few at once
 * overall, backing off with jitter; a router that is offline waits until the poller sees it.
 */
import type { Clock } from '../lib/clock.ts';
import { errorCode, errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { backoffMs } from '../lib/retry.ts';
import type { Router } from '../store/types.ts';
import type { FleetSettings, Page, RouterFacts } from './desired/types.ts';
import { withOverrides } from './drift/overrides.ts';
import { createGate } from './gate.ts';
import type { ControllerMetrics } from './metrics.ts';
import { type ProvisionStore, planRouter, provisionRouter, type RouterTask } from './provision.ts';
import { renderPlan } from './render-plan.ts';
import {
  apiPasswordOf,
  desiredForRouter,
  longestSessionSeconds,
  readSources,
  type VillageSources,
} from './village.ts';

export interface ReconcilerOptions {
  readonly store: ProvisionStore;
  readonly settings: FleetSettings;
  readonly pages: readonly Page[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: ControllerMetrics;
  readonly random: () => number;
  /** Whether to write; without it, drift is only reported. */
  readonly autoApply: boolean;
  /** Routers worked on at once. */
  readonly concurrency: number;
  /** Seconds of the clock between two readings of a router that has not changed. */
  readonly driftSeconds: number;
  readonly isUp: (routerId: string) => boolean;
  readonly connect?: RouterTask['connect'];
  readonly backUp?: RouterTask['backUp'];
}

export interface Reconciler extends AsyncDisposable {
  /** Looks at the routers whose time has come and starts work on them; resolves before it is done. */
  pass(routers: readonly Router[]): Promise<void>;
  /** Whether the router differs, as far as is known, from what it should be; null when it was never read. */
  drift(router: Router): boolean | null;
}

interface Memory {
  facts: RouterFacts | null;
  /** Digest of what the router should be, as of the last pass. */
  digest: string | null;
  /** What that digest was worked out from, so that it is worked out once. */
  digestOf: string;
  busy: boolean;
  attempts: number;
  /** Not before this instant. */
  notBefore: number;
  checkedAt: number | null;
}

/** What is set cannot be a configuration. */
const REFUSALS: ReadonlySet<string> = new Set(['ROUTER_SETTINGS', 'ROUTER_PART']);
const BACKOFF = { firstMs: 60_000, maxMs: 1_800_000 };

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { clock, isUp } = options;
  const memories = new Map<string, Memory>();
  const gate = createGate(options.concurrency);
  const stop = new AbortController();
  const running = new Set<Promise<void>>();

  const memoryOf = (id: string): Memory => {
    const known = memories.get(id);
    if (known !== undefined) return known;
    const fresh = newMemory();
    memories.set(id, fresh);
    return fresh;
  };

  const isDue = (router: Router, memory: Memory): boolean => {
    const now = clock.now();
    if (memory.busy || now < memory.notBefore || !isUp(router.id)) return false;
    if (memory.checkedAt === null || memory.digest === null) return true;
    if (now - memory.checkedAt >= options.driftSeconds * 1000) return true;
    return options.autoApply && memory.digest !== router.appliedDigest;
  };

  const start = (router: Router, memory: Memory): void => {
    memory.busy = true;
    const work = gate
      .enter(() => workOn(options, router, memory, stop.signal), stop.signal)
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        postpone(options, memory);
        options.log.error({ router: router.name, err: errorMessage(error) }, 'reconciling failed');
      })
      .finally(() => {
        memory.busy = false;
        running.delete(work);
      });
    running.add(work);
  };

  return {
    pass: async (routers) => {
      const leaseSeconds = await longestSessionSeconds(options.store, options.settings);
      const sources = await readSources(options.store);
      const ids = new Set(routers.map((router) => router.id));
      for (const id of memories.keys()) if (!ids.has(id)) memories.delete(id);
      for (const router of routers) {
        const memory = memoryOf(router.id);
        if (memory.facts !== null && !memory.busy) {
          await refreshDigest(options, router, memory, { leaseSeconds, sources });
        }
        if (!stop.signal.aborted && isDue(router, memory)) start(router, memory);
      }
    },
    drift: (router) => {
      if (router.provisioning === 'drifted') return true;
      const digest = memories.get(router.id)?.digest ?? null;
      return digest === null ? null : digest !== router.appliedDigest;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await Promise.all(running);
    },
  };
}

function newMemory(): Memory {
  return {
    facts: null,
    digest: null,
    digestOf: '',
    busy: false,
    attempts: 0,
    notBefore: 0,
    checkedAt: null,
  };
}

async function workOn(
  options: ReconcilerOptions,
  router: Router,
  memory: Memory,
  signal: AbortSignal,
): Promise<void> {
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
  if (!options.autoApply) return await check(options, task, memory);
  const result = await provisionRouter(task);
  options.metrics.provisioned(result.outcome);
  if (result.facts !== null) memory.facts = result.facts;
  if (result.empty) settle(options, memory, result.digest);
  else postpone(options, memory);
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
  memory.attempts = 0;
  memory.notBefore = 0;
  memory.digest = digest;
  memory.checkedAt = clock.now();
}

function postpone({ clock, random }: ReconcilerOptions, memory: Memory): void {
  // Never at once: jitter lies between half of the wait and all of it.
  const wait = backoffMs(BACKOFF, memory.attempts, () => 0.5 + random() / 2);
  memory.notBefore = clock.now() + wait;
  memory.attempts += 1;
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
  const { appliedDigest: _1, appliedAt: _2, bootAt: _3, ...lasting } = router;
  const overrides = await store.rowOverrides(router.id);
  const from = JSON.stringify([
    [lasting, facts, nasSecret, leaseSeconds],
    [sources.digest, overrides],
  ]);
  if (from === memory.digestOf && memory.digest !== null) return;
  const apiPassword = apiPasswordOf(store, router.id);
  const shared = { settings, pages, leaseSeconds, sources };
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
