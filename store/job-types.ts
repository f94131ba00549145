/**
 * Work on routers. A job is one piece of it on one router; a rollout lets jobs of many routers out wave by
 * wave. Instants are of the domain's clock, but those of leases are of the machine's: a lease says whether a
 * process lives, and a process lives in the machine's time.
 */

/**
 * `apply`: read, write what differs, read again; `check`: read only; `upgrade`: the next steps of one. The others are
 * holds, which nobody can go on with when their holder dies: `hand`, what a command does itself; `read`, what leaves
 * the configuration as it is but must not be disturbed, such as a backup.
 */
export type JobKind = 'apply' | 'check' | 'upgrade' | HoldKind;
export type HoldKind = 'hand' | 'read';

/**
 * `held`: its rollout has not come to it, or was aborted before it did, and only another rollout or an
 * urgent request lets it go on. `failed` is the end only within a rollout; else it is tried again.
 */
export type JobState = 'held' | 'waiting' | 'running' | 'done' | 'failed';

export interface Job {
  readonly id: string;
  readonly routerId: string;
  readonly kind: JobKind;
  readonly rolloutId: string | null;
  /** From 0, the canaries. */
  readonly wave: number | null;
  /** What it loads: the router's own link, or one that several villages share. */
  readonly link: string;
  /** Waits for no rollout and no hours. */
  readonly urgent: boolean;
  readonly state: JobState;
  /** How often it was begun. */
  readonly attempts: number;
  readonly notBefore: number;
  readonly leaseOwner: string | null;
  /** Machine time. */
  readonly leaseUntil: number;
  /** Why it failed, or has to be tried again. */
  readonly detail: string | null;
  readonly requestedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export type NewJob = Pick<Job, 'routerId' | 'kind' | 'link' | 'urgent'>;

/** `stopped` is by too many failures, `paused` by an operator; both go on with `resume`. */
export type RolloutState = 'running' | 'paused' | 'stopped' | 'aborted' | 'done';

export interface Rollout {
  readonly id: string;
  readonly kind: JobKind;
  /** Why there is one, for people. */
  readonly note: string;
  readonly state: RolloutState;
  /** Why it is `stopped`. */
  readonly reason: string | null;
  /** The wave that was let out last; -1 before the first. */
  readonly wave: number;
  readonly waves: number;
  /** One more stops it. */
  readonly maxFailures: number;
  /** Maintenance window, as opening hours are written; null: at any time. */
  readonly hours: string | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
}

export interface NewRollout {
  readonly kind: JobKind;
  readonly note: string;
  readonly maxFailures: number;
  readonly hours: string | null;
  readonly members: readonly {
    readonly routerId: string;
    readonly link: string;
    readonly wave: number;
  }[];
  readonly at: number;
}

export interface ClaimJobs {
  /** In the order in which they are wanted. */
  readonly ids: readonly string[];
  readonly owner: string;
  readonly at: number;
  /** Machine time now, and how long the lease lasts. */
  readonly leaseAt: number;
  readonly leaseMs: number;
  /** Jobs under a live lease, whoever holds it: in all, and of one link. */
  readonly atOnce: number;
  readonly perLink: number;
}

/** A router that somebody wants for himself. */
export interface HoldRouter {
  readonly kind: HoldKind;
  readonly routerId: string;
  readonly link: string;
  readonly owner: string;
  readonly at: number;
  /** Machine time now, and how long the lease lasts. */
  readonly leaseAt: number;
  readonly leaseMs: number;
}

/** `reboots`: an upgrade has asked it to, and it is not back. */
export type HoldResult =
  | { readonly outcome: 'held'; readonly job: Job }
  | { readonly outcome: 'busy'; readonly kind: JobKind }
  | { readonly outcome: 'reboots' };

export interface JobStore {
  /**
   * A router has at most one job of a kind that waits: asked for again, it is that one, which an urgent
   * request lets out of its rollout's order. Routers that are gone are passed over. Returns how many are new.
   */
  requestJobs(args: { jobs: readonly NewJob[]; at: number }): Promise<number>;
  /**
   * Those of `ids` that may run now, leased to `owner`; a lease that ran out is taken over, but not that of a hold.
   * Never two of one router, whatever their kind, and none but its upgrade while a router reboots for that.
   */
  claimJobs(args: ClaimJobs): Promise<Job[]>;
  /**
   * A job that runs already, under a lease. What a dead process has left is put back, or given up as
   * {@link JobStore.abandonHolds} does.
   */
  holdRouter(args: HoldRouter): Promise<HoldResult>;
  /**
   * Ends the holds whose lease has run out. Of a `hand` nobody knows how far it came, so the router counts as half
   * written, and the next apply writes everything. Returns those routers.
   */
  abandonHolds(args: { leaseAt: number; at: number }): Promise<string[]>;
  /** False when the lease is not `owner`'s any more: then the work must stop. */
  renewLease(args: { id: string; owner: string; until: number }): Promise<boolean>;
  /**
   * `retry` waits until `notBefore`; when the same was asked for meanwhile, that is what goes on. False when the
   * lease is not `owner`'s any more, and then nothing is changed.
   */
  finishJob(args: {
    id: string;
    owner: string;
    outcome: 'done' | 'failed' | 'retry';
    detail: string | null;
    at: number;
    notBefore?: number;
  }): Promise<boolean>;
  /** `STORE_CONFLICT` when a router is in a rollout that has not ended. */
  startRollout(args: NewRollout): Promise<Rollout>;
  /** Lets the jobs of `wave` out. False unless the rollout runs and `wave` is its next. */
  openWave(args: { rolloutId: string; wave: number }): Promise<boolean>;
  /**
   * `pause` and `abort` let what runs end. `resume` tries what failed again, and may change the budget. Null when
   * the rollout's state does not allow it, or there is none.
   */
  changeRollout(args: {
    id: string;
    to: 'pause' | 'resume' | 'abort' | 'stop' | 'finish';
    reason?: string;
    maxFailures?: number;
    at: number;
  }): Promise<Rollout | null>;
  /** All of one rollout, or all that have not ended and those of rollouts that have not. */
  listJobs(args: { rolloutId?: string }): Promise<Job[]>;
  /** The newest first. */
  listRollouts(limit: number): Promise<Rollout[]>;
}
