/** Appeals against blocks, counted by village and name: who appealed is never known here. */
import type { Appeal, AppealDecision, AppealReason, AppealState } from '../page-types.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type { Policy } from '../types.ts';
import { allowName, closeName, UNTIL_IN_VILLAGE } from './allowed-names.ts';

interface AppealRow {
  village_code: string;
  name: string;
  category: string | null;
  state: AppealState;
  counts: string;
  first_day: string;
  last_day: string;
  allowed_until: number | null;
}

const NONE: Readonly<Record<AppealReason, number>> = {
  none: 0,
  school: 0,
  work: 0,
  service: 0,
  other: 0,
};

export const appealReads = {
  async listAppeals(
    { sql }: ReadContext,
    args: { state?: AppealState; limit: number },
  ): Promise<Appeal[]> {
    const rows = await sql.all<AppealRow>(
      `SELECT appeals.*, ${UNTIL_IN_VILLAGE} AS allowed_until FROM appeals ${args.state === undefined ? '' : 'WHERE state = ?'}
       ORDER BY last_day DESC, name, village_code LIMIT ?`,
      ...(args.state === undefined ? [] : [args.state]),
      args.limit,
    );
    return rows.map((row) => ({
      villageCode: row.village_code,
      name: row.name,
      category: row.category,
      state: row.state,
      counts: countsIn(row.counts),
      firstDay: row.first_day,
      lastDay: row.last_day,
      allowedUntil: row.state === 'allowed' ? row.allowed_until : null,
    }));
  },
};

export const appealWrites = {
  async recordAppeal(
    { sql }: WriteContext,
    args: {
      villageCode: string;
      name: string;
      category: string | null;
      reason: AppealReason;
      at: number;
    },
  ): Promise<void> {
    const day = new Date(args.at).toISOString().slice(0, 10);
    const row = await sql.get<Pick<AppealRow, 'counts'>>(
      'SELECT counts FROM appeals WHERE village_code = ? AND name = ?',
      args.villageCode,
      args.name,
    );
    const before = row === undefined ? NONE : countsIn(row.counts);
    const counts = JSON.stringify({ ...before, [args.reason]: before[args.reason] + 1 });
    await sql.run(
      `INSERT INTO appeals (village_code, name, category, counts, first_day, last_day)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (village_code, name) DO UPDATE SET category = excluded.category,
         counts = excluded.counts, last_day = excluded.last_day`,
      args.villageCode,
      args.name,
      args.category,
      counts,
      day,
      day,
    );
  },

  async decideAppeal(
    ctx: WriteContext,
    args: AppealDecision & { at: number },
  ): Promise<{ appeals: number; policy: Policy | null; until: number | null }> {
    const { name, level, code, state, at } = args;
    const appeals = await ctx.sql.run(
      `UPDATE appeals SET state = ?, decided_at = ?
       WHERE name = ? AND (village_code = ? OR SUBSTR(village_code, 1, LENGTH(?) + 1) = ? || '.')`,
      state,
      at,
      name,
      code,
      code,
      code,
    );
    if (state === 'rejected') {
      await closeName(ctx, { code, name });
      return { appeals, policy: null, until: null };
    }
    return { appeals, ...(await allowName(ctx, { level, code, name, until: args.until })) };
  },
};

function countsIn(text: string): Readonly<Record<AppealReason, number>> {
  return { ...NONE, ...(JSON.parse(text) as Partial<Record<AppealReason, number>>) };
}
