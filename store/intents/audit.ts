/** The audit trail: each entry's hash covers the one before, so that a change of the past shows. */
import { hash } from 'node:crypto';
import type { ReadContext, WriteContext } from '../sql.ts';
import type { AuditEntry, NewAudit } from '../types.ts';

const COLUMNS = 'seq, at, actor, action, subject, detail, hash';

export const auditReads = {
  async listAudit({ sql }: ReadContext, limit: number): Promise<AuditEntry[]> {
    return sql.all<AuditEntry>(`SELECT ${COLUMNS} FROM audit ORDER BY seq DESC LIMIT ?`, limit);
  },

  async verifyAudit({ sql }: ReadContext): Promise<AuditEntry | null> {
    let previous = '';
    let seq = 0;
    for (const entry of await sql.all<AuditEntry>(`SELECT ${COLUMNS} FROM audit ORDER BY seq`)) {
      seq += 1;
      if (entry.seq !== seq || entry.hash !== entryHash(previous, entry)) return entry;
      previous = entry.hash;
    }
    return null;
  },
};

export const auditWrites = {
  async appendAudit({ sql }: WriteContext, entry: NewAudit): Promise<void> {
    const last = await sql.get<{ seq: number; hash: string }>(
      'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1',
    );
    await sql.run(
      `INSERT INTO audit (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      (last?.seq ?? 0) + 1,
      entry.at,
      entry.actor,
      entry.action,
      entry.subject,
      entry.detail,
      entryHash(last?.hash ?? '', entry),
    );
  },
};

function entryHash(previous: string, e: NewAudit): string {
  return hash('sha256', JSON.stringify([previous, e.at, e.actor, e.action, e.subject, e.detail]));
}
