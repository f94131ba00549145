import type { ReadContext, WriteContext } from '../sql.ts';
import type { BlockList, Policy, PolicyLevel } from '../types.ts';

interface PolicyRow {
  level: PolicyLevel;
  code: string;
  block: string;
  allow: string;
  deny: string;
}

export const filterReads = {
  async listPolicies({ sql }: ReadContext): Promise<Policy[]> {
    const rows = await sql.all<PolicyRow>(
      'SELECT level, code, block, allow, deny FROM policies ORDER BY level, code',
    );
    return rows.map(toPolicy);
  },

  async listLists({ sql }: ReadContext): Promise<BlockList[]> {
    return sql.all<BlockList>(
      `SELECT name, category, format, match, source, entries, sha256, updated_at AS "updatedAt", error
       FROM lists ORDER BY name`,
    );
  },
};

export const filterWrites = {
  /** Whoever sets a policy decides for good: no name in it ends by itself any more. */
  async setPolicy(ctx: WriteContext, policy: Policy): Promise<void> {
    await ctx.sql.run('DELETE FROM allowed_names WHERE code = ?', policy.code);
    await writePolicy(ctx, policy);
  },

  async saveList(ctx: WriteContext, list: BlockList): Promise<void> {
    await ctx.sql.run(
      `INSERT INTO lists (name, category, format, match, source, entries, sha256, updated_at, error)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET category = excluded.category, format = excluded.format,
         match = excluded.match, source = excluded.source, entries = excluded.entries,
         sha256 = excluded.sha256, updated_at = excluded.updated_at, error = excluded.error`,
      list.name,
      list.category,
      list.format,
      list.match,
      list.source,
      list.entries,
      list.sha256,
      list.updatedAt,
      list.error,
    );
    ctx.invalidate('list', list.name);
  },
};

export async function writePolicy(ctx: WriteContext, policy: Policy): Promise<void> {
  await ctx.sql.run(
    `INSERT INTO policies (level, code, block, allow, deny) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (level, code) DO UPDATE SET block = excluded.block, allow = excluded.allow,
       deny = excluded.deny`,
    policy.level,
    policy.code,
    JSON.stringify(policy.block),
    JSON.stringify(policy.allow),
    JSON.stringify(policy.deny),
  );
  ctx.invalidate('policy', `${policy.level}:${policy.code}`);
}

export function toPolicy(row: PolicyRow): Policy {
  return {
    level: row.level,
    code: row.code,
    block: JSON.parse(row.block) as string[],
    allow: JSON.parse(row.allow) as string[],
    deny: JSON.parse(row.deny) as string[],
  };
}
