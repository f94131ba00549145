/** How routers come, stay and go. */
import type { NewRouter, Router } from './types.ts';

/**
 * `spare`: known and ready, serving nobody. `lost`: out of our hands, everything it knew is worth nothing.
 * `released`: given back as a plain gateway. Only `active` ones are polled, configured and heard by RADIUS.
 */
export type RouterLife = 'active' | 'spare' | 'lost' | 'released';

/** Which board a router is, as it said at the first contact. */
export interface RouterPin {
  readonly serial: string;
  readonly board: string;
  /** SHA-256 of its API-SSL certificate, 64 hex digits; null where it is spoken to without TLS. */
  readonly certificate: string | null;
}

/** Who did it: goes into the audit trail in the same commit, and nowhere when nothing was changed. */
export interface Actor {
  readonly by: string;
}

export interface Enrolment {
  readonly routerId: string;
  /** Its name. */
  readonly router: string;
  readonly life: RouterLife;
  readonly lifeAt: number;
  readonly reason: string;
  /** Of its WireGuard interface, base64; null before it enrolled and after its key died. */
  readonly publicKey: string | null;
  readonly enrolledAt: number | null;
  readonly pin: RouterPin | null;
  /** A script is out; null when none is, or it was used. */
  readonly offer: { readonly apiSeed: string; readonly expiresAt: number } | null;
}

/** What a one-time script carries. */
export interface EnrolmentOffer {
  /** Ten characters, shown this once. */
  readonly token: string;
  /** WireGuard preshared key, base64. */
  readonly presharedKey: string;
  /** What our password on the router is derived from. */
  readonly apiSeed: string;
  readonly expiresAt: number;
}

export interface EnrolRouter {
  readonly name: string;
  /** From the line that the script printed; null when an operator vouches for the key. */
  readonly token: string | null;
  /** 32 octets, base64. */
  readonly publicKey: string;
  /** Of the offer that the password below belongs to. */
  readonly apiSeed: string;
  readonly apiUser: string;
  readonly apiPassword: string;
  readonly at: number;
}

/**
 * `unknown`: no such router, or it is lost or released. `none`: no script is out for it (or was used).
 * `key`: another router has that key, or it died.
 */
export type EnrolResult =
  | { readonly outcome: 'enrolled'; readonly routerId: string }
  | { readonly outcome: 'unknown' | 'none' | 'expired' | 'token' | 'key' };

/** `other`: it is pinned to another board, or that board is another router. Nothing was changed. */
export type PinResult =
  | { readonly outcome: 'pinned' | 'same' }
  | { readonly outcome: 'other'; readonly router: string; readonly pin: RouterPin };

/** A router as the server's WireGuard has it. */
export interface WireguardPeer {
  readonly name: string;
  readonly publicKey: string;
  readonly presharedKey: string;
  /** Tunnel address. */
  readonly address: string;
  /** Null for a spare, behind which nobody is. */
  readonly lanSubnet: string | null;
}

/** Without an address one of the tunnel is allotted. */
export type RouterToAdd = Omit<NewRouter, 'address'> & { readonly address: string | null };

export interface TunnelPool {
  /** `10.255.0.0/16`. */
  readonly subnet: string;
  /** The server's own addresses in it. */
  readonly reserved: readonly string[];
}

/** `not-spare`: only a spare that enrolled and was seen can take another's place. */
export type ReplaceResult =
  | { readonly outcome: 'replaced'; readonly router: Router }
  | { readonly outcome: 'unknown' | 'not-spare' };

export interface ServiceAccount {
  /** What the password that stands on the router is derived from. */
  readonly seed: string;
  /** What the next apply writes; null when nothing waits. */
  readonly nextSeed: string | null;
  readonly revealedAt: number | null;
}

export interface EnrolmentStore {
  /** All or none. Throws what {@link RouterStore.addRouter} throws. */
  addRouters(args: {
    routers: readonly RouterToAdd[];
    tunnel: TunnelPool;
  }): Promise<readonly Router[]>;
  enrolment(routerId: string): Promise<Enrolment | null>;
  /** Of all routers that have one, whatever their life. */
  listEnrolments(): Promise<Enrolment[]>;
  /** By name. With secrets: for the server's WireGuard alone. */
  wireguardPeers(): Promise<WireguardPeer[]>;
  /** Ends what was offered before. Null for a router that is lost or released; `STORE_NOT_FOUND`. */
  offerEnrolment(args: {
    routerId: string;
    at: number;
    ttlMs: number;
  }): Promise<EnrolmentOffer | null>;
  /** Uses the offer up when it succeeds; a key that the router had before is dead from then on. */
  enrolRouter(args: EnrolRouter): Promise<EnrolResult>;
  pinRouter(args: {
    routerId: string;
    serial: string;
    board: string;
    /** Replaces what is pinned of the same board; null leaves it. */
    certificate: string | null;
    at: number;
  }): Promise<PinResult>;
  /** Whether the API is spoken to with TLS. False: no such router. */
  setApiSsl(args: { routerId: string; apiSsl: boolean; apiPort: number }): Promise<boolean>;
  /** Takes a router out of service or puts it back; false for one that is lost or released. */
  shelveRouter(
    args: Actor & { routerId: string; life: 'active' | 'spare'; reason: string; at: number },
  ): Promise<boolean>;
  /** In one commit: key dead, NAS secret and API password nobody's, sessions ended. False: no such router. */
  retireRouter(
    args: Actor & { routerId: string; life: 'lost' | 'released'; reason: string; at: number },
  ): Promise<boolean>;
  /** The spare's board takes the router's place; the spare's own row goes. */
  replaceRouter(
    args: Actor & { routerId: string; spareId: string; reason: string; at: number },
  ): Promise<ReplaceResult>;
  serviceAccount(routerId: string): Promise<ServiceAccount>;
  /** The next apply writes another password; the router is told of it as of a change of its row. */
  revealServiceAccount(
    args: Actor & { routerId: string; reason: string; at: number },
  ): Promise<ServiceAccount>;
}
