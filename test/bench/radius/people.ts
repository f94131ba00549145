/** Who is in every server's database: the same routers, tariffs and subscribers. Pure. */
import { formatIpv4, parseCidr } from '../../../lib/net.ts';

/** Shared by portal, routers and servers, so that the same bytes suit every server. */
export const SECRET = 'bench-secret-of-all-servers';
export const SERVER_ADDRESS = '127.0.0.1';
/** The portal's packets come from here (and the listening address is how it is known). */
export const PORTAL_ADDRESS = '127.0.0.1';
export const SUBSCRIBERS = 20_000;
export const TARIFFS = 10;
/** Each has an address and a source port; several of them let a kernel spread over listening threads. */
export const ROUTERS = 16;
/** Subscribers whose password is argon2id from the start, all with {@link COLD_PASSWORD}. */
export const COLD_SUBSCRIBERS = 800;
export const COLD_PASSWORD = 'sandi-yang-dingin';

export interface TariffFacts {
  readonly name: string;
  readonly upKbps: number;
  readonly downKbps: number;
  readonly sessionSeconds: number;
}

export const tariffs: readonly TariffFacts[] = Array.from({ length: TARIFFS }, (_, i) => ({
  name: `tarif-${i}`,
  upKbps: 1024 * (i + 1),
  downKbps: 2048 * (i + 1),
  sessionSeconds: 3600 * (i + 1),
}));

export function username(i: number): string {
  return `warga${String(i).padStart(6, '0')}`;
}

export function password(i: number): string {
  return `sandi-${String(i).padStart(6, '0')}`;
}

export function coldUsername(i: number): string {
  return `dingin${String(i).padStart(6, '0')}`;
}

export function tariffOf(i: number): TariffFacts {
  return tariffs[i % TARIFFS]!;
}

export function routerName(i: number): string {
  return `rt-bench-${i}`;
}

export function routerAddress(i: number): string {
  return `127.20.0.${i + 1}`;
}

/** Rate as a router reads it: upload first. */
export function rateLimit({ upKbps, downKbps }: TariffFacts): string {
  return `${upKbps}k/${downKbps}k`;
}

/** A phone of its own for each number. */
export function macOf(i: number): string {
  const octets = [0x02, 0x10, (i >>> 24) & 255, (i >>> 16) & 255, (i >>> 8) & 255, i & 255];
  return octets.map((octet) => octet.toString(16).padStart(2, '0').toUpperCase()).join(':');
}

/** LANs of villages, a /22 for each router in turn: on loopback, so that a phone can call from its own address. */
export const LAN_POOL = '127.64.0.0/12';
const LAN_FIRST = parseCidr(LAN_POOL)!.first;
const LAN_SIZE = 1024;

/** Of a phone in the LAN of router number `router`. */
export function phoneAddress(router: number, phone: number): string {
  return formatIpv4(LAN_FIRST + router * LAN_SIZE + 2 + (phone % (LAN_SIZE - 4)));
}
