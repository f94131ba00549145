/** What is kept of usage, and for how long: roll-ups by hour and day, and the end of what is old. */
import type { ReadContext, WriteContext } from '../sql.ts';
import type { Purgeable, Rollup, RollupKind } from '../types.ts';
import { closeOldNames } from './allowed-names.ts';

interface RollupRow {
  id: string;
  bucket: string;
  input_octets: number;
  output_octets: number;
  seconds: number;
  sessions: number;
}

const ROLLUP_KINDS: readonly RollupKind[] = ['router', 'tariff', 'account'];
const ROLLUPS = `SELECT id, bucket, input_octets, output_octets, seconds, sessions FROM usage_rollups
  WHERE kind = ? AND period = ?`;
/** Quotas are counted by the day already; that is not written twice. */
const ACCOUNT_DAYS = `SELECT * FROM (
    SELECT account_id AS id, day AS bucket, input_octets, octets - input_octets AS output_octets, seconds,
      sessions FROM usage_days
  ) AS days WHERE 1 = 1`;

/** Those of a rollout that has not ended are what it is judged by. */
const OLD_JOBS = `DELETE FROM jobs WHERE id IN (SELECT id FROM jobs
  WHERE ended_at < ? AND state IN ('done', 'failed') AND (rollout_id IS NULL
    OR rollout_id IN (SELECT id FROM rollouts WHERE state IN ('done', 'aborted'))) LIMIT ?)`;
/** One that has left routers behind stays until they are done. */
const OLD_ROLLOUTS = `DELETE FROM rollouts WHERE id IN (SELECT r.id FROM rollouts r
  WHERE r.ended_at < ? AND r.state IN ('done', 'aborted')
    AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.rollout_id = r.id) LIMIT ?)`;

/** Also those that were decided: a policy remembers what came of them. */
const OLD_APPEALS = `DELETE FROM appeals WHERE (village_code, name) IN
  (SELECT village_code, name FROM appeals WHERE last_day < ? LIMIT ?)`;

type Dated = Exclude<Purgeable, 'allowances' | 'otp' | 'appeals' | 'hourly' | 'daily'>;

/** What has a time after which it is old; by that, at most so many. */
const OLD: Record<Dated, string> = {
  sessions: `DELETE FROM sessions WHERE id IN
    (SELECT id FROM sessions WHERE state = 'closed' AND stopped_at < ? LIMIT ?)`,
  tokens:
    'DELETE FROM tokens WHERE username IN (SELECT username FROM tokens WHERE expires_at < ? LIMIT ?)',
  tickets: 'DELETE FROM tickets WHERE id IN (SELECT id FROM tickets WHERE expires_at < ? LIMIT ?)',
  cases: 'DELETE FROM cases WHERE id IN (SELECT id FROM cases WHERE expires_at < ? LIMIT ?)',
  devices:
    'DELETE FROM devices WHERE mac IN (SELECT mac FROM devices WHERE expires_at < ? LIMIT ?)',
  // The ledger stays; what is held only says whom not to ask again.
  consents: `DELETE FROM consents_held WHERE holder_k IN
    (SELECT holder_k FROM consents_held WHERE holder <> 'subscriber' AND at < ? LIMIT ?)`,
  jobs: OLD_JOBS,
  rollouts: OLD_ROLLOUTS,
};

export const retentionReads = {
  async rollups(
    { sql }: ReadContext,
    args: { kind: RollupKind; id?: string; period: 'hour' | 'day'; from: string; to: string },
  ): Promise<Rollup[]> {
    const ofAccountDays = args.kind === 'account' && args.period === 'day';
    const rows = await sql.all<RollupRow>(
      `${ofAccountDays ? ACCOUNT_DAYS : ROLLUPS} AND bucket >= ? AND bucket < ?
       ${args.id === undefined ? '' : 'AND id = ?'} ORDER BY bucket, id`,
      ...(ofAccountDays ? [] : [args.kind, args.period]),
      args.from,
      args.to,
      ...(args.id === undefined ? [] : [args.id]),
    );
    return rows.map((row) => ({
      kind: args.kind,
      id: row.id,
      bucket: row.bucket,
      inputOctets: row.input_octets,
      outputOctets: row.output_octets,
      seconds: row.seconds,
      sessions: row.sessions,
    }));
  },
};

export const retentionWrites = {
  async purge(
    ctx: WriteContext,
    args: { what: Purgeable; before: number; limit: number },
  ): Promise<number> {
    const { sql } = ctx;
    if (isDated(args.what)) return sql.run(OLD[args.what], args.before, args.limit);
    const day = new Date(args.before).toISOString().slice(0, 10);
    switch (args.what) {
      case 'otp': {
        const codes = await sql.run(
          `DELETE FROM otp_codes WHERE ticket_id IN
             (SELECT ticket_id FROM otp_codes WHERE purge_at < ? LIMIT ?)`,
          args.before,
          args.limit,
        );
        if (codes >= args.limit) return codes;
        const budgets = await sql.run(
          `DELETE FROM otp_budgets WHERE (scope, k, ends_at) IN
             (SELECT scope, k, ends_at FROM otp_budgets WHERE ends_at < ? LIMIT ?)`,
          args.before,
          args.limit - codes,
        );
        return codes + budgets;
      }
      case 'allowances':
        return closeOldNames(ctx, args);
      case 'appeals':
        return sql.run(OLD_APPEALS, day, args.limit);
      case 'hourly':
        return purgeRollups({ sql }, 'hour', day, args.limit);
      case 'daily': {
        const rollups = await purgeRollups({ sql }, 'day', day, args.limit);
        if (rollups >= args.limit) return rollups;
        const days = await sql.run(
          `DELETE FROM usage_days WHERE (account_id, day) IN
             (SELECT account_id, day FROM usage_days WHERE day < ? LIMIT ?)`,
          day,
          args.limit - rollups,
        );
        return rollups + days;
      }
    }
  },
};

function isDated(what: Purgeable): what is Dated {
  return Object.hasOwn(OLD, what);
}

/** By the leading columns of the key, so that nothing else is looked at. */
async function purgeRollups(
  { sql }: Pick<WriteContext, 'sql'>,
  period: 'hour' | 'day',
  before: string,
  limit: number,
): Promise<number> {
  let deleted = 0;
  for (const kind of ROLLUP_KINDS) {
    if (deleted >= limit) break;
    deleted += await sql.run(
      `DELETE FROM usage_rollups WHERE (kind, period, bucket, id) IN
         (SELECT kind, period, bucket, id FROM usage_rollups
          WHERE kind = ? AND period = ? AND bucket < ? LIMIT ?)`,
      kind,
      period,
      before,
      limit - deleted,
    );
  }
  return deleted;
}
