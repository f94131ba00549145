/** Jobs and rollouts. What is due, and in which order, is the controller's to decide. */

import { uuidv7 } from '../../lib/uuid.ts';
import type { Store } from '../contract.ts';
import { StoreError } from '../errors.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type { ClaimJobs, Job, NewJob, NewRollout, Rollout } from '../types.ts';

export type JobColumns = Omit<Job, 'urgent'> & { readonly urgent: number };
export type Finish = Parameters<Store['finishJob']>[0];
type ChangeRollout = Parameters<Store['changeRollout']>[0];

export const JOB = `id, router_id AS "routerId", kind, rollout_id AS "rolloutId", wave, link, urgent, state,
  attempts, not_before AS "notBefore", lease_owner AS "leaseOwner", lease_until AS "leaseUntil", detail,
  requested_at AS "requestedAt", started_at AS "startedAt", ended_at AS "endedAt"`;
const ROLLOUT = `id, kind, note, state, reason, wave, waves, max_failures AS "maxFailures", hours,
  created_at AS "createdAt", ended_at AS "endedAt"`;
const OPEN_ROLLOUT = `state IN ('running', 'paused', 'stopped')`;
/** Of upgrades whose router was asked to start anew and has not shown that it did. */
export const REBOOTING = `phase IN ('installing', 'rebooting')`;
/**
 * A rollout that does not run holds back what it has let out, too; never what was begun. One that is done may
 * have left routers behind that were offline.
 */
const CLAIMABLE = `((state = 'waiting' AND (urgent = 1 OR rollout_id IS NULL
      OR rollout_id IN (SELECT id FROM rollouts WHERE state IN ('running', 'done'))))
    OR (state = 'running' AND lease_until <= ?))
  AND kind NOT IN ('hand', 'read') AND (kind = 'upgrade' OR router_id NOT IN
    (SELECT router_id FROM upgrades WHERE ${REBOOTING}))`;

export const jobReads = {
  async listJobs({ sql }: ReadContext, args: { rolloutId?: string }): Promise<Job[]> {
    const rows =
      args.rolloutId === undefined
        ? await sql.all<JobColumns>(
            `SELECT ${JOB} FROM jobs WHERE state IN ('held', 'waiting', 'running') OR rollout_id IN
               (SELECT id FROM rollouts WHERE ${OPEN_ROLLOUT}) ORDER BY requested_at, id`,
          )
        : await sql.all<JobColumns>(
            `SELECT ${JOB} FROM jobs WHERE rollout_id = ? ORDER BY wave, id`,
            args.rolloutId,
          );
    return rows.map(toJob);
  },

  async listRollouts({ sql }: ReadContext, limit: number): Promise<Rollout[]> {
    return sql.all<Rollout>(
      `SELECT ${ROLLOUT} FROM rollouts ORDER BY created_at DESC, id DESC LIMIT ?`,
      limit,
    );
  },
};

export const jobWrites = {
  async requestJobs(
    ctx: WriteContext,
    args: { jobs: readonly NewJob[]; at: number },
  ): Promise<number> {
    let added = 0;
    for (const job of args.jobs) {
      const waiting = await waitingJob(ctx, job);
      if (waiting === undefined) added += await insertJob(ctx, { ...job, at: args.at });
      else if (job.urgent) {
        await ctx.sql.run(
          `UPDATE jobs SET urgent = 1, state = 'waiting', not_before = ? WHERE id = ?`,
          args.at,
          waiting.id,
        );
      }
    }
    return added;
  },

  /** On PostgreSQL, nodes claim beside each other: rows that another is about to take are passed over. */
  async claimJobs(ctx: WriteContext, args: ClaimJobs): Promise<Job[]> {
    const { sql } = ctx;
    const found: Job[] = [];
    for (const id of args.ids) {
      const row = await sql.get<JobColumns>(
        `SELECT ${JOB} FROM jobs WHERE id = ? AND ${CLAIMABLE}${ctx.skipLocked}`,
        id,
        args.leaseAt,
      );
      if (row !== undefined) found.push(toJob(row));
    }
    if (found.length === 0) return [];
    // What runs is counted by one node at a time, or two would both take the last place.
    await ctx.lock('jobs');
    const running = (
      await sql.all<JobColumns>(`SELECT ${JOB} FROM jobs WHERE state = 'running'`)
    ).map(toJob);
    const chosen = withinLimits(found, running, args);
    for (const job of chosen) {
      await sql.run(
        `UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_owner = ?, lease_until = ?,
           started_at = ? WHERE id = ?`,
        args.owner,
        args.leaseAt + args.leaseMs,
        args.at,
        job.id,
      );
    }
    return chosen.map((job) => ({
      ...job,
      state: 'running',
      attempts: job.attempts + 1,
      leaseOwner: args.owner,
      leaseUntil: args.leaseAt + args.leaseMs,
      startedAt: args.at,
    }));
  },

  async renewLease(
    { sql }: WriteContext,
    args: { id: string; owner: string; until: number },
  ): Promise<boolean> {
    const renewed = await sql.run(
      `UPDATE jobs SET lease_until = ? WHERE id = ? AND lease_owner = ? AND state = 'running'`,
      args.until,
      args.id,
      args.owner,
    );
    return renewed === 1;
  },

  async finishJob(ctx: WriteContext, args: Finish): Promise<boolean> {
    const row = await ctx.sql.get<JobColumns>(
      `SELECT ${JOB} FROM jobs WHERE id = ? AND lease_owner = ? AND state = 'running'`,
      args.id,
      args.owner,
    );
    if (row === undefined) return false;
    if (args.outcome === 'retry') await retryJob(ctx, toJob(row), args);
    else await endJob(ctx, toJob(row), args);
    return true;
  },

  async startRollout(ctx: WriteContext, args: NewRollout): Promise<Rollout> {
    const id = uuidv7(args.at);
    const waves = Math.max(-1, ...args.members.map(({ wave }) => wave)) + 1;
    await ctx.sql.run(
      `INSERT INTO rollouts (id, kind, note, state, wave, waves, max_failures, hours, created_at)
       VALUES (?, ?, ?, 'running', -1, ?, ?, ?, ?)`,
      id,
      args.kind,
      args.note,
      waves,
      args.maxFailures,
      args.hours,
      args.at,
    );
    for (const member of args.members) await addMember(ctx, id, args, member);
    return (await rolloutById(ctx, id))!;
  },

  async openWave(
    { sql }: WriteContext,
    args: { rolloutId: string; wave: number },
  ): Promise<boolean> {
    const opened = await sql.run(
      `UPDATE rollouts SET wave = ? WHERE id = ? AND state = 'running' AND wave = ? AND waves > ?`,
      args.wave,
      args.rolloutId,
      args.wave - 1,
      args.wave,
    );
    if (opened === 0) return false;
    await sql.run(
      `UPDATE jobs SET state = 'waiting' WHERE rollout_id = ? AND wave = ? AND state = 'held'`,
      args.rolloutId,
      args.wave,
    );
    return true;
  },

  async changeRollout(ctx: WriteContext, args: ChangeRollout): Promise<Rollout | null> {
    const { from, state, ends } = CHANGES[args.to];
    const changed = await ctx.sql.run(
      `UPDATE rollouts SET state = ?, reason = ?, ended_at = ? WHERE id = ? AND state IN (${from})`,
      state,
      args.reason ?? null,
      ends ? args.at : null,
      args.id,
    );
    if (changed === 0) return null;
    if (args.to === 'resume') await retryFailed(ctx, args);
    if (args.to === 'abort') {
      // Kept back: nothing but another rollout, or an urgent request, brings them what was not wanted.
      await ctx.sql.run(
        `UPDATE jobs SET state = 'held' WHERE rollout_id = ? AND state = 'waiting' AND urgent = 0`,
        args.id,
      );
    }
    return (await rolloutById(ctx, args.id)) ?? null;
  },
};

const CHANGES = {
  pause: { from: `'running'`, state: 'paused', ends: false },
  resume: { from: `'paused', 'stopped'`, state: 'running', ends: false },
  abort: { from: `'running', 'paused', 'stopped'`, state: 'aborted', ends: true },
  stop: { from: `'running'`, state: 'stopped', ends: false },
  finish: { from: `'running'`, state: 'done', ends: true },
} as const;

/** A job of a router that has another one running, even one whose lease ran out, comes after that. */
function withinLimits(found: readonly Job[], running: readonly Job[], args: ClaimJobs): Job[] {
  const live = running.filter((job) => job.leaseUntil > args.leaseAt);
  const busy = new Map(running.map((job) => [job.routerId, job.id]));
  const links = new Map<string, number>();
  for (const { link } of live) links.set(link, (links.get(link) ?? 0) + 1);
  const chosen: Job[] = [];
  for (const job of found) {
    const onLink = links.get(job.link) ?? 0;
    const other = busy.get(job.routerId);
    if (live.length + chosen.length >= args.atOnce) break;
    if (onLink >= args.perLink || (other !== undefined && other !== job.id)) continue;
    links.set(job.link, onLink + 1);
    busy.set(job.routerId, job.id);
    chosen.push(job);
  }
  return chosen;
}

async function insertJob(
  { sql }: WriteContext,
  job: NewJob & { at: number; rolloutId?: string; wave?: number },
): Promise<number> {
  return sql.run(
    `INSERT INTO jobs (id, router_id, kind, rollout_id, wave, link, urgent, state, not_before, requested_at)
     SELECT ?, id, ?, ?, ?, ?, ?, ?, ?, ? FROM routers WHERE id = ?`,
    uuidv7(job.at),
    job.kind,
    job.rolloutId ?? null,
    job.wave ?? null,
    job.link,
    job.urgent ? 1 : 0,
    job.rolloutId === undefined ? 'waiting' : 'held',
    job.at,
    job.at,
    job.routerId,
  );
}

async function waitingJob(
  { sql }: WriteContext,
  { routerId, kind }: { routerId: string; kind: string },
): Promise<Job | undefined> {
  const row = await sql.get<JobColumns>(
    `SELECT ${JOB} FROM jobs WHERE router_id = ? AND kind = ? AND state IN ('held', 'waiting')`,
    routerId,
    kind,
  );
  return row === undefined ? undefined : toJob(row);
}

/** What waits already is taken into the rollout, with what an earlier one had kept back. */
async function addMember(
  ctx: WriteContext,
  rolloutId: string,
  args: NewRollout,
  member: NewRollout['members'][number],
): Promise<void> {
  const taken = await ctx.sql.get<{ name: string }>(
    `SELECT r.name FROM jobs j JOIN routers r ON r.id = j.router_id JOIN rollouts o ON o.id = j.rollout_id
     WHERE j.router_id = ? AND j.state IN ('held', 'waiting', 'running')
       AND o.state IN ('running', 'paused', 'stopped')`,
    member.routerId,
  );
  if (taken !== undefined) {
    throw new StoreError(
      'STORE_CONFLICT',
      `router ${taken.name} is in a rollout that has not ended: see smartwifi fleet status`,
    );
  }
  const waiting = await waitingJob(ctx, { routerId: member.routerId, kind: args.kind });
  if (waiting === undefined) {
    const { routerId, link, wave } = member;
    const job = { routerId, link, wave, kind: args.kind, urgent: false, rolloutId, at: args.at };
    await insertJob(ctx, job);
    return;
  }
  await ctx.sql.run(
    `UPDATE jobs SET rollout_id = ?, wave = ?, link = ?, state = 'held', attempts = 0, not_before = ?,
       detail = NULL WHERE id = ?`,
    rolloutId,
    member.wave,
    member.link,
    args.at,
    waiting.id,
  );
}

export async function retryJob(ctx: WriteContext, job: Job, args: Finish): Promise<void> {
  const notBefore = args.notBefore ?? args.at;
  const next = await waitingJob(ctx, job);
  if (next === undefined) {
    await ctx.sql.run(
      `UPDATE jobs SET not_before = ?, detail = ?, lease_owner = NULL, lease_until = 0, state =
         CASE WHEN urgent = 0 AND rollout_id IN (SELECT id FROM rollouts WHERE state = 'aborted')
           THEN 'held' ELSE 'waiting' END
       WHERE id = ?`,
      notBefore,
      args.detail,
      job.id,
    );
    return;
  }
  await ctx.sql.run('DELETE FROM jobs WHERE id = ?', job.id);
  if (next.rolloutId === null) {
    const of = job.rolloutId === null ? undefined : await rolloutById(ctx, job.rolloutId);
    const left = of?.state === 'aborted';
    await ctx.sql.run(
      'UPDATE jobs SET rollout_id = ?, wave = ?, attempts = ?, not_before = ? WHERE id = ?',
      left ? null : job.rolloutId,
      left ? null : job.wave,
      job.attempts,
      next.urgent ? next.notBefore : notBefore,
      next.id,
    );
  }
}

/** A router that was asked to be worked on since does that as a member again; one that went over is let go. */
async function retryFailed(ctx: WriteContext, args: ChangeRollout): Promise<void> {
  const { sql } = ctx;
  if (args.maxFailures !== undefined) {
    await sql.run('UPDATE rollouts SET max_failures = ? WHERE id = ?', args.maxFailures, args.id);
  }
  const failed = await sql.all<JobColumns>(
    `SELECT ${JOB} FROM jobs WHERE rollout_id = ? AND state = 'failed'`,
    args.id,
  );
  for (const job of failed.map(toJob)) {
    const next = await waitingJob(ctx, job);
    if (next !== undefined) await sql.run('DELETE FROM jobs WHERE id = ?', job.id);
    if (next !== undefined && next.rolloutId !== null) continue;
    await sql.run(
      `UPDATE jobs SET rollout_id = ?, wave = ?, state = 'waiting', attempts = 0, not_before = ?,
         ended_at = NULL WHERE id = ?`,
      job.rolloutId,
      job.wave,
      args.at,
      next?.id ?? job.id,
    );
  }
}

/** Of those without a rollout, the last that ended is kept of each kind. */
export async function endJob({ sql }: WriteContext, job: Job, args: Finish): Promise<void> {
  await sql.run(
    `UPDATE jobs SET state = ?, detail = ?, ended_at = ?, lease_owner = NULL, lease_until = 0 WHERE id = ?`,
    args.outcome,
    args.detail,
    args.at,
    job.id,
  );
  if (job.rolloutId !== null) return;
  await sql.run(
    `DELETE FROM jobs WHERE router_id = ? AND kind = ? AND rollout_id IS NULL AND id <> ?
       AND state IN ('done', 'failed')`,
    job.routerId,
    job.kind,
    job.id,
  );
}

async function rolloutById({ sql }: WriteContext, id: string): Promise<Rollout | undefined> {
  return sql.get<Rollout>(`SELECT ${ROLLOUT} FROM rollouts WHERE id = ?`, id);
}

export function toJob(row: JobColumns): Job {
  return { ...row, urgent: row.urgent === 1 };
}
