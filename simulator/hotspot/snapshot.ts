/** The compiled configuration, rebuilt part by part when the tree has changed and someone asks. */
import { type DnsConfig, readDnsConfig } from '../dns/config.ts';
import type { MenuTree } from '../menu/contract.ts';
import { incomingPort, type RadiusServer, radiusServers } from '../nas/config.ts';
import { type LanConfig, readLan } from './config.ts';
import { compileFirewall, type Firewall } from './firewall.ts';

export interface Snapshot {
  lan(): LanConfig | null;
  firewall(): Firewall;
  dns(): DnsConfig;
  radius(): readonly RadiusServer[];
  incomingPort(): number | null;
  /** Addresses of `/ip/address`, without prefix. */
  addresses(): ReadonlySet<string>;
  /** Name of the WireGuard interface that leads to the server; null before there is one. */
  wireguard(): string | null;
}

export interface SnapshotOptions {
  readonly tree: MenuTree;
  /** Configuration changed in a way that listeners may have to follow. */
  readonly changed: () => void;
  /** `/ip/dns` or its static rows changed. */
  readonly dnsChanged: () => void;
}

const LIVE = new Set([
  '/ip/hotspot/active',
  '/ip/hotspot/host',
  '/ip/dhcp-server/lease',
  '/queue/simple',
  '/ip/dns/cache',
  '/ip/dns/adlist',
  '/file',
]);

export function createSnapshot(options: SnapshotOptions): Snapshot & Disposable {
  const { tree } = options;
  const lan = cached(() => readLan(tree));
  const firewall = cached(() => compileFirewall(tree));
  const dns = cached(() => readDnsConfig(tree, ownNames(lan.get())));
  const radius = cached(() => radiusServers(tree));
  const addresses = cached(
    () => new Set(tree.active('/ip/address').map(({ values }) => values.address!.split('/')[0]!)),
  );
  const stop = tree.onChange((path) => {
    if (LIVE.has(path)) return;
    if (path.startsWith('/ip/firewall') || path.startsWith('/interface/list')) firewall.drop();
    else if (path.startsWith('/radius')) radius.drop();
    else lan.drop();
    if (path === '/ip/address') addresses.drop();
    if (/^\/ip\/(?:dns|hotspot|address)/.test(path)) dns.drop();
    if (path.startsWith('/ip/dns')) options.dnsChanged();
    if (/^\/(?:ip\/(?:hotspot|dhcp-server|address|dns|pool)|radius)/.test(path)) options.changed();
  });
  return {
    lan: lan.get,
    firewall: firewall.get,
    dns: dns.get,
    radius: radius.get,
    addresses: addresses.get,
    incomingPort: () => incomingPort(tree),
    wireguard: () => tree.active('/interface/wireguard')[0]?.values.name ?? null,
    [Symbol.dispose]: stop,
  };
}

function ownNames(lan: LanConfig | null): ReadonlyMap<string, string> {
  const hotspot = lan?.hotspot;
  const named = hotspot !== null && hotspot !== undefined && hotspot.dnsName !== '';
  return new Map(named ? [[hotspot.dnsName, hotspot.address]] : []);
}

function cached<T>(make: () => T): { get: () => T; drop: () => void } {
  let kept: { readonly value: T } | null = null;
  return {
    get: () => {
      kept ??= { value: make() };
      return kept.value;
    },
    drop: () => {
      kept = null;
    },
  };
}
