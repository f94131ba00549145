/** One-time scripts, the boards that answered to them, and what dies when a router goes. */
import { randomBytes, randomInt } from 'node:crypto';
import { formatIpv4, parseCidr, parseIpv4 } from '../../lib/net.ts';
import { uuidv7 } from '../../lib/uuid.ts';
import type {
  Enrolment,
  EnrolmentOffer,
  EnrolResult,
  EnrolRouter,
  PinResult,
  RouterToAdd,
  TunnelPool,
  WireguardPeer,
} from '../enrolment-types.ts';
import { StoreError } from '../errors.ts';
import { sameText } from '../keys.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type { Router } from '../types.ts';
import {
  type EnrolmentRow,
  ensureRow,
  forgetApplied,
  pinOf,
  pskPurpose,
  revokeKey,
  rowOf,
  setNasSecret,
  toEnrolment,
} from './enrolment-rows.ts';
import { routerReads, routerWrites } from './routers.ts';

/** Crockford's letters: none looks like another on a screen that is photographed. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TOKEN_LENGTH = 10;

type NamedRow = EnrolmentRow & { router: string };

const NAMED = 'SELECT e.*, r.name AS router FROM enrolments e JOIN routers r ON r.id = e.router_id';

export const enrolmentReads = {
  async enrolment(ctx: ReadContext, routerId: string): Promise<Enrolment | null> {
    const row = await ctx.sql.get<NamedRow>(`${NAMED} WHERE e.router_id = ?`, routerId);
    return row === undefined ? null : toEnrolment(row);
  },

  async listEnrolments({ sql }: ReadContext): Promise<Enrolment[]> {
    const rows = await sql.all<NamedRow>(`${NAMED} ORDER BY r.name`);
    return rows.map(toEnrolment);
  },

  /** By name; lost and released ones are none. */
  async wireguardPeers(ctx: ReadContext): Promise<WireguardPeer[]> {
    const rows = await ctx.sql.all<EnrolmentRow & { name: string }>(
      `SELECT e.*, r.name FROM enrolments e JOIN routers r ON r.id = e.router_id
       WHERE e.public_key IS NOT NULL AND e.preshared_key IS NOT NULL AND e.life IN ('active', 'spare')
       ORDER BY r.name`,
    );
    const peers: WireguardPeer[] = [];
    for (const row of rows) {
      const router = (await routerReads.routerByName(ctx, row.name))!;
      peers.push({
        name: row.name,
        publicKey: row.public_key!,
        presharedKey: ctx.keys.open(row.preshared_key!, pskPurpose(row.public_key!)),
        address: router.address,
        lanSubnet: row.life === 'spare' ? null : router.lanSubnet,
      });
    }
    return peers;
  },
};

export const enrolmentWrites = {
  /** All or none; addresses that are not given are the first free ones of the tunnel. */
  async addRouters(
    ctx: WriteContext,
    args: { routers: readonly RouterToAdd[]; tunnel: TunnelPool },
  ): Promise<Router[]> {
    await ctx.lock('routers');
    const added: Router[] = [];
    for (const router of args.routers) {
      const address = router.address ?? (await freeAddress(ctx, args.tunnel));
      added.push(await routerWrites.addRouter(ctx, { ...router, address }));
    }
    return added;
  },

  /** What was offered before is worth nothing from now on; what the router has now stays good until it enrols. */
  async offerEnrolment(
    ctx: WriteContext,
    args: { routerId: string; at: number; ttlMs: number },
  ): Promise<EnrolmentOffer | null> {
    const { routerId, at } = args;
    const row = await ensureRow(ctx, routerId, at);
    if (row.life === 'lost' || row.life === 'released') return null;
    const token = Array.from({ length: TOKEN_LENGTH }, () => LETTERS[randomInt(32)]).join('');
    const presharedKey = randomBytes(32).toString('base64');
    const apiSeed = `${routerId}#${uuidv7(at)}`;
    const expiresAt = at + args.ttlMs;
    await ctx.sql.run(
      `UPDATE enrolments SET offer_k = ?, offer_seed = ?, offer_preshared_key = ?, offer_expires_at = ?
       WHERE router_id = ?`,
      ctx.keys.credentialKey(token),
      apiSeed,
      ctx.keys.seal(presharedKey, offerPurpose(routerId)),
      expiresAt,
      routerId,
    );
    return { token, presharedKey, apiSeed, expiresAt };
  },

  /** The offer is used up by success alone. A key that was there before dies, and the NAS secret with it. */
  async enrolRouter(ctx: WriteContext, args: EnrolRouter): Promise<EnrolResult> {
    const router = await routerReads.routerByName(ctx, args.name);
    if (router === null) return { outcome: 'unknown' };
    await ctx.lock(`enrolment:${router.id}`);
    const row = await rowOf(ctx, router.id);
    const refusal = await refusalOf(ctx, args, router.id, row);
    if (row === undefined || refusal !== null) return { outcome: refusal ?? 'none' };
    const psk = ctx.keys.open(row.offer_preshared_key!, offerPurpose(router.id));
    if (row.public_key !== null) {
      await revokeKey(ctx, row.public_key, {
        router: args.name,
        reason: 'enrolled anew',
        at: args.at,
      });
      await setNasSecret(ctx, router.id);
    }
    await ctx.sql.run(
      `UPDATE enrolments SET public_key = ?, preshared_key = ?, api_seed = offer_seed, enrolled_at = ?,
         offer_k = NULL, offer_seed = NULL, offer_preshared_key = NULL, offer_expires_at = NULL
       WHERE router_id = ?`,
      args.publicKey,
      ctx.keys.seal(psk, pskPurpose(args.publicKey)),
      args.at,
      router.id,
    );
    await routerWrites.setApiUser(ctx, { routerId: router.id, ...args });
    // Whatever was on it, all is written again, secrets too.
    await forgetApplied(ctx, router.id);
    return { outcome: 'enrolled', routerId: router.id };
  },

  /** The first board that answers is the router, until it is replaced. */
  async pinRouter(
    ctx: WriteContext,
    args: {
      routerId: string;
      serial: string;
      board: string;
      certificate: string | null;
      at: number;
    },
  ): Promise<PinResult> {
    const { routerId, serial, board, certificate, at } = args;
    await ctx.lock('pins');
    const row = await ensureRow(ctx, routerId, at);
    const owner = await ctx.sql.get<EnrolmentRow & { id: string; name: string }>(
      `SELECT r.id, r.name, e.* FROM enrolments e JOIN routers r ON r.id = e.router_id
       WHERE e.serial = ?`,
      serial,
    );
    if (owner !== undefined && owner.id !== routerId) {
      return { outcome: 'other', router: owner.name, pin: pinOf(owner)! };
    }
    if (row.serial !== null) {
      if (row.serial === serial) {
        await ctx.sql.run(
          'UPDATE enrolments SET certificate = COALESCE(?, certificate) WHERE router_id = ?',
          certificate,
          routerId,
        );
        return { outcome: 'same' };
      }
      const named = await ctx.sql.get<{ name: string }>(
        'SELECT name FROM routers WHERE id = ?',
        routerId,
      );
      return { outcome: 'other', router: named?.name ?? '', pin: pinOf(row)! };
    }
    await ctx.sql.run(
      'UPDATE enrolments SET serial = ?, board = ?, certificate = ?, pinned_at = ? WHERE router_id = ?',
      serial,
      board,
      certificate,
      at,
      routerId,
    );
    return { outcome: 'pinned' };
  },

  async setApiSsl(
    ctx: WriteContext,
    args: { routerId: string; apiSsl: boolean; apiPort: number },
  ): Promise<boolean> {
    const changed = await ctx.sql.run(
      'UPDATE routers SET api_ssl = ?, api_port = ? WHERE id = ?',
      args.apiSsl ? 1 : 0,
      args.apiPort,
      args.routerId,
    );
    ctx.invalidate('router', '*');
    return changed === 1;
  },
};

async function refusalOf(
  ctx: WriteContext,
  args: EnrolRouter,
  routerId: string,
  row: EnrolmentRow | undefined,
): Promise<Exclude<EnrolResult['outcome'], 'enrolled'> | null> {
  if (row?.life === 'lost' || row?.life === 'released') return 'unknown';
  if (row === undefined || row.offer_k === null || row.offer_seed === null) return 'none';
  if ((row.offer_expires_at ?? 0) <= args.at) return 'expired';
  if (row.offer_seed !== args.apiSeed) return 'token';
  if (args.token !== null && !sameText(ctx.keys.credentialKey(args.token), row.offer_k)) {
    return 'token';
  }
  const taken = await ctx.sql.get(
    `SELECT router_id FROM enrolments WHERE public_key = ? AND router_id <> ?
     UNION ALL SELECT public_key FROM revoked_keys WHERE public_key = ?`,
    args.publicKey,
    routerId,
    args.publicKey,
  );
  return taken === undefined && row.public_key !== args.publicKey ? null : 'key';
}

async function freeAddress({ sql }: WriteContext, tunnel: TunnelPool): Promise<string> {
  const cidr = parseCidr(tunnel.subnet);
  if (cidr === null) throw new StoreError('STORE_LAN_FULL', `${tunnel.subnet} is not a network`);
  const rows = await sql.all<{ address: string }>('SELECT address FROM routers');
  const taken = new Set([...rows.map(({ address }) => address), ...tunnel.reserved].map(parseIpv4));
  for (let value = cidr.first + 2; value < cidr.last; value += 1) {
    if (!taken.has(value)) return formatIpv4(value);
  }
  throw new StoreError(
    'STORE_LAN_FULL',
    `every address of ${tunnel.subnet} is taken: set network.tunnelSubnet to a larger one`,
  );
}

function offerPurpose(routerId: string): string {
  return `router-offer:${routerId}`;
}
