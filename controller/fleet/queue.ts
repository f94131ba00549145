/**
 * Performs what `schedule` says: claims jobs under a lease, runs them, renews the lease meanwhile, and says
 * what became of them. Any number of controllers may do so on one store. A lease that is lost ends the work;
 * a process that dies leaves leases that run out, and its jobs are begun again.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { errorCode, errorMessage } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { backoffMs } from '../../lib/retry.ts';
import type { Store } from '../../store/contract.ts';
import type { Job, JobKind, Rollout, RouterUpgrade } from '../../store/types.ts';
import type { UpgradePhase } from '../upgrade/machine.ts';
import { type Limits, type Situation, schedule } from './schedule.ts';

export interface JobResult {
  /** `retry` is waited for, longer each time; `failed` counts against the budget of its rollout. */
  readonly outcome: 'done' | 'failed' | 'retry';
  /** For an operator; null when all is well. */
  readonly detail: string | null;
}

export type QueueStore = Pick<
  Store,
  | 'listJobs'
  | 'listRollouts'
  | 'claimJobs'
  | 'renewLease'
  | 'finishJob'
  | 'openWave'
  | 'changeRollout'
  | 'abandonHolds'
  | 'listUpgrades'
>;

export interface QueueOptions {
  readonly store: QueueStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** [0, 1). */
  readonly random: () => number;
  readonly limits: Limits;
  readonly isUp: (routerId: string) => boolean;
  readonly isDown: (routerId: string) => boolean;
  /** Whether the hours of a maintenance window hold at an instant. Throws for hours that cannot be read. */
  readonly within: (hours: string, at: number) => boolean;
  /** Whether the router's own maintenance window lets it be changed at an instant; default: always. */
  readonly mayChange?: (routerId: string, at: number) => boolean;
  /** Told of everything that is to be done or was, at each look and each end. */
  readonly counted?: QueueCounter;
  /** The signal is aborted when the lease is lost, and at the end. */
  readonly perform: (job: Job, signal: AbortSignal) => Promise<JobResult>;
  /** Called when a job has ended, so that there may be room for another. */
  readonly onEnd?: () => void;
  /** Machine time; default 60,000. */
  readonly leaseMs?: number;
}

/** For metrics. */
export interface QueueCounter {
  looked(jobs: readonly Job[], rollouts: readonly Rollout[], now: number): void;
  /** `lost`: the lease was somebody else's in the end. */
  ended(kind: JobKind, outcome: JobResult['outcome'] | 'lost'): void;
}

export interface Queue extends AsyncDisposable {
  /** One look at what is due; resolves when it is begun, not when it is done. */
  look(): Promise<void>;
}

const BACKOFF = { firstMs: 60_000, maxMs: 1_800_000 };
const LEASE_MS = 60_000;
const REBOOTS: ReadonlySet<string> = new Set<UpgradePhase>(['installing', 'rebooting']);
/** Rollouts that are looked at; older ones can only have left routers behind that never came back. */
const ROLLOUTS = 200;

export function createQueue(options: QueueOptions): Queue {
  const { store, clock, log } = options;
  const owner = randomUUID();
  const stop = new AbortController();
  const running = new Set<Promise<void>>();
  const leaseMs = options.leaseMs ?? LEASE_MS;

  const start = (job: Job): void => {
    const work = runJob({ ...options, leaseMs, owner, stop: stop.signal }, job)
      .catch((error: unknown) => {
        // The lease runs out, and the job is begun again.
        log.error({ code: errorCode(error), err: errorMessage(error) }, 'job not recorded');
      })
      .finally(() => {
        running.delete(work);
        options.onEnd?.();
      });
    running.add(work);
  };

  return {
    look: async () => {
      const [jobs, rollouts, upgrades] = await Promise.all([
        store.listJobs({}),
        store.listRollouts(ROLLOUTS),
        store.listUpgrades(),
      ]);
      const now = clock.now();
      const leaseAt = Date.now();
      options.counted?.looked(jobs, rollouts, now);
      await giveUp(options, jobs, { leaseAt, at: now });
      const { isUp, isDown, limits } = options;
      const sight: Sight = {
        ...{ now, leaseNow: leaseAt, isUp, isDown, limits },
        isOpen: (hours) => holds(options, hours, now),
        mayChange: (id) => options.mayChange?.(id, now) ?? true,
        isRebooting: rebootingIn(upgrades),
      };
      const steps = schedule({ ...sight, jobs, rollouts });
      for (const { rolloutId, reason } of steps.stop) {
        await store.changeRollout({ id: rolloutId, to: 'stop', reason, at: now });
        log.warn({ rollout: rolloutId, reason }, 'rollout stopped');
      }
      for (const id of steps.finish) {
        await store.changeRollout({ id, to: 'finish', at: now });
        log.info({ rollout: id }, 'rollout done');
      }
      for (const wave of steps.open) {
        if (await store.openWave(wave)) log.info(wave, 'wave let out');
      }
      if (steps.claim.length === 0 || stop.signal.aborted) return;
      const claim = { owner, at: now, leaseAt, leaseMs, ...options.limits };
      for (const job of await store.claimJobs({ ids: steps.claim, ...claim })) start(job);
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await Promise.all(running);
    },
  };
}

type Sight = Omit<Situation, 'jobs' | 'rollouts'>;

function rebootingIn(upgrades: readonly RouterUpgrade[]): (routerId: string) => boolean {
  const ids = new Set(
    upgrades.filter(({ phase }) => REBOOTS.has(phase)).map(({ routerId }) => routerId),
  );
  return (routerId) => ids.has(routerId);
}

/** What a command that died had begun: nobody knows how far it came, so the router is written anew. */
async function giveUp(
  { store, log }: QueueOptions,
  jobs: readonly Job[],
  args: { leaseAt: number; at: number },
): Promise<void> {
  const isDead = ({ kind, state, leaseUntil }: Job): boolean =>
    (kind === 'hand' || kind === 'read') && state === 'running' && leaseUntil <= args.leaseAt;
  if (!jobs.some(isDead)) return;
  for (const router of await store.abandonHolds(args)) {
    log.warn({ router }, 'a command died while it held a router');
  }
}

/** Hours that cannot be read never hold: nothing is changed at a time that nobody meant. */
function holds({ within, log }: QueueOptions, hours: string, at: number): boolean {
  try {
    return within(hours, at);
  } catch (error) {
    log.error({ hours, err: errorMessage(error) }, 'hours of a rollout cannot be read');
    return false;
  }
}

interface Run extends QueueOptions {
  readonly leaseMs: number;
  readonly owner: string;
  readonly stop: AbortSignal;
}

async function runJob(run: Run, job: Job): Promise<void> {
  const { store, clock, owner, stop } = run;
  const lease = leaseOf(run, job.id);
  const result = await perform(run, job, AbortSignal.any([stop, lease.lost]));
  await lease[Symbol.asyncDispose]();
  // Somebody else works on it now, and what became of ours is not the last word.
  if (lease.lost.aborted) return run.counted?.ended(job.kind, 'lost');
  run.counted?.ended(job.kind, result.outcome);
  const at = clock.now();
  await store.finishJob({
    id: job.id,
    owner,
    ...result,
    at,
    notBefore: stop.aborted ? at : at + waitMs(run, job.attempts),
  });
}

async function perform(run: Run, job: Job, signal: AbortSignal): Promise<JobResult> {
  try {
    return await run.perform(job, signal);
  } catch (error) {
    const detail = `${errorCode(error)}: ${errorMessage(error)}`;
    if (!signal.aborted) run.log.error({ job: job.id, kind: job.kind, detail }, 'job failed');
    return { outcome: 'retry', detail };
  }
}

/** Never at once: jitter lies between half of the wait and all of it. */
function waitMs({ random }: Run, attempts: number): number {
  return backoffMs(BACKOFF, Math.max(0, attempts - 1), () => 0.5 + random() / 2);
}

export interface Lease extends AsyncDisposable {
  /** Aborted when the job is somebody else's. */
  readonly lost: AbortSignal;
}

/** Renews at a third of the lease; when it could not for the whole of it, it is lost. */
export function leaseOf(
  holder: {
    readonly store: Pick<Store, 'renewLease'>;
    readonly owner: string;
    readonly leaseMs: number;
    readonly log: Logger;
  },
  id: string,
): Lease {
  const { store, owner, leaseMs, log } = holder;
  const lost = new AbortController();
  let until = Date.now() + leaseMs;
  let renewing: Promise<void> = Promise.resolve();
  const renew = async (): Promise<void> => {
    const next = Date.now() + leaseMs;
    try {
      if (await store.renewLease({ id, owner, until: next })) until = next;
      else lost.abort(new Error('the lease was lost'));
    } catch (error) {
      log.warn({ job: id, err: errorMessage(error) }, 'lease not renewed');
      if (Date.now() >= until) lost.abort(new Error('the lease ran out'));
    }
  };
  const timer = setInterval(() => {
    renewing = renewing.then(renew);
  }, leaseMs / 3);
  return {
    lost: lost.signal,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await renewing;
    },
  };
}
