/**
 * What the configuration tree says about the LAN that phones join and the hotspot on it, compiled
 * once per change. Nothing outside the tree adds to it: no row, no service.
 */
import type { MenuTree } from '../menu/contract.ts';
import type { NasIdentity } from '../nas/nas.ts';
import type { TrialConfig } from './trial.ts';
import {
  type AddressRange,
  durationMs,
  isYes,
  listOf,
  parseRange,
  parseRateLimit,
  type RateLimit,
  timeoutMs,
} from './values.ts';
import { compileWalledGarden, type WalledGarden } from './walled-garden.ts';

export interface DhcpConfig {
  readonly ranges: readonly AddressRange[];
  readonly gateway: string;
  readonly dns: string;
  readonly leaseMs: number;
  readonly server: string;
}

/** The bridge that phones join. */
export interface LanConfig {
  readonly interface: string;
  /** The router's address there; null when it has none. */
  readonly address: string | null;
  readonly dhcp: DhcpConfig | null;
  readonly hotspot: HotspotConfig | null;
}

/** Limits that hold where RADIUS says nothing; null: none. */
export interface UserProfile {
  readonly sessionTimeoutMs: number | null;
  readonly idleTimeoutMs: number | null;
  readonly keepaliveTimeoutMs: number | null;
  readonly statusRefreshMs: number | null;
  /** How long a MAC cookie lives; null where none is given. */
  readonly macCookieMs: number | null;
  readonly rate: RateLimit;
}

export interface HotspotConfig {
  readonly name: string;
  readonly interface: string;
  readonly address: string;
  /** Empty when the profile has none. */
  readonly dnsName: string;
  readonly loginBy: ReadonlySet<string>;
  readonly useRadius: boolean;
  readonly accounting: boolean;
  /** `received` follows Acct-Interim-Interval. */
  readonly interim: 'received' | number | null;
  readonly macAsPassword: boolean;
  readonly macPassword: string;
  readonly trial: TrialConfig | null;
  readonly macFormat: string;
  /** How long the router knows a phone that is not logged in and silent; null: always. */
  readonly hostIdleMs: number | null;
  /** Folders in which a page is looked for, first match. */
  readonly htmlDirectories: readonly string[];
  readonly nas: NasIdentity;
  readonly garden: WalledGarden;
  profile(group: string | null): UserProfile;
  /** By MAC or address: `bypassed`, `blocked` or `regular`. */
  binding(mac: string, ip: string): string;
}

const NAS_PORT_TYPE: Readonly<Record<string, number>> = {
  async: 0,
  ethernet: 15,
  cable: 17,
  'wireless-802.11': 19,
};

type Values = Readonly<Record<string, string>>;

/** Null when there is neither DHCP nor a hotspot: phones find nothing. */
export function readLan(tree: MenuTree): LanConfig | null {
  const hotspots = tree.active('/ip/hotspot').map(({ values }) => values);
  const servers = tree.active('/ip/dhcp-server').map(({ values }) => values);
  const behindHotspot = servers.find((server) =>
    hotspots.some((hotspot) => hotspot.interface === server.interface),
  );
  const wireless = wirelessBridge(tree);
  const onWireless = servers.find((server) => server.interface === wireless);
  const server = behindHotspot ?? onWireless ?? servers[0];
  const name = server?.interface ?? hotspots[0]?.interface;
  if (name === undefined) return null;
  const address = interfaceAddress(tree, name);
  const hotspot = hotspots.find((values) => values.interface === name);
  return {
    interface: name,
    address,
    dhcp: server === undefined ? null : readDhcp(tree, server, address),
    hotspot: hotspot === undefined ? null : readHotspot(tree, hotspot, address),
  };
}

/** The bridge of the first enabled radio: by its datapath (`wifi`), else as a bridge port. */
function wirelessBridge(tree: MenuTree): string | null {
  const named = (path: string, name: string | undefined): Values =>
    tree.rows(path).find(({ values }) => values.name === name)?.values ?? {};
  for (const { values } of tree.active('/interface/wifi')) {
    const configuration = named('/interface/wifi/configuration', values.configuration);
    const datapath = values.datapath ?? configuration.datapath;
    const bridge =
      values['datapath.bridge'] ??
      configuration['datapath.bridge'] ??
      named('/interface/wifi/datapath', datapath).bridge;
    if (bridge !== undefined && bridge !== '') return bridge;
  }
  const radios = ['/interface/wifi', '/interface/wireless']
    .flatMap((path) => tree.active(path))
    .map(({ values }) => values.name);
  const port = tree
    .active('/interface/bridge/port')
    .find(({ values }) => radios.includes(values.interface));
  return port?.values.bridge ?? null;
}

function interfaceAddress(tree: MenuTree, name: string): string | null {
  const row = tree.active('/ip/address').find(({ values }) => values.interface === name);
  return row?.values.address?.split('/')[0] ?? null;
}

function readDhcp(tree: MenuTree, server: Values, address: string | null): DhcpConfig | null {
  const pool = tree.rows('/ip/pool').find(({ values }) => values.name === server['address-pool']);
  const ranges = listOf(pool?.values.ranges).flatMap((text) => parseRange(text) ?? []);
  const first = ranges[0];
  if (first === undefined) return null;
  const network = tree.active('/ip/dhcp-server/network').find(({ values }) => {
    const range = parseRange(values.address ?? '');
    return range !== null && first.first >= range.first && first.first <= range.last;
  });
  const own = address ?? '';
  const gateway = listOf(network?.values.gateway)[0] ?? own;
  return {
    ranges,
    gateway,
    // Without dns-server the router hands out itself.
    dns: listOf(network?.values['dns-server'])[0] ?? own,
    leaseMs: durationMs(server['lease-time']) ?? 1_800_000,
    server: server.name ?? '',
  };
}

function readHotspot(
  tree: MenuTree,
  values: Values,
  lanAddress: string | null,
): HotspotConfig | null {
  const profile =
    tree.rows('/ip/hotspot/profile').find((row) => row.values.name === values.profile)?.values ??
    {};
  const configured = profile['hotspot-address'] ?? '';
  const address = configured === '' || configured === '0.0.0.0' ? lanAddress : configured;
  if (address === null) return null;
  const name = values.name ?? '';
  const directories = [profile['html-directory-override'], profile['html-directory']];
  return {
    name,
    interface: values.interface ?? '',
    address,
    dnsName: (profile['dns-name'] ?? '').toLowerCase(),
    loginBy: new Set(listOf(profile['login-by'])),
    useRadius: isYes(profile['use-radius']),
    accounting: profile['radius-accounting'] !== 'false' && profile['radius-accounting'] !== 'no',
    interim: interimOf(profile['radius-interim-update']),
    macAsPassword: profile['mac-auth-mode'] === 'mac-as-username-and-password',
    macPassword: profile['mac-auth-password'] ?? '',
    trial: trialOf(profile),
    macFormat: profile['radius-mac-format'] ?? 'XX:XX:XX:XX:XX:XX',
    hostIdleMs: timeoutMs(values['idle-timeout'] ?? '5m'),
    htmlDirectories: directories.flatMap((text) =>
      text === undefined || text === '' ? [] : [text.replace(/\/+$/, '')],
    ),
    nas: {
      identity: tree.single('/system/identity').name ?? '',
      hotspot: name,
      interface: values.interface ?? '',
      nasPortType: NAS_PORT_TYPE[profile['nas-port-type'] ?? ''] ?? 19,
      locationId: profile['radius-location-id'] ?? '',
      locationName: profile['radius-location-name'] ?? '',
    },
    garden: compileWalledGarden(tree, name),
    profile: (group) => readProfile(tree, group ?? 'default'),
    binding: (mac, ip) => bindingOf(tree, name, mac, ip),
  };
}

function trialOf(profile: Values): TrialConfig | null {
  if (!listOf(profile['login-by']).includes('trial')) return null;
  return {
    limitMs: durationMs(profile['trial-uptime-limit']) ?? 1_800_000,
    resetMs: durationMs(profile['trial-uptime-reset']) ?? 86_400_000,
    profile: profile['trial-user-profile'] ?? 'default',
  };
}

function interimOf(value: string | undefined): 'received' | number | null {
  return value === undefined || value === 'received' ? 'received' : timeoutMs(value);
}

function readProfile(tree: MenuTree, name: string): UserProfile {
  const rows = tree.rows('/ip/hotspot/user/profile').map(({ values }) => values);
  const values =
    rows.find((row) => row.name === name) ?? rows.find((row) => row.name === 'default') ?? {};
  return {
    sessionTimeoutMs: timeoutMs(values['session-timeout']),
    idleTimeoutMs: timeoutMs(values['idle-timeout']),
    keepaliveTimeoutMs: timeoutMs(values['keepalive-timeout']),
    statusRefreshMs: timeoutMs(values['status-autorefresh']),
    macCookieMs: isYes(values['add-mac-cookie']) ? timeoutMs(values['mac-cookie-timeout']) : null,
    rate: parseRateLimit(values['rate-limit']),
  };
}

function bindingOf(tree: MenuTree, server: string, mac: string, ip: string): string {
  const row = tree.active('/ip/hotspot/ip-binding').find(({ values }) => {
    if (!['', 'all', server].includes(values.server ?? '')) return false;
    const byMac = values['mac-address'];
    const byIp = values.address;
    if (byMac === undefined && byIp === undefined) return false;
    return (byMac === undefined || byMac === mac) && (byIp === undefined || byIp === ip);
  });
  return row?.values.type ?? 'regular';
}
