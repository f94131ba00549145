/** Routers that somebody has for himself: jobs that are never claimed, only begun by their holder. */
import { uuidv7 } from '../../lib/uuid.ts';
import type { HoldResult, HoldRouter, Job } from '../job-types.ts';
import type { WriteContext } from '../sql.ts';
import { endJob, JOB, type JobColumns, REBOOTING, retryJob, toJob } from './jobs.ts';

const BROKEN_OFF = 'the command that held the router died: it may be half written';
const READ_NO_MORE = 'who read from the router died';

export const holdWrites = {
  async holdRouter(ctx: WriteContext, args: HoldRouter): Promise<HoldResult> {
    const { sql } = ctx;
    await ctx.lock('jobs');
    const row = await sql.get<JobColumns>(
      `SELECT ${JOB} FROM jobs WHERE router_id = ? AND state = 'running'`,
      args.routerId,
    );
    if (row !== undefined && row.leaseUntil > args.leaseAt) {
      return { outcome: 'busy', kind: row.kind };
    }
    const reboots = await sql.get(
      `SELECT router_id FROM upgrades WHERE router_id = ? AND ${REBOOTING}`,
      args.routerId,
    );
    if (reboots !== undefined) return { outcome: 'reboots' };
    if (row !== undefined) await putBack(ctx, toJob(row), args.at);
    return { outcome: 'held', job: await insertHold(ctx, args) };
  },

  async abandonHolds(ctx: WriteContext, args: { leaseAt: number; at: number }): Promise<string[]> {
    await ctx.lock('jobs');
    const rows = await ctx.sql.all<JobColumns>(
      `SELECT ${JOB} FROM jobs WHERE state = 'running' AND kind IN ('hand', 'read') AND lease_until <= ?`,
      args.leaseAt,
    );
    for (const row of rows) await abandon(ctx, toJob(row), args.at);
    return rows.flatMap(({ kind, routerId }) => (kind === 'hand' ? routerId : []));
  },
};

/** What a controller had begun waits for it again; nobody can go on with what another command did. */
async function putBack(ctx: WriteContext, job: Job, at: number): Promise<void> {
  if (job.kind === 'hand' || job.kind === 'read') return await abandon(ctx, job, at);
  const { id, detail } = job;
  await retryJob(ctx, job, { id, owner: '', outcome: 'retry', detail, at, notBefore: at });
}

async function abandon(ctx: WriteContext, job: Job, at: number): Promise<void> {
  const { id, routerId } = job;
  const detail = job.kind === 'read' ? READ_NO_MORE : BROKEN_OFF;
  await endJob(ctx, job, { id, owner: '', outcome: 'failed', detail, at });
  if (job.kind === 'read') return;
  await ctx.sql.run(
    `UPDATE routers SET applied_digest = NULL, provisioning_detail = ?, applied_at = ?,
       provisioning = CASE WHEN provisioning = 'new' THEN 'new' ELSE 'failed' END WHERE id = ?`,
    BROKEN_OFF,
    at,
    routerId,
  );
  ctx.invalidate('router', routerId);
}

async function insertHold({ sql }: WriteContext, args: HoldRouter): Promise<Job> {
  const { routerId, kind, link, owner, at } = args;
  const job: Job = {
    id: uuidv7(at),
    ...{ routerId, kind, rolloutId: null, wave: null, link, urgent: true },
    ...{ state: 'running', attempts: 1, notBefore: at, detail: null },
    ...{ leaseOwner: owner, leaseUntil: args.leaseAt + args.leaseMs },
    ...{ requestedAt: at, startedAt: at, endedAt: null },
  };
  await sql.run(
    `INSERT INTO jobs (id, router_id, kind, link, urgent, state, attempts, not_before, lease_owner, lease_until,
       requested_at, started_at) VALUES (?, ?, ?, ?, 1, 'running', 1, ?, ?, ?, ?, ?)`,
    job.id,
    routerId,
    kind,
    link,
    at,
    owner,
    job.leaseUntil,
    at,
    at,
  );
  return job;
}
