/** The ledger of consents: who agreed to what, where and when, in keyed hashes. Nothing of it is deleted. */
import type {
  ConsentCheck,
  ConsentEntry,
  ConsentHolder,
  ConsentScene,
  ConsentStore,
  LegalText,
} from '../consent-types.ts';
import type { Keys } from '../keys.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import { brokenLink, type ChainField, chainHash, type Link } from './chain.ts';
import { consentHolder, endAccess } from './citizens.ts';
import { phoneKeyOf } from './phones.ts';

type Args<M extends keyof ConsentStore> = Parameters<ConsentStore[M]>[0];

interface HeldRow {
  holder_k: string;
  terms: string;
  privacy: string;
}

const COLUMNS = `seq, at, act, purposes, terms, privacy, language, village_code AS "villageCode", router,
  method, account_k AS "accountKey", phone_k AS "phoneKey", mac_k AS "macKey", guardian_k AS "guardianKey",
  hash`;
/** Entries that are verified at a time. */
const CHUNK = 5_000;

export const consentReads = {
  async hasConsented(ctx: ReadContext, args: Args<'hasConsented'>): Promise<boolean> {
    const { account, mac, terms, privacy } = args;
    const holders = [
      ...(account === null ? [] : [accountKeyOf(ctx.keys, account.id)]),
      ...(account?.kind === 'subscriber' ? [] : [macKeyOf(ctx.keys, mac)]),
    ];
    const rows = await heldBy(ctx, holders);
    return rows.some((row) => row.terms === terms && row.privacy === privacy);
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
  async giveConsent(ctx: WriteContext, args: Args<'giveConsent'>): Promise<number> {
    await ctx.lock('consents');
    const accountKey = accountKeyOf(ctx.keys, args.account.id);
    const [terms, privacy] = [args.terms.hash, args.privacy.hash];
    const held = (await heldBy(ctx, [accountKey]))[0];
    if (held?.terms === terms && held.privacy === privacy) {
      const entry = await ctx.sql.get<{ seq: number }>(
        'SELECT MAX(seq) AS seq FROM consents WHERE account_k = ?',
        accountKey,
      );
      return entry!.seq;
    }
    for (const text of [args.terms, args.privacy]) await keepText(ctx, text, args.at);
    await hold(ctx, args, accountKey, args.account.kind);
    await hold(ctx, args, macKeyOf(ctx.keys, args.mac), 'phone');
    const guardian = args.guardianPhone;
    return append(ctx, args, {
      act: 'given',
      purposes: 'terms,data',
      terms,
      privacy,
      guardianKey: guardian === undefined ? null : phoneKeyOf(ctx.keys, guardian),
    });
  },

  async withdrawConsent(ctx: WriteContext, args: ConsentScene): Promise<number | null> {
    await ctx.lock('consents');
    const held = await heldBy(ctx, [
      accountKeyOf(ctx.keys, args.account.id),
      ...(args.account.kind === 'voucher' ? [macKeyOf(ctx.keys, args.mac)] : []),
    ]);
    const first = held[0];
    if (first === undefined) return null;
    await dropHeld(ctx, args.account, args.mac);
    const { id: accountId } = args.account;
    await endAccess(ctx, { accountId, reason: 'consent withdrawn', at: args.at });
    const { terms, privacy } = first;
    const what = { act: 'withdrawn', purposes: 'terms,data', guardianKey: null } as const;
    return append(ctx, args, { ...what, terms, privacy });
  },
};

/** What an account is called in the ledger. */
export function accountKeyOf(keys: Keys, accountId: string): string {
  return keys.credentialKey(consentHolder(accountId));
}

export function macKeyOf(keys: Keys, mac: string): string {
  return keys.credentialKey(`consent:mac:${mac}`);
}

/** The ledger keeps its entries; the account and the phone will be asked anew. */
export async function dropHeld(
  { sql, keys }: WriteContext,
  account: ConsentHolder,
  mac: string | null,
): Promise<void> {
  await sql.run('DELETE FROM consents_held WHERE holder_k = ?', accountKeyOf(keys, account.id));
  if (mac === null) return;
  await sql.run('DELETE FROM consents_held WHERE holder_k = ?', macKeyOf(keys, mac));
}

async function heldBy({ sql }: ReadContext, holders: readonly string[]): Promise<HeldRow[]> {
  return sql.all(
    `SELECT holder_k, terms, privacy FROM consents_held
     WHERE holder_k IN (${holders.map(() => '?').join(', ')})`,
    ...holders,
  );
}

async function hold(
  { sql }: WriteContext,
  { terms, privacy, at }: Args<'giveConsent'>,
  holderKey: string,
  holder: 'subscriber' | 'voucher' | 'phone',
): Promise<void> {
  await sql.run(
    `INSERT INTO consents_held (holder_k, holder, terms, privacy, at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (holder_k) DO UPDATE SET terms = excluded.terms, privacy = excluded.privacy,
       at = excluded.at`,
    holderKey,
    holder,
    terms.hash,
    privacy.hash,
    at,
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

type What = Pick<ConsentEntry, 'act' | 'purposes' | 'terms' | 'privacy' | 'guardianKey'>;

async function append(ctx: WriteContext, scene: ConsentScene, what: What): Promise<number> {
  const { sql, keys } = ctx;
  const last = await sql.get<Link>('SELECT seq, hash FROM consents ORDER BY seq DESC LIMIT 1');
  const phone = await sql.get<{ phone_k: string | null }>(
    'SELECT phone_k FROM subscribers WHERE id = ?',
    scene.account.id,
  );
  const { at, language, villageCode, router, method } = scene;
  const seq = (last?.seq ?? 0) + 1;
  const fields = fieldsOf({
    ...what,
    ...{ at, language, villageCode, router, method },
    accountKey: accountKeyOf(keys, scene.account.id),
    phoneKey: phone?.phone_k ?? null,
    macKey: macKeyOf(keys, scene.mac),
  });
  await sql.run(
    `INSERT INTO consents (at, act, purposes, terms, privacy, language, village_code, router, method,
       account_k, phone_k, mac_k, guardian_k, seq, hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...fields,
    seq,
    chainHash(last?.hash ?? '', fields),
  );
  return seq;
}

/** In the order of the columns of an insert. */
function fieldsOf(e: Omit<ConsentEntry, 'seq' | 'hash'>): ChainField[] {
  return [
    e.at,
    e.act,
    e.purposes,
    e.terms,
    e.privacy,
    e.language,
    e.villageCode,
    e.router,
    e.method,
    e.accountKey,
    e.phoneKey,
    e.macKey,
    e.guardianKey,
  ];
}
