/** What is kept of usage, and for how long: roll-ups by hour and day, and the end of what is old. */
import type { ReadContext, WriteContext } from '../sql.ts';
import type { Purgeable, Rollup, RollupKind } from '../types.ts';

interface RollupRow {
  id: string;
  bucket: string;
  input_octets: number;
  output_octets: number;
  seconds: number;
  sessions: number;
}

export const retentionReads = {
  async rollups(
    { sql }: ReadContext,
    args: { kind: RollupKind; id?: string; period: 'hour' | 'day'; from: string; to: string },
  ): Promise<Rollup[]> {
    const rows = await sql.all<RollupRow>(
      `SELECT id, bucket, input_octets, output_octets, seconds, sessions FROM usage_rollups
       WHERE kind = ? AND period = ? AND bucket >= ? AND bucket < ? ${args.id === undefined ? '' : 'AND id = ?'}
       ORDER BY bucket, id`,
      args.kind,
      args.period,
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
    { sql }: WriteContext,
    args: { what: Purgeable; before: number; limit: number },
  ): Promise<number> {
    const day = new Date(args.before).toISOString().slice(0, 10);
    switch (args.what) {
      case 'sessions':
        return sql.run(
          `DELETE FROM sessions WHERE id IN
             (SELECT id FROM sessions WHERE state = 'closed' AND stopped_at < ? LIMIT ?)`,
          args.before,
          args.limit,
        );
      case 'tokens':
        return sql.run(
          'DELETE FROM tokens WHERE username IN (SELECT username FROM tokens WHERE expires_at < ? LIMIT ?)',
          args.before,
          args.limit,
        );
      case 'devices':
        return sql.run(
          'DELETE FROM devices WHERE mac IN (SELECT mac FROM devices WHERE expires_at < ? LIMIT ?)',
          args.before,
          args.limit,
        );
      case 'hourly':
        return purgeRollups({ sql }, 'hour', day, args.limit);
      case 'daily':
        return (
          (await purgeRollups({ sql }, 'day', day, args.limit)) +
          (await sql.run(
            `DELETE FROM usage_days WHERE (account_id, day) IN
               (SELECT account_id, day FROM usage_days WHERE day < ? LIMIT ?)`,
            day,
            args.limit,
          ))
        );
    }
  },
};

function purgeRollups(
  { sql }: Pick<WriteContext, 'sql'>,
  period: 'hour' | 'day',
  before: string,
  limit: number,
): Promise<number> {
  return sql.run(
    `DELETE FROM usage_rollups WHERE (kind, period, bucket, id) IN
       (SELECT kind, period, bucket, id FROM usage_rollups WHERE period = ? AND bucket < ? LIMIT ?)`,
    period,
    before,
    limit,
  );
}
