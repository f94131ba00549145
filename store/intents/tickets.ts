/** Visits of the portal that go on over several pages, one of a kind for a phone at a router. */
import { randomBytes } from 'node:crypto';
import { uuidv7 } from '../../lib/uuid.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import type { Ticket, TicketKind } from '../ticket-types.ts';

interface TicketRow {
  id: string;
  kind: TicketKind;
  router_id: string;
  mac: string;
  address: string;
  document: Uint8Array;
  version: number;
  created_at: number;
  expires_at: number;
}

/** 128 bits: found by nobody who was not told. */
const SECRET_BYTES = 16;
/** Of one kind and address. */
const MOST_OF_ADDRESS = 64;

export const ticketReads = {
  async ticketBySecret(
    ctx: ReadContext,
    args: { secret: string; at: number },
  ): Promise<Ticket | null> {
    const row = await ctx.sql.get<TicketRow>(
      'SELECT * FROM tickets WHERE k = ? AND expires_at > ?',
      ctx.keys.credentialKey(args.secret),
      args.at,
    );
    return row === undefined ? null : toTicket(ctx, row);
  },

  async ticketOfPhone(
    ctx: ReadContext,
    args: Pick<Ticket, 'kind' | 'routerId' | 'mac' | 'address'> & { at: number },
  ): Promise<Ticket | null> {
    const row = await ctx.sql.get<TicketRow>(
      `SELECT * FROM tickets
       WHERE kind = ? AND router_id = ? AND address = ? AND mac = ? AND expires_at > ?`,
      args.kind,
      args.routerId,
      args.address,
      args.mac,
      args.at,
    );
    return row === undefined ? null : toTicket(ctx, row);
  },
};

export const ticketWrites = {
  async openTicket(
    { sql, keys }: WriteContext,
    args: Pick<Ticket, 'kind' | 'routerId' | 'mac' | 'address' | 'document'> & {
      at: number;
      ttlMs: number;
    },
  ): Promise<{ id: string; secret: string }> {
    const id = uuidv7(args.at);
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    await sql.run(
      `INSERT INTO tickets (id, k, kind, router_id, address, mac, document, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (kind, router_id, address, mac) DO UPDATE SET id = excluded.id, k = excluded.k,
         document = excluded.document, version = 0, created_at = excluded.created_at,
         expires_at = excluded.expires_at`,
      id,
      keys.credentialKey(secret),
      args.kind,
      args.routerId,
      args.address,
      args.mac,
      keys.seal(args.document, purposeOf(id)),
      args.at,
      args.at + args.ttlMs,
    );
    await sql.run(
      `DELETE FROM tickets WHERE id IN (SELECT id FROM tickets
         WHERE kind = ? AND router_id = ? AND address = ?
         ORDER BY created_at DESC, id DESC LIMIT 1000 OFFSET ${MOST_OF_ADDRESS})`,
      args.kind,
      args.routerId,
      args.address,
    );
    return { id, secret };
  },

  async moveTicket(
    { sql, keys }: WriteContext,
    args: { id: string; version: number; document: string; expiresAt?: number },
  ): Promise<boolean> {
    const moved = await sql.run(
      `UPDATE tickets SET document = ?, version = version + 1, expires_at = COALESCE(?, expires_at)
       WHERE id = ? AND version = ?`,
      keys.seal(args.document, purposeOf(args.id)),
      args.expiresAt ?? null,
      args.id,
      args.version,
    );
    return moved === 1;
  },

  async closeTicket({ sql }: WriteContext, args: { id: string }): Promise<boolean> {
    return (await sql.run('DELETE FROM tickets WHERE id = ?', args.id)) === 1;
  },
};

function purposeOf(id: string): string {
  return `tickets.document:${id}`;
}

function toTicket({ keys }: ReadContext, row: TicketRow): Ticket {
  return {
    id: row.id,
    kind: row.kind,
    routerId: row.router_id,
    mac: row.mac,
    address: row.address,
    document: keys.open(row.document, purposeOf(row.id)),
    version: row.version,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
