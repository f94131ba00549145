/**
 * Proofs of phone numbers. Codes, links and words are found by keyed hashes that hold the ticket's id, so
 * that equal codes look unlike; numbers are sealed. A proof lives as long as its ticket.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { sameText } from '../keys.ts';
import type { CodeProof, CodePurpose, CodeState, CodeTried, OtpStore } from '../otp-types.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import { newCode, normalizeCode } from '../unmistakable.ts';
import { phoneKeyOf } from './phones.ts';

type Args<M extends keyof OtpStore> = Parameters<OtpStore[M]>[0];

interface CodeRow {
  ticket_id: string;
  purpose: CodePurpose;
  phone_k: string | null;
  phone: Uint8Array | null;
  code_k: string | null;
  tries_left: number;
  expires_at: number;
  resend_at: number;
  word_until: number;
  proven_by: CodeProof | null;
  router_id: string;
  mac: string;
  address: string;
}

const LIVE = `SELECT c.*, t.router_id, t.mac, t.address FROM otp_codes c JOIN tickets t ON t.id = c.ticket_id
  WHERE t.expires_at > ?`;
/** 128 bits. */
const LINK_BYTES = 16;
/** 25 bits and a check character: a stranger's guess would only sign the stranger in. */
export const WORD_LENGTH = 6;
const DAY_MS = 86_400_000;

export const otpReads = {
  async codeState(ctx: ReadContext, args: Args<'codeState'>): Promise<CodeState | null> {
    const row = await codeRow(ctx, args.ticketId, args.at);
    return row === undefined ? null : toState(ctx, row);
  },

  async codeOfLink(ctx: ReadContext, args: Args<'codeOfLink'>): Promise<CodeState | null> {
    const row = await rowOfLink(ctx, args);
    return row === undefined ? null : toState(ctx, row);
  },
};

export const otpWrites = {
  async issueCode(
    ctx: WriteContext,
    args: Args<'issueCode'>,
  ): Promise<{ code: string; link: string; state: CodeState } | null> {
    const { ticketId, purpose, phone, tries, at } = args;
    const code = String(randomInt(1_000_000)).padStart(6, '0');
    const link = randomBytes(LINK_BYTES).toString('base64url');
    await ctx.sql.run(
      `INSERT INTO otp_codes (ticket_id, purpose, phone_k, phone, code_k, link_k, tries_left, expires_at,
         resend_at, purge_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (ticket_id) DO UPDATE SET purpose = excluded.purpose, phone_k = excluded.phone_k,
         phone = excluded.phone, code_k = excluded.code_k, link_k = excluded.link_k,
         tries_left = excluded.tries_left, expires_at = excluded.expires_at,
         resend_at = excluded.resend_at, proven_by = NULL, purge_at = excluded.purge_at`,
      ticketId,
      purpose,
      phoneKeyOf(ctx.keys, phone),
      ctx.keys.seal(phone, sealOf(ticketId)),
      codeKey(ctx, ticketId, code),
      ctx.keys.credentialKey(`otp link:${link}`),
      tries,
      at + args.ttlMs,
      at + args.resendMs,
      at + args.ttlMs + DAY_MS,
    );
    const row = await codeRow(ctx, ticketId, at);
    return row === undefined ? null : { code, link, state: toState(ctx, row) };
  },

  async expectMessage(
    ctx: WriteContext,
    args: Args<'expectMessage'>,
  ): Promise<{ word: string } | null> {
    const { ticketId, purpose, at } = args;
    const word = newCode(WORD_LENGTH);
    const until = at + args.ttlMs;
    await ctx.sql.run(
      `INSERT INTO otp_codes (ticket_id, purpose, word_k, word_until, expires_at, purge_at)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (ticket_id) DO UPDATE SET word_k = excluded.word_k, word_until = excluded.word_until`,
      ticketId,
      purpose,
      wordKey(ctx, word),
      until,
      until,
      until + DAY_MS,
    );
    return (await codeRow(ctx, ticketId, at)) === undefined ? null : { word };
  },

  async tryCode(ctx: WriteContext, args: Args<'tryCode'>): Promise<CodeTried> {
    const row = await codeRow(ctx, args.ticketId, args.at);
    if (row === undefined || row.code_k === null) return { kind: 'over' };
    const right = sameText(row.code_k, codeKey(ctx, args.ticketId, args.code));
    if (row.proven_by === 'code' && right) return { kind: 'right', state: toState(ctx, row) };
    if (row.expires_at <= args.at) return { kind: 'over' };
    // The row is taken by this statement, so that tries at the same time are counted one by one.
    const taken = await ctx.sql.get<{ tries_left: number }>(
      `UPDATE otp_codes SET tries_left = tries_left - 1, proven_by = COALESCE(?, proven_by)
       WHERE ticket_id = ? AND code_k = ? AND tries_left > 0 RETURNING tries_left`,
      right ? 'code' : null,
      args.ticketId,
      row.code_k,
    );
    if (taken === undefined) return { kind: 'over' };
    if (!right) {
      return taken.tries_left === 0
        ? { kind: 'over' }
        : { kind: 'wrong', triesLeft: taken.tries_left };
    }
    const state = { ...toState(ctx, row), triesLeft: taken.tries_left, provenBy: 'code' as const };
    return { kind: 'right', state };
  },

  async spendLink(ctx: WriteContext, args: Args<'spendLink'>): Promise<boolean> {
    const row = await rowOfLink(ctx, args);
    if (row === undefined) return false;
    const spent = await ctx.sql.run(
      `UPDATE otp_codes SET link_k = NULL, proven_by = 'link' WHERE ticket_id = ? AND link_k = ?`,
      row.ticket_id,
      ctx.keys.credentialKey(`otp link:${args.link}`),
    );
    return spent === 1;
  },

  async proveByMessage(
    ctx: WriteContext,
    args: Args<'proveByMessage'>,
  ): Promise<'proven' | 'held' | 'unknown'> {
    const word = normalizeCode(args.word, WORD_LENGTH);
    if (word === null) return 'unknown';
    const row = await ctx.sql.get<CodeRow>(
      `${LIVE} AND c.word_k = ? AND c.word_until > ?`,
      args.at,
      wordKey(ctx, word),
      args.at,
    );
    if (row === undefined) return 'unknown';
    const phoneKey = phoneKeyOf(ctx.keys, args.phone);
    if (row.proven_by === 'message') return 'held';
    if (row.phone_k !== null && row.phone_k !== phoneKey) return 'held';
    await ctx.sql.run(
      `UPDATE otp_codes SET phone_k = ?, phone = ?, proven_by = 'message' WHERE ticket_id = ?`,
      phoneKey,
      ctx.keys.seal(args.phone, sealOf(row.ticket_id)),
      row.ticket_id,
    );
    return 'proven';
  },
};

async function codeRow(
  { sql }: ReadContext,
  ticketId: string,
  at: number,
): Promise<CodeRow | undefined> {
  return sql.get<CodeRow>(`${LIVE} AND c.ticket_id = ?`, at, ticketId);
}

async function rowOfLink(
  { sql, keys }: ReadContext,
  { link, at }: { link: string; at: number },
): Promise<CodeRow | undefined> {
  return sql.get<CodeRow>(
    `${LIVE} AND c.link_k = ? AND c.expires_at > ?`,
    at,
    keys.credentialKey(`otp link:${link}`),
    at,
  );
}

function toState({ keys }: ReadContext, row: CodeRow): CodeState {
  return {
    ticketId: row.ticket_id,
    routerId: row.router_id,
    mac: row.mac,
    address: row.address,
    purpose: row.purpose,
    phone: row.phone === null ? null : keys.open(row.phone, sealOf(row.ticket_id)),
    triesLeft: row.tries_left,
    expiresAt: row.expires_at,
    resendAt: row.resend_at,
    provenBy: row.proven_by,
  };
}

function codeKey({ keys }: ReadContext, ticketId: string, code: string): string {
  return keys.credentialKey(`otp code:${ticketId}:${code}`);
}

function wordKey({ keys }: ReadContext, word: string): string {
  return keys.credentialKey(`otp word:${word}`);
}

function sealOf(ticketId: string): string {
  return `otp_codes.phone:${ticketId}`;
}
