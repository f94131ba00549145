/** Backups by router and version, hand-made values that are kept, and upgrades on their way. */
import type { ReadContext, WriteContext } from '../sql.ts';
import type {
  Backup,
  BackupReason,
  DriftSince,
  RouterUpgrade,
  RowOverride,
  RowOverrideKey,
  SavedBackup,
} from '../types.ts';

interface BackupColumns {
  router_id: string;
  version: number;
  hash: string;
  reason: BackupReason;
  os_version: string;
  taken_at: number;
  checked_at: number;
  octets: number;
}

const BACKUPS = `SELECT b.router_id, b.version, b.hash, b.reason, b.os_version, b.taken_at, b.checked_at,
    t.octets
  FROM backups b JOIN backup_texts t ON t.router_id = b.router_id AND t.hash = b.hash`;

const DRIFT =
  'SELECT row_name AS "row", since FROM drift_rows WHERE router_id = ? ORDER BY row_name';

export const backupReads = {
  async listBackups({ sql }: ReadContext, routerId: string): Promise<Backup[]> {
    const rows = await sql.all<BackupColumns>(
      `${BACKUPS} WHERE b.router_id = ? ORDER BY b.version`,
      routerId,
    );
    return rows.map(toBackup);
  },

  async latestBackups({ sql }: ReadContext): Promise<Backup[]> {
    const rows = await sql.all<BackupColumns>(
      `${BACKUPS} WHERE b.version = (SELECT MAX(l.version) FROM backups l WHERE l.router_id = b.router_id)
       ORDER BY b.router_id`,
    );
    return rows.map(toBackup);
  },

  async backupText(
    { sql, keys }: ReadContext,
    args: { routerId: string; version: number },
  ): Promise<string | null> {
    const row = await sql.get<{ hash: string; sealed: Uint8Array }>(
      `SELECT t.hash, t.sealed FROM backups b
       JOIN backup_texts t ON t.router_id = b.router_id AND t.hash = b.hash
       WHERE b.router_id = ? AND b.version = ?`,
      args.routerId,
      args.version,
    );
    return row === undefined ? null : keys.open(row.sealed, purposeOf(args.routerId, row.hash));
  },

  async rowOverrides({ sql }: ReadContext, routerId: string): Promise<RowOverride[]> {
    return sql.all<RowOverride>(
      `SELECT router_id AS "routerId", path, row_key AS "key", property, value, set_at AS "setAt"
       FROM row_overrides WHERE router_id = ? ORDER BY path, row_key, property`,
      routerId,
    );
  },

  async driftSince({ sql }: ReadContext, routerId: string): Promise<DriftSince[]> {
    return sql.all<DriftSince>(DRIFT, routerId);
  },

  async listUpgrades({ sql }: ReadContext): Promise<RouterUpgrade[]> {
    return sql.all<RouterUpgrade>(
      `SELECT router_id AS "routerId", campaign, wave, phase, phase_at AS "phaseAt", document
       FROM upgrades ORDER BY wave, router_id`,
    );
  },
};

export const backupWrites = {
  async saveBackup(
    ctx: WriteContext,
    args: {
      routerId: string;
      text: string;
      reason: BackupReason;
      osVersion: string;
      at: number;
    },
  ): Promise<SavedBackup> {
    const { sql, keys } = ctx;
    const { routerId, at } = args;
    await ctx.lock(`backup:${routerId}`);
    // Keyed: the hash of a text with passwords in it must not let anybody try passwords.
    const hash = keys.credentialKey(args.text);
    const last = await sql.get<{ version: number; hash: string }>(
      'SELECT version, hash FROM backups WHERE router_id = ? ORDER BY version DESC LIMIT 1',
      routerId,
    );
    if (last?.hash === hash) {
      await sql.run(
        'UPDATE backups SET checked_at = ?, os_version = ? WHERE router_id = ? AND version = ?',
        at,
        args.osVersion,
        routerId,
        last.version,
      );
      return { version: last.version, isNew: false };
    }
    const version = (last?.version ?? 0) + 1;
    await sql.run(
      `INSERT INTO backup_texts (router_id, hash, sealed, octets) VALUES (?, ?, ?, ?)
       ON CONFLICT (router_id, hash) DO NOTHING`,
      routerId,
      hash,
      keys.seal(args.text, purposeOf(routerId, hash)),
      Buffer.byteLength(args.text),
    );
    await sql.run(
      `INSERT INTO backups (router_id, version, hash, reason, os_version, taken_at, checked_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      routerId,
      version,
      hash,
      args.reason,
      args.osVersion,
      at,
      at,
    );
    return { version, isNew: true };
  },

  async dropBackups(
    { sql }: WriteContext,
    args: { routerId: string; versions: readonly number[] },
  ): Promise<number> {
    let dropped = 0;
    for (const version of args.versions) {
      dropped += await sql.run(
        `DELETE FROM backups WHERE router_id = ? AND version = ?
           AND version < (SELECT MAX(version) FROM backups WHERE router_id = ?)`,
        args.routerId,
        version,
        args.routerId,
      );
    }
    await sql.run(
      `DELETE FROM backup_texts WHERE router_id = ?
         AND hash NOT IN (SELECT hash FROM backups WHERE router_id = ?)`,
      args.routerId,
      args.routerId,
    );
    return dropped;
  },

  async setRowOverrides(
    ctx: WriteContext,
    args: {
      routerId: string;
      overrides: readonly Omit<RowOverride, 'routerId' | 'setAt'>[];
      at: number;
    },
  ): Promise<void> {
    for (const { path, key, property, value } of args.overrides) {
      await ctx.sql.run(
        `INSERT INTO row_overrides (router_id, path, row_key, property, value, set_at)
         VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (router_id, path, row_key, property) DO UPDATE SET value = excluded.value,
           set_at = excluded.set_at`,
        args.routerId,
        path,
        key,
        property,
        value,
        args.at,
      );
    }
    ctx.invalidate('router', args.routerId);
  },

  async dropRowOverrides(ctx: WriteContext, args: RowOverrideKey): Promise<number> {
    const dropped = await ctx.sql.run(
      'DELETE FROM row_overrides WHERE router_id = ? AND path = ? AND row_key = ?',
      args.routerId,
      args.path,
      args.key,
    );
    ctx.invalidate('router', args.routerId);
    return dropped;
  },

  async recordDrift(
    { sql }: WriteContext,
    args: { routerId: string; rows: readonly string[]; at: number },
  ): Promise<DriftSince[]> {
    const { routerId, at } = args;
    const wanted = new Set(args.rows);
    const known = await sql.all<DriftSince>(DRIFT, routerId);
    for (const { row } of known) {
      if (wanted.has(row)) continue;
      await sql.run('DELETE FROM drift_rows WHERE router_id = ? AND row_name = ?', routerId, row);
    }
    for (const row of wanted) {
      await sql.run(
        `INSERT INTO drift_rows (router_id, row_name, since) VALUES (?, ?, ?)
         ON CONFLICT (router_id, row_name) DO NOTHING`,
        routerId,
        row,
        at,
      );
    }
    return await sql.all<DriftSince>(DRIFT, routerId);
  },

  async planUpgrades(
    { sql }: WriteContext,
    args: { upgrades: readonly RouterUpgrade[] },
  ): Promise<number> {
    let planned = 0;
    for (const one of args.upgrades) {
      // One that is on its way is not begun again.
      planned += await sql.run(
        `INSERT INTO upgrades (router_id, campaign, wave, phase, phase_at, document)
         VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (router_id) DO UPDATE SET campaign = excluded.campaign, wave = excluded.wave,
           phase = excluded.phase, phase_at = excluded.phase_at, document = excluded.document
         WHERE upgrades.phase IN ('done', 'failed', 'planned')`,
        one.routerId,
        one.campaign,
        one.wave,
        one.phase,
        one.phaseAt,
        one.document,
      );
    }
    return planned;
  },

  async saveUpgrade(
    { sql }: WriteContext,
    args: { upgrade: RouterUpgrade; was: string },
  ): Promise<boolean> {
    const { routerId, phase, phaseAt, document } = args.upgrade;
    const saved = await sql.run(
      `UPDATE upgrades SET phase = ?, phase_at = ?, document = ? WHERE router_id = ? AND document = ?`,
      phase,
      phaseAt,
      document,
      routerId,
      args.was,
    );
    return saved === 1;
  },

  async dropUpgrade({ sql }: WriteContext, args: { routerId: string }): Promise<boolean> {
    // One on its way is carried to its end.
    const dropped = await sql.run(
      `DELETE FROM upgrades WHERE router_id = ? AND phase IN ('planned', 'done', 'failed')`,
      args.routerId,
    );
    return dropped === 1;
  },
};

/** Binds a sealed text to its router and place. */
function purposeOf(routerId: string, hash: string): string {
  return `backup:${routerId}:${hash}`;
}

function toBackup(row: BackupColumns): Backup {
  return {
    routerId: row.router_id,
    version: row.version,
    hash: row.hash,
    reason: row.reason,
    osVersion: row.os_version,
    takenAt: row.taken_at,
    checkedAt: row.checked_at,
    octets: row.octets,
  };
}
