/** "Why am I not online?": what the portal found, under a short code that a citizen reads to an operator. */
import { uuidv7 } from '../../lib/uuid.ts';
import { StoreError } from '../errors.ts';
import type { AppealState, Backlog, Case, CaseFacts, RouterStateNow } from '../page-types.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type { Session } from '../types.ts';
import { formatCode, newCode, normalizeCode } from '../unmistakable.ts';
import { type SessionRow, toSession } from './sessions.ts';

interface CaseRow {
  id: string;
  code: Uint8Array;
  facts: Uint8Array;
  created_at: number;
  expires_at: number;
}

/** Five random characters of 26 and the check character: 11.9 million cases at once. */
const CODE_LENGTH = 6;
/** With a million live cases, eight draws all hit one once in 40 million times. */
const DRAWS = 8;

export const caseReads = {
  async caseByCode(ctx: ReadContext, args: { code: string; at: number }): Promise<Case | null> {
    const code = normalizeCode(args.code, CODE_LENGTH);
    if (code === null) return null;
    const row = await ctx.sql.get<CaseRow>(
      'SELECT * FROM cases WHERE k = ? AND expires_at > ?',
      keyOf(ctx, code),
      args.at,
    );
    if (row === undefined) return null;
    const facts = JSON.parse(ctx.keys.open(row.facts, purposeOf(row.id, 'facts'))) as CaseFacts;
    return { id: row.id, facts, createdAt: row.created_at, expiresAt: row.expires_at };
  },

  async backlog({ sql }: ReadContext, args: { at: number }): Promise<Backlog> {
    const appeals = await sql.all<{ state: AppealState; n: number; first: string }>(
      'SELECT state, COUNT(*) AS n, MIN(first_day) AS first FROM appeals GROUP BY state',
    );
    const cases = await sql.all<{ waits: number; n: number; first: number }>(
      `SELECT CASE WHEN shown_at IS NULL THEN 1 ELSE 0 END AS waits, COUNT(*) AS n,
         MIN(created_at) AS first
       FROM cases WHERE expires_at > ? GROUP BY 1`,
      args.at,
    );
    const of = (state: AppealState): number => appeals.find((row) => row.state === state)?.n ?? 0;
    const oldest = appeals.find((row) => row.state === 'open')?.first;
    const waiting = cases.find((row) => row.waits === 1);
    return {
      appeals: { open: of('open'), allowed: of('allowed'), rejected: of('rejected') },
      oldestAppealAt: oldest === undefined ? null : Date.parse(`${oldest}T00:00:00Z`),
      cases: {
        waiting: waiting?.n ?? 0,
        answered: cases.find((row) => row.waits === 0)?.n ?? 0,
      },
      oldestCaseAt: waiting?.first ?? null,
    };
  },

  async routerState({ sql }: ReadContext, routerId: string): Promise<RouterStateNow | null> {
    const row = await sql.get<RouterStateNow>(
      `SELECT state, cause, started_at AS since FROM state_intervals
       WHERE router_id = ? AND ended_at IS NULL`,
      routerId,
    );
    return row ?? null;
  },

  async lastSessionAt(
    { sql }: ReadContext,
    args: { framedIp: string; since: number },
  ): Promise<Session | null> {
    const row = await sql.get<SessionRow>(
      `SELECT * FROM sessions WHERE framed_ip = ? AND state = 'closed' AND stopped_at >= ?
       ORDER BY stopped_at DESC LIMIT 1`,
      args.framedIp,
      args.since,
    );
    return row === undefined ? null : toSession(row);
  },
};

export const caseWrites = {
  async answerCase({ sql }: WriteContext, args: { id: string; at: number }): Promise<void> {
    await sql.run(
      'UPDATE cases SET shown_at = ? WHERE id = ? AND shown_at IS NULL',
      args.at,
      args.id,
    );
  },

  async openCase(
    ctx: WriteContext,
    args: { subject: string; facts: CaseFacts; at: number; ttlMs: number },
  ): Promise<{ id: string; code: string }> {
    const { sql, keys } = ctx;
    const known = await sql.get<CaseRow>(
      'SELECT * FROM cases WHERE subject = ? AND expires_at > ?',
      args.subject,
      args.at,
    );
    const sealed = (id: string) => keys.seal(JSON.stringify(args.facts), purposeOf(id, 'facts'));
    if (known !== undefined) {
      await sql.run('UPDATE cases SET facts = ? WHERE id = ?', sealed(known.id), known.id);
      return {
        id: known.id,
        code: formatCode(keys.open(known.code, purposeOf(known.id, 'code'))),
      };
    }
    const id = uuidv7(args.at);
    const code = await freeCode(ctx);
    await sql.run(
      `INSERT INTO cases (id, k, subject, code, facts, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (subject) DO UPDATE SET id = excluded.id, k = excluded.k, code = excluded.code,
         facts = excluded.facts, shown_at = NULL, created_at = excluded.created_at, expires_at = excluded.expires_at`,
      id,
      keyOf(ctx, code),
      args.subject,
      keys.seal(code, purposeOf(id, 'code')),
      sealed(id),
      args.at,
      args.at + args.ttlMs,
    );
    return { id, code: formatCode(code) };
  },
};

async function freeCode(ctx: WriteContext): Promise<string> {
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const code = newCode(CODE_LENGTH);
    const taken = await ctx.sql.get('SELECT 1 FROM cases WHERE k = ?', keyOf(ctx, code));
    if (taken === undefined) return code;
  }
  throw new StoreError('STORE_BUSY', 'no case code is free: there are too many open cases');
}

function keyOf({ keys }: ReadContext, code: string): string {
  return keys.credentialKey(`case:${code}`);
}

function purposeOf(id: string, column: string): string {
  return `cases.${column}:${id}`;
}
