/** Names that an answered appeal has opened for a time: in the policy while it lasts, and out of it again. */
import type { ReadContext, WriteContext } from '../sql.ts';
import type { Policy, PolicyLevel } from '../types.ts';
import { codesOf } from './announcements.ts';
import { toPolicy, writePolicy } from './filter.ts';

type Place = Pick<Policy, 'level' | 'code'>;

interface AllowedRow {
  level: PolicyLevel;
  code: string;
  name: string;
  until_at: number;
  was_denied: number;
}

/** The end of a name's time in a village, by whichever level has opened it the longest. */
export const UNTIL_IN_VILLAGE = `(SELECT MAX(until_at) FROM allowed_names n
  WHERE n.name = appeals.name AND (appeals.village_code = n.code
    OR SUBSTR(appeals.village_code, 1, LENGTH(n.code) + 1) = n.code || '.'))`;

/**
 * Adds the name to the policy of the place. Without the rules that held so far, a level that gets its first
 * row would lose them. A name that its policy allows already, for good, stays so.
 */
export async function allowName(
  ctx: WriteContext,
  place: Place & { name: string; until: number },
): Promise<{ policy: Policy; until: number | null }> {
  const { level, code, name, until } = place;
  const nearest = await nearestPolicy(ctx, code);
  const before: Policy = { block: [], allow: [], deny: [], ...nearest, level, code };
  const timed = await rowsAt(ctx, nearest?.code ?? code);
  const isTimed = timed.some((row) => row.name === name);
  if (before.allow.includes(name) && !isTimed) return { policy: before, until: null };
  // What comes down from a level above goes when it goes there.
  for (const row of nearest?.code === code ? [] : timed) await keep(ctx, { ...row, level, code });
  const was_denied = before.deny.includes(name) ? 1 : 0;
  await keep(ctx, { level, code, name, until_at: until, was_denied });
  const policy: Policy = {
    ...before,
    allow: [...new Set([...before.allow, name])],
    deny: before.deny.filter((one) => one !== name),
  };
  await writePolicy(ctx, policy);
  return { policy, until };
}

/** A rejection ends at once what an earlier answer has opened there. */
export async function closeName(
  ctx: WriteContext,
  { code, name }: { code: string; name: string },
): Promise<void> {
  for (const row of await rowsAt(ctx, code)) if (row.name === name) await close(ctx, row);
}

/** Those whose time is over: their names are blocked as before, and their appeals are open again. */
export async function closeOldNames(
  ctx: WriteContext,
  { before, limit }: { before: number; limit: number },
): Promise<number> {
  const rows = await ctx.sql.all<AllowedRow>(
    'SELECT * FROM allowed_names WHERE until_at <= ? ORDER BY until_at LIMIT ?',
    before,
    limit,
  );
  for (const row of rows) {
    await close(ctx, row);
    await ctx.sql.run(
      `UPDATE appeals SET state = 'open', decided_at = NULL
       WHERE name = ? AND state = 'allowed' AND ${UNTIL_IN_VILLAGE} IS NULL
         AND (village_code = ? OR SUBSTR(village_code, 1, LENGTH(?) + 1) = ? || '.')`,
      ...[row.name, row.code, row.code, row.code],
    );
  }
  return rows.length;
}

async function close(ctx: WriteContext, row: AllowedRow): Promise<void> {
  const { code, name } = row;
  await ctx.sql.run('DELETE FROM allowed_names WHERE code = ? AND name = ?', code, name);
  const policy = (await policiesAt(ctx, [code]))[0];
  if (policy === undefined || !policy.allow.includes(name)) return;
  await writePolicy(ctx, {
    ...policy,
    allow: policy.allow.filter((one) => one !== name),
    deny: row.was_denied === 1 ? [...new Set([...policy.deny, name])] : policy.deny,
  });
}

async function keep({ sql }: WriteContext, row: AllowedRow): Promise<void> {
  await sql.run(
    `INSERT INTO allowed_names (level, code, name, until_at, was_denied) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (code, name) DO UPDATE SET until_at = excluded.until_at`,
    ...[row.level, row.code, row.name, row.until_at, row.was_denied],
  );
}

async function rowsAt({ sql }: ReadContext, code: string): Promise<AllowedRow[]> {
  return sql.all<AllowedRow>('SELECT * FROM allowed_names WHERE code = ?', code);
}

async function nearestPolicy(ctx: ReadContext, code: string): Promise<Policy | undefined> {
  const codes = codesOf(code);
  const rows = await policiesAt(ctx, codes);
  return codes.flatMap((one) => rows.filter((row) => row.code === one))[0];
}

async function policiesAt({ sql }: ReadContext, codes: readonly string[]): Promise<Policy[]> {
  const rows = await sql.all<Parameters<typeof toPolicy>[0]>(
    `SELECT level, code, block, allow, deny FROM policies
     WHERE code IN (${codes.map(() => '?').join(', ')})`,
    ...codes,
  );
  return rows.map(toPolicy);
}
