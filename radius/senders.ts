/**
 * Who sent a packet, and does it prove so: a router by its address, the portal, or a proxy that speaks
 * for routers. What leaves a NAS open to forgery is said once in the log.
 */
import type { Logger } from '../lib/log.ts';
import { type Cidr, cidrContains, parseIpv4 } from '../lib/net.ts';
import type { Store } from '../store/contract.ts';
import type { Nas } from '../store/types.ts';
import { Code } from './attributes.ts';
import { boundedMap } from './bounded-map.ts';
import { findAttribute, type Packet } from './codec.ts';
import type { DropReason } from './metrics.ts';
import type { Proxies } from './proxy.ts';
import { type RadiusSecret, radiusSecret, SHORT_SECRET, secretCache } from './secret.ts';
import { accessRequestHolds, requestHolds } from './sign.ts';

/** Where a packet came from; `local` is the address and port it came to. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  readonly local?: string;
  /** Known from the connection (RADIUS over TLS); else the address says who it is. */
  readonly client?: Client;
  /** A connection is told of a packet that its peer cannot have sent in good faith (RFC 6613 §2.6.4). */
  readonly forged?: () => void;
}

/** Whom a request is answered for. */
export type Client =
  | {
      readonly kind: 'nas';
      readonly nas: Nas;
      /** The NAS's own, or that of the proxy that speaks for it. */
      readonly secret: RadiusSecret;
    }
  | { readonly kind: 'portal'; readonly secret: RadiusSecret };

export type Sender = Client | { readonly kind: 'proxy'; readonly secret: RadiusSecret };

export interface SenderDeps {
  readonly store: Pick<Store, 'nasByAddress'>;
  readonly log: Logger;
  /** The portal is a client of its own. */
  readonly portal: { readonly address: string; readonly secret: string };
  readonly proxies?: Proxies;
  /** Where plain UDP is hidden from others (R4 of the RADIUS/TLS drafts); not checked by default. */
  readonly tunnel?: Cidr;
}

const KEPT_WARNINGS = 8192;

/** By the source address; null for strangers. At once for those whom the configuration names. */
export function senderFinder(deps: SenderDeps): (peer: Peer) => Sender | Promise<Sender | null> {
  const { store, portal, proxies } = deps;
  const secretOf = secretCache();
  const warn = nasWarnings(deps);
  const portalClient: Client = { kind: 'portal', secret: radiusSecret(portal.secret) };
  const findNas = async (address: string): Promise<Sender | null> => {
    const nas = await store.nasByAddress(address);
    if (nas === null) return null;
    warn(nas);
    return { kind: 'nas', nas, secret: secretOf(nas.secret) };
  };
  return ({ address, client }) => {
    if (client !== undefined) return client;
    if (address === portal.address) return portalClient;
    const proxySecret = proxies?.secretOf(address);
    if (proxySecret !== undefined) return { kind: 'proxy', secret: proxySecret };
    return findNas(address);
  };
}

/** Null when the packet proves that its sender knows the secret, else why it is dropped. */
export function admission(
  code: typeof Code.accessRequest | typeof Code.accountingRequest,
): (packet: Packet, sender: Sender) => DropReason | null {
  /** NAS that have signed once: from then on `auto` means `yes` (CVE-2024-3596). */
  const signing = new Set<string>();
  return (packet, sender) => {
    if (packet.code === Code.statusServer) {
      if (packet.messageAuthenticatorAt === -1) return 'missing_message_authenticator';
      return accessRequestHolds(packet, sender.secret) ? null : 'bad_authenticator';
    }
    if (packet.code !== code) return 'unexpected_code';
    if (code === Code.accountingRequest) {
      return requestHolds(packet, sender.secret) ? null : 'bad_authenticator';
    }
    if (packet.messageAuthenticatorAt === -1) return unsignedAccess(packet, sender, signing);
    if (!accessRequestHolds(packet, sender.secret)) return 'bad_authenticator';
    if (sender.kind === 'nas') signing.add(sender.nas.routerId);
    return null;
  };
}

/**
 * The two policies of a NAS, as FreeRADIUS has them. Of an unsigned request nothing is proven but by the
 * reply's own signature, and Proxy-State is where a forger of replies hides what he needs.
 */
function unsignedAccess(
  packet: Packet,
  sender: Sender,
  signing: ReadonlySet<string>,
): DropReason | null {
  if (findAttribute(packet, 'EAP-Message') !== undefined) return 'eap_unsigned';
  if (sender.kind !== 'nas') return 'missing_message_authenticator';
  const { requireMessageAuthenticator, limitProxyState, routerId } = sender.nas;
  const holds = (policy: 'yes' | 'auto' | 'no'): boolean =>
    policy === 'yes' || (policy === 'auto' && signing.has(routerId));
  if (holds(requireMessageAuthenticator)) return 'missing_message_authenticator';
  if (!holds(limitProxyState)) return null;
  return findAttribute(packet, 'Proxy-State') === undefined ? null : 'proxy_state';
}

/** Says once for each NAS what an operator should change; a NAS that is unchanged costs one look-up. */
function nasWarnings({ log, tunnel }: SenderDeps): (nas: Nas) => void {
  const checked = new WeakSet<Nas>();
  const said = boundedMap<true>(KEPT_WARNINGS);
  return (nas) => {
    if (checked.has(nas)) return;
    checked.add(nas);
    for (const [what, applies] of [
      ['its secret is shorter than it should be', nas.secret.length < SHORT_SECRET],
      ['its requests need no Message-Authenticator', nas.requireMessageAuthenticator === 'no'],
      ['its packets come in clear from outside the tunnel', isOutside(nas.address, tunnel)],
    ] as const) {
      const key = `${nas.routerId} ${what}`;
      if (!applies || said.get(key) === true) continue;
      said.set(key, true);
      log.warn({ router: nas.router, because: what }, 'NAS is open to forgery');
    }
  };
}

/** Neither in the tunnel nor on this machine. */
export function isOutside(address: string, tunnel: Cidr | undefined): boolean {
  if (tunnel === undefined || address === '::1') return false;
  const value = parseIpv4(address);
  return value === null || !(address.startsWith('127.') || cidrContains(tunnel, value));
}
