/** Managed routers. Secrets are sealed; a village LAN is the first free /22 of the pool. */
import { formatCidr, formatIpv4, parseCidr } from '../../lib/net.ts';
import { uuidv7 } from '../../lib/uuid.ts';
import { StoreError } from '../errors.ts';
import type { ReadContext, WriteContext } from '../sql.ts';
import { timeZoneOf } from '../time-zone.ts';
import type {
  LimitProxyState,
  Nas,
  NewRouter,
  RequireMessageAuthenticator,
  Router,
  RouterCredentials,
} from '../types.ts';
import { pinOf } from './enrolment-rows.ts';
import { closeSessions } from './session-end.ts';
import { forgetRouterSettings } from './settings.ts';

const LAN_PREFIX = 22;
const LAN_SIZE = 2 ** (32 - LAN_PREFIX);

interface RouterRow {
  id: string;
  name: string;
  village_code: string;
  village_name: string;
  district_code: string;
  district_name: string;
  latitude: number | null;
  longitude: number | null;
  address: string;
  api_port: number;
  api_user: string;
  api_password: Uint8Array;
  nas_secret: Uint8Array;
  coa_port: number;
  lan_first: number;
  hotspot_port: number;
  login_host: string;
  require_message_authenticator: Router['requireMessageAuthenticator'];
  limit_proxy_state: LimitProxyState;
  opening_hours: string | null;
  created_at: number;
  applied_digest: string | null;
  applied_at: number | null;
  provisioning: Router['provisioning'];
  provisioning_detail: string | null;
  boot_at: number | null;
  api_seed: string | null;
  serial: string | null;
  board: string | null;
  certificate: string | null;
  api_ssl: number;
  service_seed: string | null;
}

/** Not on a shelf, not lost, not given back; one without an enrolment was set up by hand. */
const SERVES = "COALESCE(en.life, 'active') = 'active'";
const SELECT = `SELECT r.*, en.api_seed, en.serial, en.board, en.certificate,
    COALESCE(sa.next_seed, sa.seed) AS service_seed, v.name AS village_name, v.district_code, v.district_name, v.latitude, v.longitude,
    COALESCE(hv.hours, hd.hours, hr.hours) AS opening_hours
  FROM routers r JOIN villages v ON v.code = r.village_code
  LEFT JOIN enrolments en ON en.router_id = r.id
  LEFT JOIN service_accounts sa ON sa.router_id = r.id
  LEFT JOIN opening_hours hv ON hv.level = 'village' AND hv.code = v.code
  LEFT JOIN opening_hours hd ON hd.level = 'district' AND hd.code = v.district_code
  LEFT JOIN opening_hours hr ON hr.level = 'regency' AND hr.code = v.regency_code`;

export const routerReads = {
  async listRouters({ sql }: ReadContext): Promise<Router[]> {
    const rows = await sql.all<RouterRow>(`${SELECT} WHERE ${SERVES} ORDER BY r.name`);
    return rows.map(toRouter);
  },

  async routerByName({ sql }: ReadContext, name: string): Promise<Router | null> {
    const row = await sql.get<RouterRow>(`${SELECT} WHERE r.name = ?`, name);
    return row === undefined ? null : toRouter(row);
  },

  async routerCredentials(
    { sql, keys }: ReadContext,
    routerId: string,
  ): Promise<RouterCredentials | null> {
    const row = await sql.get<RouterRow>(`${SELECT} WHERE r.id = ?`, routerId);
    if (row === undefined) return null;
    const pin = pinOf(row);
    return {
      apiUser: row.api_user,
      apiPassword: keys.open(row.api_password, `router-api:${row.id}`),
      ...(row.api_ssl === 1 ? { apiSsl: true } : {}),
      nasSecret: keys.open(row.nas_secret, `router-nas:${row.id}`),
      ...(row.api_seed === null ? {} : { apiSeed: row.api_seed }),
      ...(row.service_seed === null ? {} : { serviceSeed: row.service_seed }),
      ...(pin === null ? {} : { pin }),
    };
  },

  async nasByAddress({ sql, keys }: ReadContext, address: string): Promise<Nas | null> {
    const row = await sql.get<RouterRow>(`${SELECT} WHERE r.address = ? AND ${SERVES}`, address);
    return row === undefined ? null : toNas(row, keys.open(row.nas_secret, `router-nas:${row.id}`));
  },

  async nasByName({ sql, keys }: ReadContext, name: string): Promise<Nas | null> {
    const row = await sql.get<RouterRow>(`${SELECT} WHERE r.name = ? AND ${SERVES}`, name);
    return row === undefined ? null : toNas(row, keys.open(row.nas_secret, `router-nas:${row.id}`));
  },
};

export const routerWrites = {
  async addRouter(ctx: WriteContext, args: NewRouter): Promise<Router> {
    const { sql, keys } = ctx;
    const taken = await sql.get<{ name: string }>(
      'SELECT name FROM routers WHERE name = ? OR address = ?',
      args.name,
      args.address,
    );
    if (taken !== undefined) {
      throw new StoreError(
        'STORE_CONFLICT',
        `router ${taken.name} already has that name or address`,
      );
    }
    const village = await sql.get('SELECT code FROM villages WHERE code = ?', args.villageCode);
    if (village === undefined) {
      throw new StoreError(
        'STORE_NOT_FOUND',
        `there is no village ${args.villageCode}: see smartwifi village list, or import it first`,
      );
    }
    const id = uuidv7(args.at);
    await sql.run(
      `INSERT INTO routers (id, name, village_code, address, api_port, api_user, api_password,
         nas_secret, coa_port, lan_first, hotspot_port, login_host, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      args.name,
      args.villageCode,
      args.address,
      args.apiPort,
      args.apiUser,
      keys.seal(args.apiPassword, `router-api:${id}`),
      keys.seal(args.nasSecret, `router-nas:${id}`),
      args.coaPort,
      await freeLan(ctx, args.lanPool),
      args.hotspotPort,
      args.loginHost,
      args.at,
    );
    ctx.invalidate('router', '*');
    return (await routerReads.routerByName(ctx, args.name))!;
  },

  async removeRouter(ctx: WriteContext, args: { routerId: string; at: number }): Promise<boolean> {
    await closeSessions(ctx, {
      where: 'router_id = ?',
      values: [args.routerId],
      cause: 'Admin-Reset',
    });
    await forgetRouterSettings(ctx, args.routerId);
    const removed = await ctx.sql.run('DELETE FROM routers WHERE id = ?', args.routerId);
    ctx.invalidate('router', '*');
    return removed === 1;
  },

  async setNasPolicy(
    ctx: WriteContext,
    args: {
      name: string;
      requireMessageAuthenticator?: RequireMessageAuthenticator;
      limitProxyState?: LimitProxyState;
    },
  ): Promise<boolean> {
    const changed = await ctx.sql.run(
      `UPDATE routers SET
         require_message_authenticator = COALESCE(?, require_message_authenticator),
         limit_proxy_state = COALESCE(?, limit_proxy_state) WHERE name = ?`,
      args.requireMessageAuthenticator ?? null,
      args.limitProxyState ?? null,
      args.name,
    );
    ctx.invalidate('router', '*');
    return changed === 1;
  },

  async setApiUser(
    ctx: WriteContext,
    args: { routerId: string; apiUser: string; apiPassword: string },
  ): Promise<void> {
    await ctx.sql.run(
      'UPDATE routers SET api_user = ?, api_password = ? WHERE id = ?',
      args.apiUser,
      ctx.keys.seal(args.apiPassword, `router-api:${args.routerId}`),
      args.routerId,
    );
    ctx.invalidate('router', '*');
  },

  async recordProvisioning(
    ctx: WriteContext,
    args: {
      routerId: string;
      provisioning: Router['provisioning'];
      digest: string | null;
      detail: string | null;
      at: number;
      serviceSeed?: string;
    },
  ): Promise<void> {
    await ctx.sql.run(
      `UPDATE routers SET provisioning = ?, applied_digest = ?, provisioning_detail = ?, applied_at = ?
       WHERE id = ?`,
      args.provisioning,
      args.digest,
      args.detail,
      args.at,
      args.routerId,
    );
    if (args.serviceSeed !== undefined) {
      await ctx.sql.run(
        `UPDATE service_accounts SET seed = next_seed, next_seed = NULL
         WHERE router_id = ? AND next_seed = ?`,
        args.routerId,
        args.serviceSeed,
      );
    }
    ctx.invalidate('router', args.routerId);
  },
};

/** What RADIUS knows of a NAS, from a router row that may stand in a join. */
export async function nasOfRouter(ctx: ReadContext, routerId: string): Promise<Nas | null> {
  const row = await ctx.sql.get<RouterRow>(`${SELECT} WHERE r.id = ?`, routerId);
  if (row === undefined) return null;
  return toNas(row, ctx.keys.open(row.nas_secret, `router-nas:${row.id}`));
}

async function freeLan({ sql }: WriteContext, pool: string): Promise<number> {
  const cidr = parseCidr(pool);
  if (cidr === null || cidr.prefix > LAN_PREFIX) {
    throw new StoreError('STORE_LAN_FULL', `${pool} is not a network that holds a /${LAN_PREFIX}`);
  }
  const rows = await sql.all<{ lan_first: number }>('SELECT lan_first FROM routers');
  const taken = new Set(rows.map((row) => row.lan_first));
  for (let first = cidr.first; first <= cidr.last; first += LAN_SIZE) {
    if (!taken.has(first)) return first;
  }
  throw new StoreError(
    'STORE_LAN_FULL',
    `every /${LAN_PREFIX} of ${pool} is taken: set network.lanPool to a larger one`,
  );
}

function toRouter(row: RouterRow): Router {
  return {
    id: row.id,
    name: row.name,
    villageCode: row.village_code,
    villageName: row.village_name,
    districtCode: row.district_code,
    districtName: row.district_name,
    latitude: row.latitude,
    longitude: row.longitude,
    address: row.address,
    apiPort: row.api_port,
    apiUser: row.api_user,
    coaPort: row.coa_port,
    lanSubnet: formatCidr({ first: row.lan_first, last: 0, prefix: LAN_PREFIX }),
    hotspotAddress: formatIpv4(row.lan_first + 1),
    hotspotPort: row.hotspot_port,
    loginHost: row.login_host,
    requireMessageAuthenticator: row.require_message_authenticator,
    limitProxyState: row.limit_proxy_state,
    openingHours: row.opening_hours,
    timeZone: timeZoneOf(row.village_code),
    createdAt: row.created_at,
    appliedDigest: row.applied_digest,
    appliedAt: row.applied_at,
    provisioning: row.provisioning,
    provisioningDetail: row.provisioning_detail,
    bootAt: row.boot_at,
  };
}

function toNas(row: RouterRow, secret: string): Nas {
  return {
    routerId: row.id,
    router: row.name,
    village: row.village_code,
    district: row.district_code,
    address: row.address,
    coaPort: row.coa_port,
    secret,
    requireMessageAuthenticator: row.require_message_authenticator,
    limitProxyState: row.limit_proxy_state,
    openingHours: row.opening_hours,
    timeZone: timeZoneOf(row.village_code),
  };
}
