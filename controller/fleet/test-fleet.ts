/** For tests: jobs and rollouts as rows, and a fleet in memory that does what `schedule` says. */
import type { Job, Rollout } from '../../store/types.ts';
import { schedule } from './schedule.ts';
import type { Member } from './waves.ts';

export const ROLLOUT: Rollout = {
  id: 'roll',
  kind: 'apply',
  note: '',
  state: 'running',
  reason: null,
  wave: -1,
  waves: 1,
  maxFailures: 0,
  hours: null,
  createdAt: 0,
  endedAt: null,
};

export const JOB: Job = {
  id: 'job',
  routerId: 'r0',
  kind: 'apply',
  rolloutId: null,
  wave: null,
  link: 'r0',
  urgent: false,
  state: 'waiting',
  attempts: 0,
  notBefore: 0,
  leaseOwner: null,
  leaseUntil: 0,
  detail: null,
  requestedAt: 0,
  startedAt: null,
  endedAt: null,
};

export interface World {
  now: number;
  readonly jobs: Map<string, Job>;
  rollout: Rollout;
  readonly down: Set<string>;
  readonly limits: { readonly atOnce: number; readonly perLink: number };
}

export const LEASE_MS = 50;

export function worldOf(
  members: readonly Member[],
  world: Pick<World, 'limits'> & { maxFailures: number },
): World {
  const jobs = members.map(
    ({ routerId, link, wave }, n): Job => ({
      ...JOB,
      id: `j${n}`,
      routerId,
      link,
      wave,
      rolloutId: 'roll',
      state: 'held',
    }),
  );
  const waves = Math.max(...members.map((member) => member.wave)) + 1;
  return {
    now: 0,
    jobs: new Map(jobs.map((job) => [job.id, job])),
    rollout: { ...ROLLOUT, waves, maxFailures: world.maxFailures },
    down: new Set(members.filter((member) => !member.isUp).map((member) => member.routerId)),
    limits: world.limits,
  };
}

export function change(world: World, id: string, to: Partial<Job>): void {
  world.jobs.set(id, { ...world.jobs.get(id)!, ...to });
}

/** One look and what follows from it; gives the ids that were claimed. */
export function step(world: World): readonly string[] {
  const steps = schedule({
    now: world.now,
    leaseNow: world.now,
    jobs: [...world.jobs.values()],
    rollouts: [world.rollout],
    limits: world.limits,
    isUp: (id) => !world.down.has(id),
    isDown: (id) => world.down.has(id),
    isOpen: () => true,
    mayChange: () => true,
    isRebooting: () => false,
  });
  for (const { wave } of steps.open) {
    world.rollout = { ...world.rollout, wave };
    for (const job of world.jobs.values()) {
      if (job.wave === wave && job.state === 'held') change(world, job.id, { state: 'waiting' });
    }
  }
  for (const { reason } of steps.stop)
    world.rollout = { ...world.rollout, state: 'stopped', reason };
  if (steps.finish.length > 0) world.rollout = { ...world.rollout, state: 'done' };
  for (const id of steps.claim) {
    change(world, id, {
      state: 'running',
      leaseUntil: world.now + LEASE_MS,
      attempts: world.jobs.get(id)!.attempts + 1,
    });
  }
  return steps.claim;
}
