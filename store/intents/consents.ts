/** The ledger of consents: who agreed to what, where and when, in keyed hashes. Nothing of it is deleted. */
import type {
  ConsentCheck,
  ConsentEntry,
  ConsentHolder,
  ConsentScene,
  ConsentStore,
  LegalText,
} from '../consent-types.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import { brokenLink, type Link } from './chain.ts';
import { endAccess } from './citizens.ts';
import {
  accountKeyOf,
  actOf,
  append,
  chainTaken,
  fieldsOf,
  give,
  isHeld,
  macKeyOf,
} from './consent-chain.ts';
import { phoneKeyOf } from './phones.ts';
import { refuseReserved } from './reserved.ts';

type Args<M extends keyof ConsentStore> = Parameters<ConsentStore[M]>[0];

const COLUMNS = `seq, at, act, purposes, terms, privacy, language, village_code AS "villageCode", router,
  method, account_k AS "accountKey", phone_k AS "phoneKey", mac_k AS "macKey", guardian_k AS "guardianKey",
  hash`;
/** Entries that are verified at a time. */
const CHUNK = 5_000;

export const consentReads = {
  async hasConsented(ctx: ReadContext, args: Args<'hasConsented'>): Promise<boolean> {
    const { account, mac } = args;
    const byPhone = mac !== null && account?.kind !== 'subscriber';
    const holders = [
      ...(account === null ? [] : [accountKeyOf(ctx.keys, account.id)]),
      ...(byPhone ? [macKeyOf(ctx.keys, mac)] : []),
    ];
    return isHeld(ctx, holders, args);
  },

  async withdrawalsSince(
    { sql, keys }: ReadContext,
    args: Args<'withdrawalsSince'>,
  ): Promise<number> {
    const row = await sql.get<{ n: number }>(
      "SELECT COUNT(*) AS n FROM consents WHERE account_k = ? AND act = 'withdrawn' AND at > ?",
      accountKeyOf(keys, args.account.id),
      args.since,
    );
    return row!.n;
  },

  async consentCounts(
    { sql }: ReadContext,
    args: Args<'consentCounts'>,
  ): Promise<{ given: number; withdrawn: number; seq: number }> {
    const rows = await sql.all<{ act: ConsentEntry['act']; n: number; last: number }>(
      'SELECT act, COUNT(*) AS n, MAX(seq) AS last FROM consents WHERE seq > ? GROUP BY act',
      args.after,
    );
    const of = (act: ConsentEntry['act']): number => rows.find((row) => row.act === act)?.n ?? 0;
    const seq = Math.max(args.after, ...rows.map(({ last }) => last));
    return { given: of('given'), withdrawn: of('withdrawn'), seq };
  },

  async consentsWait({ sql }: ReadContext): Promise<boolean> {
    return (await sql.get('SELECT token FROM consents_taken LIMIT 1')) !== undefined;
  },

  async listConsents({ sql }: ReadContext, limit: number): Promise<ConsentEntry[]> {
    return sql.all(`SELECT ${COLUMNS} FROM consents ORDER BY seq DESC LIMIT ?`, limit);
  },

  async consentsOf({ sql, keys }: ReadContext, name: string): Promise<ConsentEntry[]> {
    const row = await sql.get<{ id: string }>(
      'SELECT id FROM subscribers WHERE username = ?',
      name,
    );
    return sql.all(
      `SELECT ${COLUMNS} FROM consents WHERE account_k = ? OR phone_k = ? ORDER BY seq`,
      accountKeyOf(keys, row?.id ?? name),
      phoneKeyOf(keys, name),
    );
  },

  async verifyConsents({ sql }: ReadContext): Promise<ConsentCheck> {
    let last: Link = { seq: 0, hash: '' };
    for (;;) {
      const entries = await sql.all<ConsentEntry>(
        `SELECT ${COLUMNS} FROM consents WHERE seq > ? ORDER BY seq LIMIT ?`,
        last.seq,
        CHUNK,
      );
      const broken = brokenLink(entries, fieldsOf, last);
      last = entries.at(-1) ?? last;
      if (broken !== null) return { entries: last.seq, head: last.hash, brokenAt: broken.seq };
      if (entries.length < CHUNK) return { entries: last.seq, head: last.hash, brokenAt: null };
    }
  },

  async legalText({ sql }: ReadContext, hash: string): Promise<LegalText | null> {
    const row = await sql.get<LegalText>(
      'SELECT document, version, indonesian, english, hash FROM legal_texts WHERE hash = ?',
      hash,
    );
    return row ?? null;
  },
};

export const consentWrites = {
  async keepTexts(ctx: WriteContext, args: Args<'keepTexts'>): Promise<void> {
    for (const text of [args.terms, args.privacy]) await keepText(ctx, text, args.at);
  },

  async giveConsent(ctx: WriteContext, args: Args<'giveConsent'>): Promise<number> {
    await refuseReserved(ctx, args.account.id);
    const accountKey = accountKeyOf(ctx.keys, args.account.id);
    await chainTaken(ctx, { accountKey });
    await consentWrites.keepTexts(ctx, args);
    const { guardianPhone } = args;
    const hashes = { terms: args.terms.hash, privacy: args.privacy.hash };
    const entry = await actOf(ctx, args, { ...hashes, act: 'given', guardianPhone });
    return give(ctx, entry, args.account.kind);
  },

  async chainConsents(ctx: WriteContext, args: Args<'chainConsents'>): Promise<number> {
    return chainTaken(ctx, args);
  },

  async withdrawConsent(ctx: WriteContext, args: ConsentScene): Promise<number | null> {
    await refuseReserved(ctx, args.account.id);
    const accountKey = accountKeyOf(ctx.keys, args.account.id);
    await chainTaken(ctx, { accountKey });
    const held = await heldBy(ctx, [
      accountKey,
      ...(args.account.kind === 'voucher' ? [macKeyOf(ctx.keys, args.mac)] : []),
    ]);
    if (held === undefined) return null;
    await dropHeld(ctx, args.account, args.mac);
    const { id: accountId } = args.account;
    await endAccess(ctx, { accountId, reason: 'consent withdrawn', at: args.at });
    return append(ctx, await actOf(ctx, args, { ...held, act: 'withdrawn' }));
  },
};

/** The ledger keeps its entries; the account and the phone will be asked anew. */
export async function dropHeld(
  ctx: WriteContext,
  account: ConsentHolder,
  mac: string | null,
): Promise<void> {
  const accountKey = accountKeyOf(ctx.keys, account.id);
  const macKey = mac === null ? null : macKeyOf(ctx.keys, mac);
  await chainTaken(ctx, { accountKey });
  for (const key of [accountKey, ...(macKey === null ? [] : [macKey])]) {
    await ctx.sql.run('DELETE FROM consents_held WHERE holder_k = ?', key);
  }
}

async function heldBy(
  { sql }: ReadContext,
  holders: readonly string[],
): Promise<{ terms: string; privacy: string } | undefined> {
  return sql.get(
    `SELECT terms, privacy FROM consents_held
     WHERE holder_k IN (${holders.map(() => '?').join(', ')}) LIMIT 1`,
    ...holders,
  );
}

async function keepText({ sql }: WriteContext, text: LegalText, at: number): Promise<void> {
  await sql.run(
    `INSERT INTO legal_texts (hash, document, version, indonesian, english, first_at)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING`,
    text.hash,
    text.document,
    text.version,
    text.indonesian,
    text.english,
    at,
  );
}
