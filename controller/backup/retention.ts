/** Which versions of a router's backups go. Pure. */
import type { Backup } from '../../store/types.ts';

export interface BackupRetention {
  /** All of the last days. */
  readonly days: number;
  /** The last ones, however old. */
  readonly atLeast: number;
  /** Of each month before, the last version. */
  readonly months: number;
}

export const RETENTION: BackupRetention = { days: 90, atLeast: 10, months: 24 };

const DAY_MS = 86_400_000;

/** Versions to drop; never the newest, which says what the router is now. */
export function expiredBackups(
  backups: readonly Pick<Backup, 'version' | 'takenAt' | 'checkedAt'>[],
  now: number,
  retention: BackupRetention = RETENTION,
): number[] {
  const newestFirst = [...backups].toSorted((a, b) => b.version - a.version);
  const months = new Set<string>();
  return newestFirst.flatMap(({ version, takenAt, checkedAt }, index) => {
    const month = new Date(takenAt).toISOString().slice(0, 7);
    const isLastOfMonth = !months.has(month);
    months.add(month);
    if (index < Math.max(1, retention.atLeast)) return [];
    const age = now - checkedAt;
    if (age < retention.days * DAY_MS) return [];
    return isLastOfMonth && age < retention.months * 31 * DAY_MS ? [] : [version];
  });
}
