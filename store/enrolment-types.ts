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
