/** One-time tokens and the login they open (architecture, decision 12). */
import { randomBytes } from 'node:crypto';
import { uuidv7 } from '../../lib/uuid.ts';
import { sameText } from '../keys.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import { isGraceName, newTokenName } from '../token-name.ts';
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
import { documentOf, takeConsent } from './consent-chain.ts';
import { keepDevice, renewDevice } from './remembered.ts';
import { refuseReserved } from './reserved.ts';
import { closeSessions, requestEnd } from './session-end.ts';

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
  /** Of the account, when its owner was proven. */
  epoch: number;
  remember_until: number | null;
  phone: string | null;
  /** Of what was agreed to on the page, for the ledger. */
  consent: string | null;
  /** Which texts its citizen has agreed to. */
  agreed: string | null;
}

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
      grace: isGraceName(row.username),
    };
  },

  async tokenSecret(ctx: ReadContext, username: string): Promise<string | null> {
    const row = await ctx.sql.get<{ sealed: Uint8Array | null }>(
      'SELECT sealed FROM tokens WHERE username = ?',
      username,
    );
    if (row === undefined || row.sealed === null) return null;
    return ctx.keys.open(row.sealed, `token:${username}`);
  },
};

export const loginWrites = {
  async issueToken(ctx: WriteContext, args: NewToken): Promise<IssuedToken> {
    if (args.grace !== true) await refuseReserved(ctx, args.accountId);
    const before = await tokenOfTicket(ctx, args);
    if (before !== null) return before;
    const username = newTokenName(args.grace === true);
    const token = randomBytes(16).toString('base64url');
    const { account, consent } = {
      account: { kind: args.accountKind, id: args.accountId },
      ...args,
    };
    const whose = { account, mac: args.mac, at: args.at };
    await ctx.sql.run(
      `INSERT INTO tokens (username, k, sealed, account_kind, account_id, mac, router_id, phone,
         expires_at, remember_until, agreed, ticket, consent, epoch)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
         ${args.epoch === undefined ? epochOf(args.accountKind) : '?'})`,
      username,
      ctx.keys.credentialKey(token),
      ctx.keys.seal(token, `token:${username}`),
      args.accountKind,
      args.accountId,
      args.mac,
      args.routerId,
      args.phone ?? null,
      args.at + args.ttlMs,
      args.rememberUntil ?? null,
      args.agreed ?? null,
      args.ticketId ?? null,
      consent === undefined ? null : await documentOf(ctx, consent, whose),
      args.epoch ?? args.accountId,
    );
    return { username, token };
  },

  async openLogin(ctx: WriteContext, args: OpenLogin): Promise<OpenLoginResult> {
    const claim = await readProof(ctx, args);
    if (claim === null) return { outcome: 'token' };
    // Two phones of an account, at two nodes at once, must not both take its last slot.
    await ctx.lock(`account:${claim.accountId}`);
    // Asked in one go, and written so below: over a network that is one way there and back each.
    const [held, account] = await Promise.all([
      heldSessions(ctx, claim.accountId),
      accountState(ctx, claim),
    ]);
    const first = firstAnswer(claim, held, args);
    if (first !== null) return first;
    if (account === undefined || account.disabled !== 0) return { outcome: 'disabled' };
    if ((claim.epoch ?? account.epoch) !== account.epoch) return { outcome: 'token' };
    if (account.reserved === 1 && !isPass(claim)) return { outcome: 'disabled' };
    if (!(await takeSlot(ctx, held, args))) return { outcome: 'devices' };

    const sessionId = uuidv7(args.at);
    await Promise.all([
      reserveSession(ctx, claim, { id: sessionId, tariffId: account.tariff_id }, args),
      claim.token === null ? null : spend(ctx, claim.token, sessionId, args.at),
      account.first_login_at === null ? startValidity(ctx, claim, args) : null,
      rememberPhone(ctx, claim, args),
      claim.token === null ? null : takeConsent(ctx, claim.token),
    ]);
    ctx.invalidate('usage', claim.accountId);
    return {
      outcome: 'opened',
      sessionId,
      grant: {
        rate: args.rate,
        sessionTimeoutSeconds: args.sessionTimeoutSeconds,
        totalLimitOctets: args.totalLimitOctets,
        validUntil: account.valid_until ?? args.validUntil,
      },
    };
  },
};

/** Whom a proof stands for. */
interface Claim {
  readonly accountKind: AccountKind;
  readonly accountId: string;
  readonly username: string;
  /** Of the account, when its owner was proven. */
  readonly epoch?: number;
  /** The row of a token, for a proof by token. */
  readonly token: TokenRow | null;
}

/** By a token that confines its phone to messengers. */
function isPass({ token }: Claim): boolean {
  return token !== null && isGraceName(token.username);
}

interface AccountState {
  readonly disabled: number;
  readonly epoch: number;
  readonly tariff_id: string;
  /** Only subscribers have it. */
  readonly reserved?: number;
  readonly first_login_at: number | null;
  readonly valid_until: number | null;
}

/** A session of the account that is not over. */
interface HeldRow {
  readonly id: string;
  readonly mac: string;
  readonly router_id: string;
  readonly username: string;
  readonly state: 'opening' | 'open';
  readonly started_at: number;
  readonly rate: string | null;
  readonly session_timeout_seconds: number | null;
  readonly total_limit_octets: number | null;
  readonly disconnect_requested_at: number | null;
}

/** As it is now. */
function epochOf(kind: AccountKind): string {
  return `COALESCE((SELECT epoch FROM ${accountTable(kind)} WHERE id = ?), 0)`;
}

async function tokenOfTicket(
  ctx: WriteContext,
  { ticketId, accountId, mac, routerId, at }: NewToken,
): Promise<IssuedToken | null> {
  if (ticketId === undefined) return null;
  await ctx.lock(`ticket:${ticketId}`);
  const row = await ctx.sql.get<{ username: string; sealed: Uint8Array }>(
    `SELECT username, sealed FROM tokens WHERE ticket = ? AND expires_at > ? AND account_id = ?
       AND mac = ? AND router_id = ?`,
    ...[ticketId, at, accountId, mac, routerId],
  );
  if (row === undefined) return null;
  const { username, sealed } = row;
  return { username, token: ctx.keys.open(sealed, `token:${username}`) };
}

async function accountState(
  { sql }: WriteContext,
  { accountKind, accountId }: Claim,
): Promise<AccountState | undefined> {
  return sql.get<AccountState>(
    `SELECT disabled, epoch, tariff_id, first_login_at, valid_until${accountKind === 'voucher' ? '' : ', reserved'}
     FROM ${accountTable(accountKind)} WHERE id = ?`,
    accountId,
  );
}

/** Oldest first. There are few, and setting up to sort them costs SQLite more than all else of the statement. */
async function heldSessions({ sql }: WriteContext, accountId: string): Promise<HeldRow[]> {
  const held = await sql.all<HeldRow>(
    `SELECT id, mac, router_id, username, state, started_at, rate, session_timeout_seconds,
       total_limit_octets, disconnect_requested_at
     FROM sessions WHERE account_id = ? AND state <> 'closed'`,
    accountId,
  );
  return held.sort((a, b) => a.started_at - b.started_at || (a.id < b.id ? -1 : 1));
}

/** Null when the token is unknown, wrong, another phone's or expired. */
async function readProof(ctx: WriteContext, args: OpenLogin): Promise<Claim | null> {
  const { proof } = args;
  if (proof.kind === 'account') return { ...proof, token: null };
  // The same login at two nodes at once must see each other's answer. Always before the lock of the account.
  await ctx.lock(`token:${proof.username}`);
  const token = await tokenRow(ctx, proof.username);
  if (
    token === undefined ||
    !sameText(token.k, ctx.keys.credentialKey(proof.token)) ||
    token.mac !== args.mac ||
    token.router_id !== args.routerId
  ) {
    return null;
  }
  const repeated = token.session_id !== null;
  if (args.at > token.expires_at + (repeated ? RETRANSMIT_MS : 0)) return null;
  return {
    accountKind: token.account_kind,
    accountId: token.account_id,
    username: token.username,
    epoch: token.epoch,
    token,
  };
}

/**
 * A retransmit gets the answer of the first, also on another node. Once its session has begun, a token is
 * spent for good; an account may log in anew.
 */
function firstAnswer(
  claim: Claim,
  held: readonly HeldRow[],
  args: OpenLogin,
): OpenLoginResult | null {
  const { token } = claim;
  if (token !== null && token.session_id === null) return null;
  const row = held.find((session) =>
    token === null
      ? session.mac === args.mac &&
        session.router_id === args.routerId &&
        session.username === claim.username &&
        session.started_at >= args.at - RETRANSMIT_MS
      : session.id === token.session_id,
  );
  if (row?.state !== 'opening') return token === null ? null : { outcome: 'token' };
  const grant: LoginGrant = {
    rate: row.rate,
    sessionTimeoutSeconds: row.session_timeout_seconds,
    totalLimitOctets: row.total_limit_octets,
    validUntil: null,
  };
  return { outcome: 'opened', sessionId: row.id, grant };
}

/**
 * Makes room for one more phone. The phone's own earlier session is over, whatever the NAS said of it; a
 * session that was asked to end holds no slot any more.
 */
async function takeSlot(
  ctx: WriteContext,
  held: readonly HeldRow[],
  args: OpenLogin,
): Promise<boolean> {
  const others = held.filter(
    (session) => session.mac !== args.mac && session.disconnect_requested_at === null,
  );
  const over = others.length - args.devices + 1;
  if (over > 0 && args.whenFull === 'refuse') return false;
  for (const { id } of others.slice(0, Math.max(0, over))) {
    await requestEnd(ctx, { where: 'id = ?', values: [id], reason: 'replaced', at: args.at });
  }
  for (const { id, mac } of held) {
    if (mac !== args.mac) continue;
    await closeSessions(ctx, { where: 'id = ?', values: [id], cause: 'Stale' });
  }
  return true;
}

async function tokenRow({ sql }: ReadContext, username: string): Promise<TokenRow | undefined> {
  return sql.get<TokenRow>('SELECT * FROM tokens WHERE username = ?', username);
}

async function reserveSession(
  ctx: WriteContext,
  claim: Claim,
  { id, tariffId }: { readonly id: string; readonly tariffId: string },
  args: OpenLogin,
): Promise<void> {
  await ctx.sql.run(
    `INSERT INTO sessions (id, router_id, router, village_code, account_kind, account_id, username,
       mac, state, started_at, updated_at, tariff_id, rate, session_timeout_seconds, total_limit_octets,
       phone)
     SELECT ?, r.id, r.name, r.village_code, ?, ?, ?, ?, 'opening', ?, ?, ?, ?, ?, ?, ?
     FROM routers r WHERE r.id = ?`,
    id,
    claim.accountKind,
    claim.accountId,
    claim.username,
    args.mac,
    args.at,
    args.at,
    tariffId,
    args.rate,
    args.sessionTimeoutSeconds,
    args.totalLimitOctets,
    claim.token?.phone ?? null,
    args.routerId,
  );
}

async function spend(
  { sql }: WriteContext,
  { username }: TokenRow,
  sessionId: string,
  at: number,
): Promise<void> {
  await sql.run(
    'UPDATE tokens SET spent_at = ?, session_id = ? WHERE username = ?',
    at,
    sessionId,
    username,
  );
}

/** Only now is it sure which phone the citizen wants remembered: its router has named it. */
async function rememberPhone(ctx: WriteContext, claim: Claim, args: OpenLogin): Promise<void> {
  const expiresAt = claim.token?.remember_until ?? null;
  const agreed = claim.token?.agreed ?? null;
  const { accountKind, accountId } = claim;
  if (expiresAt === null) {
    if (agreed !== null) await renewDevice(ctx, { mac: args.mac, accountId, agreed });
    return;
  }
  const device = { mac: args.mac, accountKind, accountId, label: '', expiresAt, at: args.at };
  await keepDevice(ctx, { ...device, origin: 'consent', agreed });
}

async function startValidity(ctx: WriteContext, claim: Claim, args: OpenLogin): Promise<void> {
  const started = await ctx.sql.run(
    `UPDATE ${accountTable(claim.accountKind)} SET first_login_at = ?, valid_until = ?
     WHERE id = ? AND first_login_at IS NULL`,
    args.at,
    args.validUntil,
    claim.accountId,
  );
  if (started === 1) ctx.invalidate(claim.accountKind, claim.accountId);
}
