/**
 * How a rollout stands, from its jobs. Pure. A wave is good when every member is done, or waits for a router
 * that is offline, at least half of it is done, and those are still up some time later.
 */
import type { Job, Rollout } from '../../store/types.ts';

export interface Sight {
  /** Instant of the domain's clock. */
  readonly now: number;
  readonly isUp: (routerId: string) => boolean;
  /** Known to be down. Neither is true of a router that was not looked at yet, or while we are blind. */
  readonly isDown: (routerId: string) => boolean;
}

export interface Tally {
  readonly members: number;
  readonly done: number;
  readonly failed: number;
  readonly running: number;
  /** Let out, and its router is up. */
  readonly waiting: number;
  /** Let out, and its router is not up. */
  readonly offline: number;
  readonly held: number;
}

export type Verdict =
  /** Something is still to be done, or to be watched. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'next'; readonly wave: number }
  | { readonly kind: 'stop'; readonly reason: string }
  | { readonly kind: 'finish' };

/** How long a router must stay up after it was changed, until the next wave begins. */
export const WATCH_MS = 60_000;

export function tally(jobs: readonly Job[], isUp: Sight['isUp']): Tally {
  const count = (fits: (job: Job) => boolean): number => jobs.filter(fits).length;
  const letOut = (job: Job): boolean => job.state === 'waiting';
  return {
    members: jobs.length,
    done: count((job) => job.state === 'done'),
    failed: count((job) => job.state === 'failed'),
    running: count((job) => job.state === 'running'),
    waiting: count((job) => letOut(job) && isUp(job.routerId)),
    offline: count((job) => letOut(job) && !isUp(job.routerId)),
    held: count((job) => job.state === 'held'),
  };
}

/** What is to become of a rollout that runs; `jobs` are its own. */
export function judge(rollout: Rollout, jobs: readonly Job[], sight: Sight): Verdict {
  const wave = jobs.filter((job) => job.wave === rollout.wave);
  const done = wave.filter((job) => job.state === 'done');
  const lost = done.filter((job) => sight.isDown(job.routerId));
  const proven = done.filter((job) => sight.isUp(job.routerId)).length;
  const failed = jobs.filter((job) => job.state === 'failed').length;
  const watched = done.every((job) => sight.now - (job.endedAt ?? sight.now) >= WATCH_MS);
  if (failed + (watched ? lost.length : 0) > rollout.maxFailures) {
    return { kind: 'stop', reason: reasonOf(failed, watched ? lost.length : 0, rollout) };
  }
  if (rollout.wave < 0) return nextOf(rollout);
  const { waiting, running, offline } = tally(wave, sight.isUp);
  if (running + waiting > 0 || !watched) return { kind: 'wait' };
  // Routers that were removed since leave an empty wave behind.
  if (wave.length === 0) return nextOf(rollout);
  if (proven * 2 >= wave.length) return nextOf(rollout);
  // Whoever is away, or not seen yet, may still come back and be done.
  if (offline + done.length - proven > 0) return { kind: 'wait' };
  return {
    kind: 'stop',
    reason: `${done.length} of ${wave.length} of wave ${rollout.wave} succeeded`,
  };
}

function nextOf({ wave, waves }: Rollout): Verdict {
  return wave + 1 < waves ? { kind: 'next', wave: wave + 1 } : { kind: 'finish' };
}

function reasonOf(failed: number, lost: number, { maxFailures }: Rollout): string {
  const parts = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(lost > 0 ? [`${lost} went down after the change`] : []),
  ];
  return `${parts.join(', ')}; ${maxFailures} allowed`;
}
