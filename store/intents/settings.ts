/** Settings by level and name, secrets sealed, and operators' parts. What they mean is the controller's. */
import type { ReadContext, WriteContext } from '../sql.ts';
import type { NewSetting, Part, SettingKey, StoredSetting } from '../types.ts';

interface SettingColumns {
  level: StoredSetting['level'];
  code: string;
  name: string;
  value: string | null;
  sealed: Uint8Array | null;
  set_at: number;
}

const COLUMNS = 'level, code, name, value, sealed, set_at';
const ALL = `SELECT ${COLUMNS} FROM settings ORDER BY name, level, code`;

export const settingReads = {
  async listSettings({ sql }: ReadContext): Promise<StoredSetting[]> {
    return (await sql.all<SettingColumns>(ALL)).map((row) => toSetting(row, row.value));
  },

  async openSettings({ sql, keys }: ReadContext): Promise<StoredSetting[]> {
    return (await sql.all<SettingColumns>(ALL)).map((row) =>
      toSetting(row, row.sealed === null ? row.value : keys.open(row.sealed, purposeOf(row))),
    );
  },

  async listParts({ sql }: ReadContext): Promise<Part[]> {
    return sql.all<Part>(
      `SELECT level, code, name, document, set_at AS "setAt" FROM parts ORDER BY name, level, code`,
    );
  },
};

export const settingWrites = {
  async setSetting(ctx: WriteContext, args: NewSetting): Promise<void> {
    await ctx.sql.run(
      `INSERT INTO settings (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (level, code, name) DO UPDATE SET value = excluded.value,
         sealed = excluded.sealed, set_at = excluded.set_at`,
      args.level,
      args.code,
      args.name,
      args.secret ? null : args.value,
      args.secret ? ctx.keys.seal(args.value, purposeOf(args)) : null,
      args.at,
    );
    ctx.invalidate('router', '*');
  },

  async unsetSetting(ctx: WriteContext, { level, code, name }: SettingKey): Promise<boolean> {
    const removed = await ctx.sql.run(
      'DELETE FROM settings WHERE level = ? AND code = ? AND name = ?',
      level,
      code,
      name,
    );
    ctx.invalidate('router', '*');
    return removed === 1;
  },

  async setPart(ctx: WriteContext, args: Omit<Part, 'setAt'> & { at: number }): Promise<void> {
    await ctx.sql.run(
      `INSERT INTO parts (level, code, name, document, set_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (level, code, name) DO UPDATE SET document = excluded.document,
         set_at = excluded.set_at`,
      args.level,
      args.code,
      args.name,
      args.document,
      args.at,
    );
    ctx.invalidate('router', '*');
  },

  async removePart(ctx: WriteContext, { level, code, name }: SettingKey): Promise<boolean> {
    const removed = await ctx.sql.run(
      'DELETE FROM parts WHERE level = ? AND code = ? AND name = ?',
      level,
      code,
      name,
    );
    ctx.invalidate('router', '*');
    return removed === 1;
  },
};

/** What a router had of its own goes with it. */
export async function forgetRouterSettings({ sql }: WriteContext, routerId: string): Promise<void> {
  await sql.run("DELETE FROM settings WHERE level = 'router' AND code = ?", routerId);
  await sql.run("DELETE FROM parts WHERE level = 'router' AND code = ?", routerId);
}

/** Binds a sealed value to its place, so that rows cannot be swapped. */
function purposeOf({ level, code, name }: SettingKey): string {
  return `setting:${level}:${code}:${name}`;
}

function toSetting(row: SettingColumns, value: string | null): StoredSetting {
  const { level, code, name } = row;
  return { level, code, name, value, secret: row.sealed !== null, setAt: row.set_at };
}
