/**
 * How an entry gets into the ledger of consents, which is one chain (chain.ts).
 *
 * What is ticked on a page waits with the one-time token, since a page takes the query's word for which phone
 * it is. The login that spends the token puts it aside ({@link takeConsent}: one insert, and no lock that
 * other logins wait for); {@link chainTaken} gives it its place. Both tables say whom not to ask again.
 */
import type {
  ConsentEntry,
  ConsentHolder,
  ConsentScene,
  TextHashes,
  TokenConsent,
} from '../consent-types.ts';
import type { Keys } from '../keys.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import { type ChainField, chainHash, type Link } from './chain.ts';
import { keepChild } from './children.ts';
import { phoneKeyOf } from './phones.ts';
import { tariffByName } from './tariffs.ts';

export type ConsentAct = Omit<ConsentEntry, 'seq' | 'hash'>;

/** Travels with a token: keyed hashes, and what else the entry will say. */
interface TakenDocument {
  readonly entry: ConsentAct;
  readonly holder: ConsentHolder['kind'];
  /** An account to be marked as a child's. */
  readonly child: { readonly id: string; readonly tariffId: string | null } | null;
}

interface TakenRow {
  token: string;
  document: string;
}

interface HeldRow {
  terms: string;
  privacy: string;
}

/** What an account is called in the ledger. */
export function accountKeyOf(keys: Keys, accountId: string): string {
  return keys.credentialKey(`consent:account:${accountId}`);
}

export function macKeyOf(keys: Keys, mac: string): string {
  return keys.credentialKey(`consent:mac:${mac}`);
}

/** For a token that is issued. */
export async function documentOf(
  ctx: ReadContext,
  consent: TokenConsent,
  whose: Pick<ConsentScene, 'account' | 'mac' | 'at'>,
): Promise<string> {
  const { guardianPhone, child, ...scene } = consent;
  const entry = await actOf(ctx, { ...scene, ...whose }, { ...scene, act: 'given', guardianPhone });
  const { id, kind } = whose.account;
  const tariff = child?.tariff ?? null;
  const tariffId = tariff === null ? null : await tariffByName(ctx, tariff);
  const isChild = child !== undefined && kind === 'subscriber';
  const document: TakenDocument = {
    entry,
    holder: kind,
    child: isChild ? { id, tariffId } : null,
  };
  return JSON.stringify(document);
}

/** A token that carries a consent was spent. */
export async function takeConsent(
  { sql }: WriteContext,
  token: { readonly username: string; readonly consent: string | null },
): Promise<void> {
  if (token.consent === null) return;
  const { entry } = JSON.parse(token.consent) as TakenDocument;
  await sql.run(
    `INSERT INTO consents_taken (token, at, account_k, mac_k, terms, privacy, document)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (token) DO NOTHING`,
    token.username,
    entry.at,
    entry.accountKey,
    entry.macKey,
    entry.terms,
    entry.privacy,
    token.consent,
  );
}

/** Whether one of these holders has agreed to these texts. */
export async function isHeld(
  { sql }: ReadContext,
  holders: readonly string[],
  { terms, privacy }: TextHashes,
): Promise<boolean> {
  if (holders.length === 0) return false;
  const some = holders.map(() => '?').join(', ');
  const rows = await sql.all<HeldRow>(
    `SELECT terms, privacy FROM consents_held WHERE holder_k IN (${some})
     UNION ALL SELECT terms, privacy FROM consents_taken WHERE account_k IN (${some})
     UNION ALL SELECT terms, privacy FROM consents_taken WHERE mac_k IN (${some})`,
    ...holders,
    ...holders,
    ...holders,
  );
  return rows.some((row) => row.terms === terms && row.privacy === privacy);
}

/** Of one account, or of all; under the lock of the ledger. Returns how many were taken off the queue. */
export async function chainTaken(
  ctx: WriteContext,
  what: { readonly accountKey: string } | { readonly limit: number },
): Promise<number> {
  await ctx.lock('consents');
  const rows =
    'limit' in what
      ? await ctx.sql.all<TakenRow>(
          'SELECT token, document FROM consents_taken ORDER BY at, token LIMIT ?',
          what.limit,
        )
      : await ctx.sql.all<TakenRow>(
          'SELECT token, document FROM consents_taken WHERE account_k = ? ORDER BY at, token',
          what.accountKey,
        );
  for (const { token, document } of rows) {
    const { entry, holder, child } = JSON.parse(document) as TakenDocument;
    await give(ctx, entry, holder);
    if (child !== null)
      await keepChild(
        ctx,
        { kind: holder, id: child.id },
        { ...child, guardianKey: entry.guardianKey },
      );
    await ctx.sql.run('DELETE FROM consents_taken WHERE token = ?', token);
  }
  return rows.length;
}

/**
 * Of the same texts by the same account there is one entry, however often it is told; a parent who agrees for
 * it later has one, too. Returns its number. What a parent agrees to for a child is nothing that the phone
 * would stand for: with another card it may be anybody's.
 */
export async function give(
  ctx: WriteContext,
  entry: ConsentAct,
  holder: ConsentHolder['kind'],
): Promise<number> {
  const { accountKey, macKey, guardianKey, terms, privacy, at } = entry;
  const held = await ctx.sql.get<HeldRow>(
    'SELECT terms, privacy FROM consents_held WHERE holder_k = ?',
    accountKey,
  );
  if (held?.terms === terms && held.privacy === privacy) {
    const last = await ctx.sql.get<{ seq: number; guardian_k: string | null }>(
      'SELECT seq, guardian_k FROM consents WHERE account_k = ? ORDER BY seq DESC LIMIT 1',
      accountKey,
    );
    if (guardianKey === null || last!.guardian_k === guardianKey) return last!.seq;
  }
  await hold(ctx, { holderKey: accountKey, holder, terms, privacy, at });
  if (guardianKey === null) {
    await hold(ctx, { holderKey: macKey, holder: 'phone', terms, privacy, at });
  }
  return append(ctx, entry);
}

export async function append({ sql }: WriteContext, entry: ConsentAct): Promise<number> {
  const last = await sql.get<Link>('SELECT seq, hash FROM consents ORDER BY seq DESC LIMIT 1');
  const seq = (last?.seq ?? 0) + 1;
  const fields = fieldsOf(entry);
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

export async function actOf(
  { sql, keys }: ReadContext,
  scene: ConsentScene,
  what: TextHashes & {
    readonly act: ConsentEntry['act'];
    readonly guardianPhone?: string | undefined;
  },
): Promise<ConsentAct> {
  const { at, account, mac, language, villageCode, router, method } = scene;
  const { act, terms, privacy, guardianPhone } = what;
  const owner = await sql.get<{ phone_k: string | null }>(
    'SELECT phone_k FROM subscribers WHERE id = ?',
    account.id,
  );
  return {
    ...{ at, act, purposes: 'terms,data', terms, privacy, language, villageCode, router, method },
    accountKey: accountKeyOf(keys, account.id),
    phoneKey: owner?.phone_k ?? null,
    macKey: macKeyOf(keys, mac),
    guardianKey: guardianPhone === undefined ? null : phoneKeyOf(keys, guardianPhone),
  };
}

/** In the order of the columns of an insert. */
export function fieldsOf(e: ConsentAct): ChainField[] {
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

async function hold(
  { sql }: WriteContext,
  held: TextHashes & {
    readonly holderKey: string;
    readonly holder: 'subscriber' | 'voucher' | 'phone';
    readonly at: number;
  },
): Promise<void> {
  await sql.run(
    `INSERT INTO consents_held (holder_k, holder, terms, privacy, at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (holder_k) DO UPDATE SET terms = excluded.terms, privacy = excluded.privacy,
       at = excluded.at`,
    held.holderKey,
    held.holder,
    held.terms,
    held.privacy,
    held.at,
  );
}
