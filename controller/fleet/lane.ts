/**
 * Work on one router from outside of a controller, such as an operator's command: takes the router's place in
 * the queue, so that it never runs beside a controller's work, and before any other.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { Store } from '../../store/contract.ts';
import type { Job, Router } from '../../store/types.ts';
import { DOING } from './hold.ts';
import { type JobResult, leaseOf } from './queue.ts';

export interface LaneOptions {
  readonly store: Pick<
    Store,
    'requestJobs' | 'listJobs' | 'claimJobs' | 'renewLease' | 'finishJob'
  >;
  readonly clock: Clock;
  readonly log: Logger;
  readonly router: Router;
  readonly link: string;
  readonly signal: AbortSignal;
  /** Told once, when the router has to be waited for. */
  readonly say?: (line: string) => void;
}

const LEASE_MS = 60_000;
const LOOK_MS = 200;

/** Null when a controller was quicker and has done the same; the router's row tells what came of it. */
export async function inLane<T>(
  options: LaneOptions,
  work: (signal: AbortSignal) => Promise<{ readonly value: T; readonly result: JobResult }>,
): Promise<T | null> {
  const { store, clock, router, link, signal } = options;
  const job = { routerId: router.id, kind: 'apply', link, urgent: true } as const;
  await store.requestJobs({ jobs: [job], at: clock.now() });
  const owner = randomUUID();
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    const ours = (await store.listJobs({})).filter(
      ({ routerId, endedAt }) => routerId === router.id && endedAt === null,
    );
    if (!ours.some((one) => one.kind === 'apply')) return null;
    const ids = ours.filter((one) => one.kind === 'apply').map((one) => one.id);
    const [claimed] = await store.claimJobs({
      ids,
      owner,
      at: clock.now(),
      leaseAt: Date.now(),
      leaseMs: LEASE_MS,
      // An operator waits for the router alone.
      atOnce: Number.MAX_SAFE_INTEGER,
      perLink: Number.MAX_SAFE_INTEGER,
    });
    if (claimed !== undefined) return await run(options, { job: claimed, owner, work });
    if (attempt === 0) {
      const busy = ours.find(({ state }) => state === 'running');
      const why = busy === undefined ? 'reboots for an upgrade' : DOING[busy.kind];
      options.say?.(`${router.name} ${why}; waiting`);
    }
    await delay(LOOK_MS, undefined, { signal });
  }
}

async function run<T>(
  { store, clock, log, signal }: LaneOptions,
  at: {
    readonly job: Job;
    readonly owner: string;
    readonly work: (
      signal: AbortSignal,
    ) => Promise<{ readonly value: T; readonly result: JobResult }>;
  },
): Promise<T> {
  const { job, owner } = at;
  await using lease = leaseOf({ store, owner, leaseMs: LEASE_MS, log }, job.id);
  let result: JobResult = { outcome: 'retry', detail: 'broken off' };
  try {
    const done = await at.work(AbortSignal.any([signal, lease.lost]));
    result = done.result;
    return done.value;
  } finally {
    await store.finishJob({ id: job.id, owner, ...result, at: clock.now() });
  }
}
