/**
 * One router from what it is to what it should be: connect, read, plan, apply, read again. The last
 * reading proves the plan empty; what it still finds is drift. `planRouter` stops before it writes.
 */
import type { Clock } from '../lib/clock.ts';
import { errorCode, errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Store } from '../store/contract.ts';
import type { Router } from '../store/types.ts';
import { applyChanges } from './apply.ts';
import { disarmDeadMan, isArmed } from './dead-man.ts';
import type { DesiredConfiguration, FleetSettings, Page, RouterFacts } from './desired/types.ts';
import { withOverrides } from './drift/overrides.ts';
import { readFacts } from './facts.ts';
import { openLink, type RouterLink } from './link.ts';
import { observe } from './observe.ts';
import { loadPages } from './pages.ts';
import { type Change, type Observed, plan } from './plan.ts';
import { renderPlan } from './render-plan.ts';
import type { connectRouter } from './routeros/client.ts';
import { RouterOsError } from './routeros/errors.ts';
import { inFlightFor, timeoutsFor } from './settings/link.ts';
import {
  desiredForRouter,
  linkProfileOf,
  longestSessionSeconds,
  readSources,
  type SourceStore,
} from './village.ts';

export type ProvisionStore = Pick<
  Store,
  | 'routerCredentials'
  | 'listTariffs'
  | 'credentialKey'
  | 'setApiUser'
  | 'recordProvisioning'
  | 'rowOverrides'
> &
  SourceStore;

export interface RouterTask {
  readonly store: ProvisionStore;
  readonly router: Router;
  readonly settings: FleetSettings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Default: those that come with the program. */
  readonly pages?: readonly Page[];
  readonly connect?: typeof connectRouter;
  /** Called before the first write, with what is about to be changed; what it throws stops the work. */
  readonly backUp?: (router: Router, link: RouterLink, facts: RouterFacts) => Promise<void>;
}

export interface RouterPlan {
  readonly changes: readonly Change[];
  readonly facts: RouterFacts;
  readonly digest: string;
}

/** `unreachable`: nothing was tried, nothing is recorded. */
export type ProvisionOutcome = 'unchanged' | 'applied' | 'drifted' | 'failed' | 'unreachable';

export interface ProvisionResult {
  /** What was to be done; empty when the router already was as it should be. */
  readonly changes: readonly Change[];
  /** Whether the last reading found nothing left to do. */
  readonly empty: boolean;
  readonly outcome: ProvisionOutcome;
  /** For an operator; null when all is well. */
  readonly detail: string | null;
  /** The stable code of what failed. */
  readonly code: string | null;
  readonly facts: RouterFacts | null;
  readonly digest: string | null;
}

/** What `provisionRouter` would do. Never writes, neither to the router nor to the store. */
export async function planRouter(task: RouterTask): Promise<RouterPlan> {
  await using link = await open(task);
  const { changes, facts, configuration } = await look(task, link);
  return { changes, facts, digest: configuration.digest };
}

/** Never throws for what a router does; the outcome says it, and the store holds it. */
export async function provisionRouter(task: RouterTask): Promise<ProvisionResult> {
  const progress: Progress = { before: null, wrote: false };
  try {
    await using link = await open(task);
    const before = await look(task, link);
    progress.before = before;
    if (before.changes.length > 0) await task.backUp?.(task.router, link, before.facts);
    if (before.changes.length > 0) await forgetApplied(task);
    progress.wrote = before.changes.length > 0;
    const left = progress.wrote ? await applyAndRead(task, link, before) : [];
    if (!progress.wrote) await keepAsIs(link, before);
    return await succeed(task, before, left, link.service.seed);
  } catch (error) {
    if (!isOfRouter(errorCode(error))) throw error;
    return await fail(task, progress, error);
  }
}

/** Should we die halfway, secrets may be old or new: whoever comes next is to write them again. */
async function forgetApplied({ store, router, clock }: RouterTask): Promise<void> {
  if (router.appliedDigest === null) return;
  await store.recordProvisioning({
    routerId: router.id,
    provisioning: 'failed',
    digest: null,
    detail: 'interrupted while it was being written',
    at: clock.now(),
  });
}

/** All is as it should be; what an earlier attempt left behind must not undo it. */
async function keepAsIs(link: RouterLink, { armed }: Look): Promise<void> {
  if (armed) await disarmDeadMan(link.connection);
  if (!link.isOurs) await link.adoptOurUser();
}

interface Progress {
  before: Look | null;
  /** Whether a write may have reached the router. */
  wrote: boolean;
}

async function succeed(
  { store, router, clock, log }: RouterTask,
  { changes, facts, configuration }: Look,
  left: readonly Change[],
  serviceSeed: string,
): Promise<ProvisionResult> {
  const { digest } = configuration;
  const drifted = left.length > 0;
  const detail = drifted ? renderPlan(left).trimEnd() : null;
  const outcome = drifted ? 'drifted' : changes.length > 0 ? 'applied' : 'unchanged';
  await store.recordProvisioning({
    routerId: router.id,
    provisioning: drifted ? 'drifted' : 'applied',
    digest: drifted ? null : digest,
    detail,
    at: clock.now(),
    ...(drifted ? {} : { serviceSeed }),
  });
  log.info({ router: router.name, changes: changes.length, outcome }, 'router provisioned');
  return { changes, empty: !drifted, outcome, detail, code: null, facts, digest };
}

async function fail(
  { store, router, clock, log }: RouterTask,
  { before, wrote }: Progress,
  error: unknown,
): Promise<ProvisionResult> {
  const code = errorCode(error);
  const detail = `${code}: ${errorMessage(error)}`;
  const outcome = !wrote && isLinkError(code) ? 'unreachable' : 'failed';
  if (outcome === 'failed') {
    await store.recordProvisioning({
      routerId: router.id,
      provisioning: 'failed',
      // Half written: everything, secrets too, is written again next time.
      digest: wrote ? null : router.appliedDigest,
      detail,
      at: clock.now(),
    });
  }
  log.warn({ router: router.name, code, detail }, 'router not provisioned');
  const facts = before?.facts ?? null;
  return {
    changes: before?.changes ?? [],
    empty: false,
    outcome,
    detail,
    code,
    facts,
    digest: null,
  };
}

/** A fault of the router, its link, or of what is set for it; none of ours. */
function isOfRouter(code: string): boolean {
  return code.startsWith('ROUTER_') || code === 'SETTING_VALUE';
}

function isLinkError(code: string): boolean {
  const link = ['ROUTER_UNREACHABLE', 'ROUTER_LOST', 'ROUTER_TIMEOUT', 'ROUTER_ABORTED'];
  return link.includes(code);
}

export interface Look {
  readonly changes: readonly Change[];
  readonly facts: RouterFacts;
  readonly configuration: DesiredConfiguration;
  readonly observed: Observed;
  /** Whether an earlier attempt has left its dead-man. */
  readonly armed: boolean;
}

/** Logged in to the router of a task. */
export async function open(task: RouterTask): Promise<RouterLink> {
  const { store, router, settings, signal, connect } = task;
  const profile = linkProfileOf(await readSources(store), router);
  return await openLink({
    timeouts: { ...timeoutsFor(profile), inFlight: inFlightFor(profile) },
    store,
    router,
    apiUser: settings.apiUser,
    ...(signal === undefined ? {} : { signal }),
    ...(connect === undefined ? {} : { connect }),
  });
}

/** What a router is and should be, and what lies between. */
export async function look(task: RouterTask, link: RouterLink): Promise<Look> {
  const { store, router, settings, signal } = task;
  const facts = await readFacts(link.connection, signal);
  if (facts.hotspotAllowed === false) {
    throw new RouterOsError('ROUTER_DEVICE_MODE', 'device-mode forbids the hotspot');
  }
  const wanted = desiredForRouter({
    router,
    facts,
    settings,
    pages: task.pages ?? (await loadPages()),
    nasSecret: link.nasSecret,
    apiPassword: link.apiPassword,
    servicePassword: link.service.password,
    leaseSeconds: await longestSessionSeconds(store, settings),
    sources: await readSources(store),
  });
  const configuration = withOverrides(wanted, await store.rowOverrides(router.id));
  const secrets = configuration.digest === router.appliedDigest ? 'keep' : 'write';
  const [observed, armed] = await Promise.all([
    observe(link.connection, configuration, signal),
    isArmed(link.connection, signal),
  ]);
  const changes = plan(configuration, observed, { secrets });
  return { changes, facts, configuration, observed, armed };
}

/** Applies and reads again; gives what is still to be done. */
async function applyAndRead(
  task: RouterTask,
  link: RouterLink,
  before: Look,
): Promise<readonly Change[]> {
  const { signal } = task;
  await applyChanges(before.changes, {
    connection: link.connection,
    version: before.facts.version,
    armed: before.armed,
    prove: link.prove,
    // What is kept in the end is only kept when we get in as ourselves.
    proveLast: link.proveOurs,
    inFlight: link.inFlight,
    ...(signal === undefined ? {} : { signal }),
  });
  await link.adoptOurUser();
  const observed = await observe(link.connection, before.configuration, signal);
  return plan(before.configuration, observed);
}
