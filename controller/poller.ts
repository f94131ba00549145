/**
 * Looks at every router again and again: own scheduler, a random start phase each, one kept connection
 * a router, a deadline for each look. Most looks ask one short question, whether the router lives; its
 * vitals are read more rarely, as its link bears, and at phases of their own. Routers that failed last time wait at a gate of their own, so
 * that dead and half-dead ones delay nobody. The clock decides when; deadlines are real time.
 */
import type { Clock } from '../lib/clock.ts';
import { errorCode, errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Store } from '../store/contract.ts';
import type { Router } from '../store/types.ts';
import { reconcileSessions } from './active.ts';
import { bootAtOf, detectBoot, type UptimeReading } from './boot.ts';
import { doorOf, refuseAnotherBoard } from './enrol/identity.ts';
import { createGate } from './gate.ts';
import { type Health, onFailure, onSuccess, type Step, UNKNOWN } from './health.ts';
import type { ControllerMetrics } from './metrics.ts';
import { askUptime, type PollReading, pollRouter } from './poll.ts';
import { type Cycle, createCycle } from './poll-cycle.ts';
import { connectRouter, type RouterOsConnection } from './routeros/client.ts';
import { RouterOsError } from './routeros/errors.ts';

export const POLL_FAILURES = [
  'unreachable',
  'login',
  'lost',
  'timeout',
  'certificate',
  'identity',
  'protocol',
  'trap',
  'other',
] as const;
export type PollFailure = (typeof POLL_FAILURES)[number];

/** What is known of one router. Read by the metrics page; written here only. */
export interface RouterSnapshot {
  readonly router: Router;
  readonly health: Health;
  /** The last vitals; the uptime is that of the last good look. */
  readonly reading: PollReading | null;
  /** When the vitals were read. */
  readonly readAt: number | null;
  readonly lastSuccessAt: number | null;
  readonly bootAt: number | null;
  /** Real seconds that the last look took. */
  readonly pollSeconds: number | null;
  readonly failures: Readonly<Record<PollFailure, number>>;
}

/** How often, and how patiently, a router is looked at. Seconds of the clock; the deadline is real. */
export interface PollCadence {
  readonly livenessSeconds: number;
  readonly vitalsSeconds: number;
  /** For one look, connecting included. */
  readonly deadlineMs: number;
}

export interface PollerOptions {
  readonly store: Pick<
    Store,
    'routerCredentials' | 'recordState' | 'recordBoot' | 'closeAbsentSessions'
  >;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<ControllerMetrics, 'cycle' | 'queueDepth'>;
  readonly random: () => number;
  /** Seconds of the clock between two looks at a router whose cadence nobody says; vitals at every second. */
  readonly pollSeconds: number;
  /** Looks at once; as many again for routers that failed last time. Default 32. */
  readonly concurrency?: number;
  /** For one look, connecting included, where no cadence says it; default 10,000. */
  readonly deadlineMs?: number;
  readonly connect?: typeof connectRouter;
}

/** Real time; of a cadence that says nothing else. */
const DEADLINE_MS = 10_000;
/** A person must act, so it is said, once. */
const STRANGERS: ReadonlySet<PollFailure> = new Set(['certificate', 'identity']);

export interface Poller extends AsyncDisposable {
  /** The routers there are: new ones are taken up, missing ones dropped. */
  sync(routers: readonly Router[], cadenceOf?: (router: Router) => PollCadence): void;
  snapshots(): RouterSnapshot[];
  isUp(routerId: string): boolean;
  isDown(routerId: string): boolean;
  /** Whether every router has been looked at since the start. */
  firstCycleDone(): boolean;
}

interface Entry {
  router: Router;
  cadence: PollCadence;
  health: Health;
  reading: PollReading | null;
  readAt: number | null;
  /** Vitals are read by the first look from then on. */
  vitalsDueAt: number;
  lastSuccessAt: number | null;
  bootAt: number | null;
  uptime: UptimeReading | null;
  pollSeconds: number | null;
  readonly failures: Record<PollFailure, number>;
  /** Of the last look; null when it went well. */
  lastFailure: PollFailure | null;
  connection: RouterOsConnection | null;
  readonly stop: AbortController;
  done: Promise<void>;
}

export function createPoller(options: PollerOptions): Poller {
  const entries = new Map<string, Entry>();
  const cycle = createCycle<Entry>({
    ...options,
    entries,
    record: (entry, step, cause) => record(options, entry, step, cause),
  });
  const run = createRunner(options, cycle);
  const leaving = new Set<Promise<void>>();

  const usual: PollCadence = {
    livenessSeconds: options.pollSeconds,
    vitalsSeconds: 2 * options.pollSeconds,
    deadlineMs: options.deadlineMs ?? DEADLINE_MS,
  };
  const start = (router: Router, cadence: PollCadence): void => {
    const entry = newEntry(router, cadence);
    entries.set(router.id, entry);
    entry.done = run(entry).catch((error: unknown) => {
      if (entry.stop.signal.aborted) return;
      options.log.error({ router: router.name, err: errorMessage(error) }, 'polling has stopped');
    });
  };
  const drop = (entry: Entry): void => {
    entries.delete(entry.router.id);
    entry.stop.abort();
    const gone = entry.done
      .then(() => entry.connection?.close())
      .finally(() => leaving.delete(gone));
    leaving.add(gone);
  };

  return {
    sync: (routers, cadenceOf = () => usual) => {
      const wanted = new Map(routers.map((router) => [router.id, router]));
      for (const entry of [...entries.values()]) {
        const router = wanted.get(entry.router.id);
        if (router === undefined || !isSameDoor(entry.router, router)) drop(entry);
        else Object.assign(entry, { router, cadence: cadenceOf(router) });
      }
      for (const router of routers) {
        if (!entries.has(router.id)) start(router, cadenceOf(router));
      }
      cycle.check();
    },
    snapshots: () => [...entries.values()],
    isUp: (routerId) => entries.get(routerId)?.health.state === 'up',
    isDown: (routerId) => entries.get(routerId)?.health.state === 'down',
    firstCycleDone: () => cycle.count() > 0 || entries.size === 0,
    [Symbol.asyncDispose]: async () => {
      for (const entry of [...entries.values()]) drop(entry);
      await Promise.all(leaving);
    },
  };
}

/** The life of one router's polling: until its entry is stopped. */
function createRunner(
  options: PollerOptions,
  cycle: Cycle<Entry>,
): (entry: Entry) => Promise<void> {
  const { clock, random, metrics } = options;
  const healthy = createGate(options.concurrency ?? 32);
  const suspect = createGate(options.concurrency ?? 32);
  return async (entry) => {
    const { signal } = entry.stop;
    await clock.sleep(random() * entry.cadence.livenessSeconds * 1000, signal);
    let dueAt = clock.now();
    while (!signal.aborted) {
      const gate = entry.health.failures > 0 ? suspect : healthy;
      metrics.queueDepth(healthy.waiting + suspect.waiting);
      await gate.enter(() => look(options, cycle, entry), signal);
      signal.throwIfAborted();
      const now = clock.now();
      const intervalMs = entry.cadence.livenessSeconds * 1000;
      // The phase stays; what was missed is not made up for.
      dueAt += Math.max(1, Math.ceil((now - dueAt) / intervalMs)) * intervalMs;
      await clock.sleep(dueAt - now, signal);
    }
  };
}

function newEntry(router: Router, cadence: PollCadence): Entry {
  const failures = Object.fromEntries(POLL_FAILURES.map((name) => [name, 0]));
  return {
    router,
    cadence,
    health: UNKNOWN,
    reading: null,
    readAt: null,
    vitalsDueAt: 0,
    lastSuccessAt: null,
    bootAt: router.bootAt,
    uptime: null,
    pollSeconds: null,
    failures: failures as Record<PollFailure, number>,
    lastFailure: null,
    connection: null,
    stop: new AbortController(),
    done: Promise.resolve(),
  };
}

function isSameDoor(a: Router, b: Router): boolean {
  return a.address === b.address && a.apiPort === b.apiPort;
}

/** One look, whatever comes of it: the entry, the store and the cycle know afterwards. */
async function look(options: PollerOptions, cycle: Cycle<Entry>, entry: Entry): Promise<void> {
  const { clock, log } = options;
  const { signal } = entry.stop;
  const at = clock.now();
  const startedAt = performance.now();
  let failure: PollFailure | null = null;
  try {
    await lookOnce(
      options,
      entry,
      AbortSignal.any([signal, AbortSignal.timeout(entry.cadence.deadlineMs)]),
    );
  } catch (error) {
    if (signal.aborted) return;
    failure = failureOf(error);
    if (failure === 'other') {
      log.error({ router: entry.router.name, err: errorMessage(error) }, 'poll failed');
    }
    if (STRANGERS.has(failure) && entry.lastFailure !== failure) {
      log.warn({ router: entry.router.name, err: errorMessage(error) }, 'a stranger answers');
    }
    await entry.connection?.close();
    entry.connection = null;
  }
  entry.lastFailure = failure;
  entry.pollSeconds = (performance.now() - startedAt) / 1000;
  if (failure !== null) entry.failures[failure] += 1;
  // What the store cannot take now is tried again with the next look.
  try {
    const step =
      failure === null ? onSuccess(entry.health, at) : onFailure(entry.health, at, cycle.isBlind());
    await record(options, entry, step, null);
    await cycle.polled(entry, failure !== null);
  } catch (error) {
    log.error({ router: entry.router.name, err: errorMessage(error) }, 'state not recorded');
  }
}

async function lookOnce(options: PollerOptions, entry: Entry, signal: AbortSignal): Promise<void> {
  const { clock, store } = options;
  const { router } = entry;
  if (entry.connection?.open !== true) entry.connection = await dial(options, entry, signal);
  const sentAt = clock.now();
  const { connection, reading: last } = entry;
  const isDue = last === null || sentAt >= entry.vitalsDueAt;
  const reading = isDue
    ? await pollRouter(connection, signal)
    : { ...last, uptimeSeconds: await askUptime(connection, signal) };
  const receivedAt = clock.now();
  const uptime = { sentAt, receivedAt, uptimeSeconds: reading.uptimeSeconds };
  const bootAt = detectBoot(uptime, entry.uptime, entry.bootAt);
  if (bootAt !== null) {
    await store.recordBoot({ routerId: router.id, bootAt, at: receivedAt });
    entry.bootAt = bootAt;
  }
  if (isDue) {
    entry.vitalsDueAt = nextVitals(options, entry, sentAt);
    entry.readAt = receivedAt;
  }
  // What was read before it started is not how it is now.
  if (bootAt !== null && !isDue) entry.vitalsDueAt = 0;
  // Nobody heard of it for a while: sessions may have ended without a word.
  if (entry.health.state !== 'up') {
    await reconcileSessions(options, router.id, connection, signal);
  }
  entry.bootAt ??= bootAtOf(uptime);
  entry.uptime = uptime;
  entry.reading = reading;
  entry.lastSuccessAt = receivedAt;
}

/**
 * The second reading comes at a random phase: all routers are read at the start, and would be read together
 * ever after. With half a beat taken off, the look that is nearest reads them.
 */
function nextVitals({ random }: PollerOptions, { cadence, readAt }: Entry, at: number): number {
  const everyMs = cadence.vitalsSeconds * 1000;
  const share = readAt === null ? random() : 1;
  return at + everyMs * share - cadence.livenessSeconds * 500;
}

async function dial(
  options: PollerOptions,
  { router, cadence }: Entry,
  signal: AbortSignal,
): Promise<RouterOsConnection> {
  const credentials = await options.store.routerCredentials(router.id);
  if (credentials === null) throw new RouterOsError('ROUTER_LOGIN', 'no credentials');
  const door = doorOf(router, credentials);
  // The look ends by its deadline; less patience than the link needs would call a slow router dead.
  const { deadlineMs: connectTimeoutMs } = cadence;
  const manners = { connectTimeoutMs, commandTimeoutMs: connectTimeoutMs, signal };
  const connection = await (options.connect ?? connectRouter)({ ...door, ...manners });
  await refuseAnotherBoard(connection, router, credentials, signal);
  return connection;
}

function failureOf(error: unknown): PollFailure {
  switch (errorCode(error)) {
    case 'ROUTER_UNREACHABLE':
      return 'unreachable';
    case 'ROUTER_LOGIN':
      return 'login';
    case 'ROUTER_LOST':
      return 'lost';
    case 'ROUTER_TIMEOUT':
    case 'ROUTER_ABORTED':
      return 'timeout';
    case 'ROUTER_CERTIFICATE':
      return 'certificate';
    case 'ROUTER_IDENTITY':
      return 'identity';
    case 'ROUTER_PROTOCOL':
      return 'protocol';
    case 'ROUTER_TRAP':
      return 'trap';
    default:
      return 'other';
  }
}

async function record(
  { store }: PollerOptions,
  entry: Entry,
  { health, transition }: Step,
  cause: string | null,
): Promise<void> {
  if (transition !== null) {
    await store.recordState({ routerId: entry.router.id, cause, ...transition });
  }
  entry.health = health;
}
