/** What dies when a router goes, and what goes on when another board takes its place. */
import { randomBytes } from 'node:crypto';
import { uuidv7 } from '../../lib/uuid.ts';
import type { Actor, ReplaceResult, RouterLife, ServiceAccount } from '../enrolment-types.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import { auditWrites } from './audit.ts';
import {
  boardText,
  endSessions,
  ensureRow,
  forgetApplied,
  revokeKey,
  rowOf,
  setLife,
  setNasSecret,
} from './enrolment-rows.ts';
import { routerReads, routerWrites } from './routers.ts';

interface BoardRow {
  id: string;
  name: string;
  address: string;
  api_port: number;
  api_ssl: number;
  api_user: string;
  api_password: Uint8Array;
}

const ACTIONS: Record<RouterLife, string> = {
  active: 'router.active',
  spare: 'router.spare',
  lost: 'router.lost',
  released: 'router.release',
};

export const routerLifeReads = {
  /** Every router has one, whether its configuration carries it or not. */
  async serviceAccount({ sql }: ReadContext, routerId: string): Promise<ServiceAccount> {
    const row = await sql.get<{
      seed: string;
      next_seed: string | null;
      revealed_at: number | null;
    }>('SELECT seed, next_seed, revealed_at FROM service_accounts WHERE router_id = ?', routerId);
    return {
      seed: row?.seed ?? routerId,
      nextSeed: row?.next_seed ?? null,
      revealedAt: row?.revealed_at ?? null,
    };
  },
};

export const routerLifeWrites = {
  /** Between the shelf and the village; false for a router that is lost, released or unknown. */
  async shelveRouter(
    ctx: WriteContext,
    args: Actor & { routerId: string; life: 'active' | 'spare'; reason: string; at: number },
  ): Promise<boolean> {
    const row = await ensureRow(ctx, args.routerId, args.at);
    if (row.life === 'lost' || row.life === 'released') return false;
    if (args.life === 'spare') await endSessions(ctx, args.routerId);
    await setLife(ctx, args);
    const name = (await nameOf(ctx, args.routerId))!;
    await tell(ctx, args, { action: ACTIONS[args.life], subject: name, detail: args.reason });
    return true;
  },

  /**
   * At once, in one commit: its key is dead, its NAS secret and API password are nobody's, its open sessions end. A
   * lost board's serial stays taken, so that it is known when it turns up again; a released one is free.
   */
  async retireRouter(
    ctx: WriteContext,
    args: Actor & { routerId: string; life: 'lost' | 'released'; reason: string; at: number },
  ): Promise<boolean> {
    const { routerId, at, reason } = args;
    const name = await nameOf(ctx, routerId);
    if (name === null) return false;
    const row = await ensureRow(ctx, routerId, at);
    if (row.public_key !== null) {
      const why = reason === '' ? args.life : `${args.life}: ${reason}`;
      await revokeKey(ctx, row.public_key, { router: name, reason: why, at });
    }
    await endSessions(ctx, routerId);
    await setNasSecret(ctx, routerId);
    const nobodys = randomBytes(24).toString('base64url');
    await routerWrites.setApiUser(ctx, { routerId, apiUser: 'sw-none', apiPassword: nobodys });
    await ctx.sql.run(
      `UPDATE enrolments SET public_key = NULL, preshared_key = NULL, api_seed = ?, offer_k = NULL,
         offer_seed = NULL, offer_preshared_key = NULL, offer_expires_at = NULL,
         serial = CASE WHEN ? = 'lost' THEN serial ELSE NULL END WHERE router_id = ?`,
      `${routerId}#${uuidv7(at)}`,
      args.life,
      routerId,
    );
    await renewServiceAccount(ctx, routerId, at);
    await setLife(ctx, args);
    const detail = withReason(boardText(row), reason);
    await tell(ctx, args, { action: ACTIONS[args.life], subject: name, detail });
    return true;
  },

  /**
   * The spare's board becomes the router: name, id, village, LAN and history stay; address, key, serial and
   * password are the spare's. What the old board knew dies.
   */
  async replaceRouter(
    ctx: WriteContext,
    args: Actor & { routerId: string; spareId: string; reason: string; at: number },
  ): Promise<ReplaceResult> {
    const { routerId, spareId, at } = args;
    const routers = await ctx.sql.all<BoardRow>(
      'SELECT id, name, address, api_user, api_password, api_port, api_ssl FROM routers WHERE id IN (?, ?)',
      routerId,
      spareId,
    );
    const old = routers.find(({ id }) => id === routerId);
    const spare = routers.find(({ id }) => id === spareId);
    if (old === undefined || spare === undefined || old === spare) return { outcome: 'unknown' };
    const was = await ensureRow(ctx, routerId, at);
    const now = await rowOf(ctx, spareId);
    if (now?.life !== 'spare' || now.public_key === null || now.serial === null) {
      return { outcome: 'not-spare' };
    }
    if (was.public_key !== null) {
      await revokeKey(ctx, was.public_key, { router: old.name, reason: 'replaced', at });
    }
    const password = ctx.keys.open(spare.api_password, `router-api:${spareId}`);
    await endSessions(ctx, routerId);
    await routerWrites.removeRouter(ctx, { routerId: spareId, at });
    await ctx.sql.run(
      'UPDATE routers SET address = ?, api_port = ?, api_ssl = ?, boot_at = NULL WHERE id = ?',
      spare.address,
      spare.api_port,
      spare.api_ssl,
      routerId,
    );
    await routerWrites.setApiUser(ctx, {
      routerId,
      apiUser: spare.api_user,
      apiPassword: password,
    });
    await setNasSecret(ctx, routerId);
    await ctx.sql.run(
      `UPDATE enrolments SET public_key = ?, preshared_key = ?, api_seed = ?, enrolled_at = ?, serial = ?,
         board = ?, certificate = ?, pinned_at = ?, offer_k = NULL, offer_seed = NULL, offer_preshared_key = NULL,
         offer_expires_at = NULL WHERE router_id = ?`,
      now.public_key,
      now.preshared_key,
      now.api_seed,
      now.enrolled_at,
      now.serial,
      now.board,
      now.certificate,
      now.pinned_at,
      routerId,
    );
    await renewServiceAccount(ctx, routerId, at);
    await setLife(ctx, { ...args, life: 'active' });
    await forgetApplied(ctx, routerId);
    const detail = `${boardText(was)} by ${spare.name}, ${boardText(now)}`;
    const entry = { action: 'router.replace', subject: old.name };
    await tell(ctx, args, { ...entry, detail: withReason(detail, args.reason) });
    return { outcome: 'replaced', router: (await routerReads.routerByName(ctx, old.name))! };
  },

  /** Gives what stands on the router now; the next apply writes another. */
  async revealServiceAccount(
    ctx: WriteContext,
    args: Actor & { routerId: string; reason: string; at: number },
  ): Promise<ServiceAccount> {
    const { routerId, at } = args;
    await ctx.lock(`service:${routerId}`);
    const next = `${routerId}#${uuidv7(at)}`;
    await ctx.sql.run(
      `INSERT INTO service_accounts (router_id, seed, next_seed, revealed_at, revealed_by, reason)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (router_id) DO UPDATE SET
         next_seed = COALESCE(service_accounts.next_seed, excluded.next_seed),
         revealed_at = excluded.revealed_at, revealed_by = excluded.revealed_by, reason = excluded.reason`,
      routerId,
      routerId,
      next,
      at,
      args.by,
      args.reason,
    );
    ctx.invalidate('router', routerId);
    const subject = (await nameOf(ctx, routerId)) ?? routerId;
    const entry = { action: 'router.service-account', subject, detail: args.reason };
    await tell(ctx, args, entry);
    return routerLifeReads.serviceAccount(ctx, routerId);
  },
};

/** What the board that goes knows of it opens nothing any more. */
async function renewServiceAccount(
  { sql }: WriteContext,
  routerId: string,
  at: number,
): Promise<void> {
  await sql.run(
    `INSERT INTO service_accounts (router_id, seed) VALUES (?, ?)
     ON CONFLICT (router_id) DO UPDATE SET seed = excluded.seed, next_seed = NULL`,
    routerId,
    `${routerId}#${uuidv7(at)}`,
  );
}

/** In the commit of what it tells of: neither can be there without the other. */
async function tell(
  ctx: WriteContext,
  { by, at }: Actor & { readonly at: number },
  entry: { readonly action: string; readonly subject: string; readonly detail: string },
): Promise<void> {
  await auditWrites.appendAudit(ctx, { at, actor: by, ...entry });
}

async function nameOf({ sql }: ReadContext, routerId: string): Promise<string | null> {
  const row = await sql.get<{ name: string }>('SELECT name FROM routers WHERE id = ?', routerId);
  return row?.name ?? null;
}

function withReason(text: string, reason: string): string {
  return reason === '' ? text : `${text}: ${reason}`;
}
