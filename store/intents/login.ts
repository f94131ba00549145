/** One-time tokens and the login they open (architecture, decision 12). */
import { randomBytes } from 'node:crypto';
import { uuidv7 } from '../../lib/uuid.ts';
import { sameText } from '../keys.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type {
  AccountKind,
  IssuedToken,
  LoginGrant,
  NewToken,
  OpenLogin,
  OpenLoginResult,
  TokenFacts,
} from '../types.ts';
import { accountReads, accountTable } from './accounts.ts';
import { closeSessions } from './session-end.ts';

interface TokenRow {
  username: string;
  k: string;
  account_kind: AccountKind;
  account_id: string;
  mac: string;
  router_id: string;
  expires_at: number;
  spent_at: number | null;
  session_id: string | null;
}

/** How long a spent or expired token is kept, so that its misuse can be told from a wrong name. */
const KEEP_MS = 24 * 3_600_000;
/** How long after its token expired the retransmits of a login may still come. */
const RETRANSMIT_MS = 30_000;

export const loginReads = {
  async tokenFacts(ctx: ReadContext, username: string): Promise<TokenFacts | null> {
    const row = await tokenRow(ctx, username);
    if (row === undefined) return null;
    const account = await accountReads.account(ctx, row.account_kind, row.account_id);
    if (account === null) return null;
    return {
      username: row.username,
      mac: row.mac,
      routerId: row.router_id,
      expiresAt: row.expires_at,
      account,
    };
  },
};

export const loginWrites = {
  async issueToken(ctx: WriteContext, args: NewToken): Promise<IssuedToken> {
    const username = `sw-${randomBytes(9).toString('base64url')}`;
    const token = randomBytes(16).toString('base64url');
    await ctx.sql.run('DELETE FROM tokens WHERE expires_at < ?', args.at - KEEP_MS);
    await ctx.sql.run(
      `INSERT INTO tokens (username, k, account_kind, account_id, mac, router_id, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      username,
      ctx.keys.credentialKey(token),
      args.accountKind,
      args.accountId,
      args.mac,
      args.routerId,
      args.at + args.ttlMs,
    );
    return { username, token };
  },

  async openLogin(ctx: WriteContext, args: OpenLogin): Promise<OpenLoginResult> {
    const token = await tokenRow(ctx, args.username);
    if (
      token === undefined ||
      !sameText(token.k, ctx.keys.credentialKey(args.token)) ||
      token.mac !== args.mac ||
      token.router_id !== args.routerId
    ) {
      return { outcome: 'token' };
    }
    const repeated = token.session_id !== null;
    if (args.at > token.expires_at + (repeated ? RETRANSMIT_MS : 0)) return { outcome: 'token' };
    if (token.session_id !== null) return repeatedLogin(ctx, token.session_id);
    const account = await accountReads.account(ctx, token.account_kind, token.account_id);
    if (account === null || account.disabled) return { outcome: 'disabled' };

    const others = await ctx.sql.get<{ n: number }>(
      `SELECT COUNT(*) AS n FROM sessions WHERE account_id = ? AND state <> 'closed' AND mac <> ?`,
      token.account_id,
      args.mac,
    );
    if ((others?.n ?? 0) >= args.devices) return { outcome: 'devices' };
    await closeSessions(ctx, {
      where: 'account_id = ? AND mac = ?',
      values: [token.account_id, args.mac],
      cause: 'Stale',
    });
    const sessionId = await reserveSession(ctx, token, args);
    await startValidity(ctx, token, args);
    return {
      outcome: 'opened',
      sessionId,
      grant: {
        sessionTimeoutSeconds: args.sessionTimeoutSeconds,
        totalLimitOctets: args.totalLimitOctets,
        validUntil: account.validUntil ?? args.validUntil,
      },
    };
  },
};

async function tokenRow({ sql }: ReadContext, username: string): Promise<TokenRow | undefined> {
  return sql.get<TokenRow>('SELECT * FROM tokens WHERE username = ?', username);
}

/** A retransmit gets the answer of the first; once the session has begun, the token is spent for good. */
async function repeatedLogin(ctx: WriteContext, sessionId: string): Promise<OpenLoginResult> {
  const row = await ctx.sql.get<{
    state: string;
    session_timeout_seconds: number | null;
    total_limit_octets: number | null;
  }>(
    'SELECT state, session_timeout_seconds, total_limit_octets FROM sessions WHERE id = ?',
    sessionId,
  );
  if (row?.state !== 'opening') return { outcome: 'token' };
  const grant: LoginGrant = {
    sessionTimeoutSeconds: row.session_timeout_seconds,
    totalLimitOctets: row.total_limit_octets,
    validUntil: null,
  };
  return { outcome: 'opened', sessionId, grant };
}

async function reserveSession(
  ctx: WriteContext,
  token: TokenRow,
  args: OpenLogin,
): Promise<string> {
  const id = uuidv7(args.at);
  await ctx.sql.run(
    `INSERT INTO sessions (id, router_id, router, village_code, account_kind, account_id, username,
       mac, state, started_at, updated_at, session_timeout_seconds, total_limit_octets)
     SELECT ?, r.id, r.name, r.village_code, ?, ?, ?, ?, 'opening', ?, ?, ?, ? FROM routers r WHERE r.id = ?`,
    id,
    token.account_kind,
    token.account_id,
    token.username,
    args.mac,
    args.at,
    args.at,
    args.sessionTimeoutSeconds,
    args.totalLimitOctets,
    args.routerId,
  );
  await ctx.sql.run(
    'UPDATE tokens SET spent_at = ?, session_id = ? WHERE username = ?',
    args.at,
    id,
    token.username,
  );
  return id;
}

async function startValidity(ctx: WriteContext, token: TokenRow, args: OpenLogin): Promise<void> {
  const started = await ctx.sql.run(
    `UPDATE ${accountTable(token.account_kind)} SET first_login_at = ?, valid_until = ?
     WHERE id = ? AND first_login_at IS NULL`,
    args.at,
    args.validUntil,
    token.account_id,
  );
  if (started === 1) ctx.invalidate(token.account_kind, token.account_id);
}
