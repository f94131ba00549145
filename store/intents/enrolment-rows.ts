/** Rows of enrolments, and the steps that enrolling, replacing and losing a router share. */
import { randomBytes } from 'node:crypto';
import type { Enrolment, RouterLife, RouterPin } from '../enrolment-types.ts';
import { StoreError } from '../errors.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import { closeInterval } from './fleet.ts';
import { closeSessions } from './session-end.ts';

export interface EnrolmentRow {
  router_id: string;
  life: RouterLife;
  life_at: number;
  reason: string;
  api_seed: string | null;
  public_key: string | null;
  preshared_key: Uint8Array | null;
  enrolled_at: number | null;
  serial: string | null;
  board: string | null;
  certificate: string | null;
  pinned_at: number | null;
  offer_k: string | null;
  offer_seed: string | null;
  offer_preshared_key: Uint8Array | null;
  offer_expires_at: number | null;
}

export async function rowOf(
  { sql }: ReadContext,
  routerId: string,
): Promise<EnrolmentRow | undefined> {
  return sql.get<EnrolmentRow>('SELECT * FROM enrolments WHERE router_id = ?', routerId);
}

export async function ensureRow(
  ctx: WriteContext,
  routerId: string,
  at: number,
): Promise<EnrolmentRow> {
  const known = await ctx.sql.get('SELECT id FROM routers WHERE id = ?', routerId);
  if (known === undefined) throw new StoreError('STORE_NOT_FOUND', 'there is no such router');
  await ctx.lock(`enrolment:${routerId}`);
  await ctx.sql.run(
    'INSERT INTO enrolments (router_id, life_at) VALUES (?, ?) ON CONFLICT (router_id) DO NOTHING',
    routerId,
    at,
  );
  return (await rowOf(ctx, routerId))!;
}

export async function setLife(
  ctx: WriteContext,
  args: { routerId: string; life: RouterLife; reason: string; at: number },
): Promise<void> {
  await ctx.sql.run(
    'UPDATE enrolments SET life = ?, life_at = ?, reason = ? WHERE router_id = ?',
    args.life,
    args.at,
    args.reason,
    args.routerId,
  );
  ctx.invalidate('router', '*');
  if (args.life === 'active') return;
  await endWork(ctx, args);
  await closeInterval(ctx, args);
}

/** What was still to be done on it; the spare that comes back is looked at anew. */
async function endWork(
  { sql }: WriteContext,
  { routerId, life }: { routerId: string; life: RouterLife },
): Promise<void> {
  await sql.run("DELETE FROM jobs WHERE router_id = ? AND state IN ('held', 'waiting')", routerId);
  if (life === 'spare') return;
  await sql.run('DELETE FROM upgrades WHERE router_id = ?', routerId);
  await sql.run('DELETE FROM drift_rows WHERE router_id = ?', routerId);
}

export async function revokeKey(
  { sql }: WriteContext,
  publicKey: string,
  args: { router: string; reason: string; at: number },
): Promise<void> {
  await sql.run(
    `INSERT INTO revoked_keys (public_key, router, reason, revoked_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (public_key) DO NOTHING`,
    publicKey,
    args.router,
    args.reason,
    args.at,
  );
}

export async function setNasSecret(ctx: WriteContext, routerId: string): Promise<void> {
  await ctx.sql.run(
    'UPDATE routers SET nas_secret = ? WHERE id = ?',
    ctx.keys.seal(randomBytes(24).toString('base64url'), `router-nas:${routerId}`),
    routerId,
  );
  ctx.invalidate('router', '*');
}

export async function forgetApplied({ sql }: WriteContext, routerId: string): Promise<void> {
  await sql.run(
    `UPDATE routers SET applied_digest = NULL, provisioning = 'new', provisioning_detail = NULL
     WHERE id = ?`,
    routerId,
  );
}

export async function endSessions(ctx: WriteContext, routerId: string): Promise<void> {
  await closeSessions(ctx, { where: 'router_id = ?', values: [routerId], cause: 'Admin-Reset' });
}

export function toEnrolment(row: EnrolmentRow & { router: string }): Enrolment {
  return {
    routerId: row.router_id,
    router: row.router,
    life: row.life,
    lifeAt: row.life_at,
    reason: row.reason,
    publicKey: row.public_key,
    enrolledAt: row.enrolled_at,
    pin: pinOf(row),
    offer:
      row.offer_seed === null || row.offer_expires_at === null
        ? null
        : { apiSeed: row.offer_seed, expiresAt: row.offer_expires_at },
  };
}

export function pinOf(
  row: Pick<EnrolmentRow, 'serial' | 'board' | 'certificate'>,
): RouterPin | null {
  const { serial, board, certificate } = row;
  return serial === null ? null : { serial, board: board ?? '', certificate };
}

/** For the audit trail. */
export function boardText({ serial, board }: Pick<EnrolmentRow, 'serial' | 'board'>): string {
  return serial === null ? 'a board never seen' : `board ${serial} (${board ?? ''})`;
}

/** Bound to the key and not to the router, so that it moves with its board. */
export function pskPurpose(publicKey: string): string {
  return `router-psk:${publicKey}`;
}
