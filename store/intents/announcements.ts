/** What villages, districts and regencies tell their people, and the settings of a place. */
import { uuidv7 } from '../../lib/uuid.ts';
import type { Announcement } from '../page-types.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type { StoredSetting } from '../types.ts';

const COLUMNS = `id, level, code, kind, body AS text, body_en AS "textEn", shown_from AS "from",
  shown_until AS until, position, created_at AS "createdAt"`;
const ORDER = 'ORDER BY position, created_at, id';

export const announcementReads = {
  async settingsAt({ sql }: ReadContext, code: string): Promise<readonly StoredSetting[]> {
    const codes = codesOf(code);
    const rows = await sql.all<Omit<StoredSetting, 'secret'>>(
      `SELECT level, code, name, value, set_at AS "setAt" FROM settings
       WHERE value IS NOT NULL AND level <> 'router' AND code IN (${codes.map(() => '?').join(', ')})`,
      ...codes,
    );
    return rows.map((row) => ({ ...row, secret: false }));
  },

  async announcementsAt({ sql }: ReadContext, code: string): Promise<readonly Announcement[]> {
    const codes = codesOf(code);
    return sql.all<Announcement>(
      `SELECT ${COLUMNS} FROM announcements WHERE code IN (${codes.map(() => '?').join(', ')}) ${ORDER}`,
      ...codes,
    );
  },

  async listAnnouncements({ sql }: ReadContext): Promise<Announcement[]> {
    return sql.all<Announcement>(`SELECT ${COLUMNS} FROM announcements ${ORDER}`);
  },
};

export const announcementWrites = {
  async addAnnouncement(
    ctx: WriteContext,
    { at, ...args }: Omit<Announcement, 'id' | 'createdAt'> & { at: number },
  ): Promise<Announcement> {
    const added: Announcement = { id: uuidv7(at), ...args, createdAt: at };
    await ctx.sql.run(
      `INSERT INTO announcements (id, level, code, kind, body, body_en, shown_from, shown_until,
         position, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      added.id,
      added.level,
      added.code,
      added.kind,
      added.text,
      added.textEn,
      added.from,
      added.until,
      added.position,
      added.createdAt,
    );
    ctx.invalidate('village', '*');
    return added;
  },

  async removeAnnouncement(ctx: WriteContext, args: { id: string }): Promise<boolean> {
    const removed = await ctx.sql.run('DELETE FROM announcements WHERE id = ?', args.id);
    ctx.invalidate('village', '*');
    return removed === 1;
  },
};

/** Codes nest: `16.06.01.1009` lies in `16.06.01`, which lies in `16.06`. The nearest first. */
export function codesOf(code: string): string[] {
  const parts = code.split('.').slice(0, 4);
  return parts
    .map((_part, i) => parts.slice(0, i + 1).join('.'))
    .slice(1)
    .toReversed();
}
