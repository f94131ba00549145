/** The audit trail of staff and of the system. */
import type { ReadContext, WriteContext } from '../sql.ts';
import type { AuditEntry, NewAudit } from '../types.ts';
import { brokenLink, type ChainField, chainHash } from './chain.ts';

const COLUMNS = 'seq, at, actor, action, subject, detail, hash';

export const auditReads = {
  async listAudit({ sql }: ReadContext, limit: number): Promise<AuditEntry[]> {
    return sql.all<AuditEntry>(`SELECT ${COLUMNS} FROM audit ORDER BY seq DESC LIMIT ?`, limit);
  },

  async verifyAudit({ sql }: ReadContext): Promise<AuditEntry | null> {
    const entries = await sql.all<AuditEntry>(`SELECT ${COLUMNS} FROM audit ORDER BY seq`);
    return brokenLink(entries, fieldsOf);
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
      chainHash(last?.hash ?? '', fieldsOf(entry)),
    );
  },
};

function fieldsOf(e: NewAudit): ChainField[] {
  return [e.at, e.actor, e.action, e.subject, e.detail];
}
