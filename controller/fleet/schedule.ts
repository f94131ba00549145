/**
 * What is to be done next with the jobs of the fleet. Pure: from what the store holds and what is seen, to
 * steps that `queue.ts` performs and the store may still refuse, since another node sees the same.
 */
import type { Job, Rollout } from '../../store/types.ts';
import { judge, type Sight } from './rollout.ts';

export interface Limits {
  /** Jobs that run at once, whoever runs them. */
  readonly atOnce: number;
  /** Of those, on one link. */
  readonly perLink: number;
}

export interface Situation extends Sight {
  readonly jobs: readonly Job[];
  readonly rollouts: readonly Rollout[];
  readonly limits: Limits;
  /** Machine time, for leases. */
  readonly leaseNow: number;
  /** Whether the hours of a rollout hold now; a text that cannot be read never does. */
  readonly isOpen: (hours: string) => boolean;
  /** Whether the router's own maintenance window lets it be changed now. */
  readonly mayChange: (routerId: string) => boolean;
  /** Whether it starts anew for its upgrade; only that goes on meanwhile. */
  readonly isRebooting: (routerId: string) => boolean;
}

export interface Steps {
  /** Jobs to claim, in this order. */
  readonly claim: readonly string[];
  readonly open: readonly { readonly rolloutId: string; readonly wave: number }[];
  readonly stop: readonly { readonly rolloutId: string; readonly reason: string }[];
  readonly finish: readonly string[];
}

export function schedule(situation: Situation): Steps {
  const { jobs, rollouts } = situation;
  const open: { rolloutId: string; wave: number }[] = [];
  const stop: { rolloutId: string; reason: string }[] = [];
  const finish: string[] = [];
  const byRollout = Map.groupBy(jobs, (job) => job.rolloutId);
  for (const rollout of rollouts) {
    if (rollout.state !== 'running') continue;
    const verdict = judge(rollout, byRollout.get(rollout.id) ?? [], situation);
    if (verdict.kind === 'stop') stop.push({ rolloutId: rollout.id, reason: verdict.reason });
    else if (verdict.kind === 'finish') finish.push(rollout.id);
    else if (verdict.kind === 'next' && mayBegin(rollout, situation)) {
      open.push({ rolloutId: rollout.id, wave: verdict.wave });
    }
  }
  const stopping = new Set(stop.map(({ rolloutId }) => rolloutId));
  return { claim: claims(situation, stopping), open, stop, finish };
}

function claims(situation: Situation, stopping: ReadonlySet<string>): string[] {
  const { jobs, rollouts, limits, leaseNow } = situation;
  const byId = new Map(rollouts.map((rollout) => [rollout.id, rollout]));
  const running = jobs.filter((job) => job.state === 'running');
  const live = running.filter((job) => job.leaseUntil > leaseNow);
  const busy = new Map(running.map((job) => [job.routerId, job.id]));
  const links = new Map<string, number>();
  for (const { link } of live) links.set(link, (links.get(link) ?? 0) + 1);
  const mayRun = (job: Job): boolean => {
    if (job.kind === 'hand' || job.kind === 'read') return false;
    if (job.kind !== 'upgrade' && !isReady(job.routerId, situation)) return false;
    // What was begun is brought to its end: the router may be half changed.
    if (job.state === 'running') return job.leaseUntil <= leaseNow;
    if (job.state !== 'waiting' || job.notBefore > situation.now) return false;
    if (job.urgent) return true;
    if (job.kind === 'apply' && !situation.mayChange(job.routerId)) return false;
    if (job.rolloutId === null) return true;
    const rollout = byId.get(job.rolloutId);
    if (rollout === undefined || stopping.has(rollout.id)) return false;
    const lives = rollout.state === 'running' || rollout.state === 'done';
    return lives && mayBegin(rollout, situation);
  };
  const ids: string[] = [];
  for (const job of jobs.filter(mayRun).toSorted(byNeed)) {
    if (live.length + ids.length >= limits.atOnce) break;
    const other = busy.get(job.routerId);
    const onLink = links.get(job.link) ?? 0;
    if (onLink >= limits.perLink) continue;
    if (other !== undefined && other !== job.id) continue;
    busy.set(job.routerId, job.id);
    links.set(job.link, onLink + 1);
    ids.push(job.id);
  }
  return ids;
}

/** An upgrade also looks at a router that is away: whether it comes back is the question. */
function isReady(routerId: string, { isUp, isRebooting }: Situation): boolean {
  return isUp(routerId) && !isRebooting(routerId);
}

function mayBegin({ hours }: Rollout, { isOpen }: Situation): boolean {
  return hours === null || isOpen(hours);
}

/** Urgent first, then what was begun, then who has waited longest. */
function byNeed(a: Job, b: Job): number {
  const rank = (job: Job): number => (job.urgent ? 0 : job.state === 'running' ? 1 : 2);
  return rank(a) - rank(b) || a.requestedAt - b.requestedAt || (a.id < b.id ? -1 : 1);
}
