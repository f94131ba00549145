/**
 * Ways out, by type, as the settings say: DHCP, PPPoE, a static address or LTE, each with a VLAN tag
 * where the provider wants one, and a second link that takes over when the first is down. All menus
 * are there even when empty, so that rows of an earlier type go.
 *
 * The default routes differ by distance. That the first gateway answers is checked by ping where
 * RouterOS can: on static routes always, on those of a DHCP client from 7.20 (before, only a dead port
 * or a lost lease moves the traffic); PPPoE and LTE take their routes away by themselves.
 */
import { SmartWifiError } from '../../lib/errors.ts';
import type { Settings } from '../../settings/resolve.ts';
import { atLeast, fixed, row, tagged } from './menu.ts';
import type { DesiredMenu, DesiredRow, FactoryRule, VillageInput } from './types.ts';

type Prefix = 'wan' | 'wan2';

export interface WanLink {
  readonly prefix: Prefix;
  readonly kind: 'dhcp' | 'pppoe' | 'static' | 'lte';
  /** The board's own port; no phone is ever connected there. */
  readonly port: string;
  /** What carries the packets: the port, a VLAN on it, or a PPPoE session. */
  readonly interface: string;
  /** 1, or 2 for the second link. */
  readonly distance: number;
}

/** Board ports by which a wrong setting can be told; others come and go with modems. */
const BOARD_PORT = /^(?:ether|sfp)/;

/** The links in order of preference. `ROUTER_SETTINGS` when a setting that a kind needs is missing. */
export function wanLinks(input: VillageInput): WanLink[] {
  const { local } = input;
  const first = linkFor(input, 'wan', local.get('wan.kind') ?? 'dhcp');
  const kind = local.get('wan2.kind') ?? 'none';
  if (kind === 'none') return [first];
  const second = linkFor(input, 'wan2', kind);
  if (second.interface === first.interface) {
    throw refusal(`wan2.interface: ${second.interface} carries the first link already`);
  }
  return [first, second];
}

/** VLANs, PPPoE sessions and access points: what interface lists and clients refer to. */
export function wanInterfaces(input: VillageInput): DesiredMenu[] {
  const links = wanLinks(input);
  const vlans = links.flatMap((link) => {
    const id = input.local.get(`${link.prefix}.vlan`);
    if (id === null || link.kind === 'lte') return [];
    const name = vlanName(link.prefix);
    return [row(`vlan-${link.prefix}`, { name, 'vlan-id': String(id), interface: link.port })];
  });
  return [
    tagged('/interface/vlan', vlans),
    tagged(
      '/interface/pppoe-client',
      links.flatMap((link) => pppoe(input, link)),
    ),
    tagged(
      '/interface/lte/apn',
      links.flatMap((link) => accessPoint(input, link)),
    ),
    fixed(
      '/interface/lte',
      Object.fromEntries(
        links
          .filter((link) => link.kind === 'lte')
          .map((link) => [link.port, { 'apn-profiles': apnName(link.prefix), disabled: 'no' }]),
      ),
    ),
  ];
}

/** Addresses and default routes. */
export function wan(input: VillageInput): DesiredMenu[] {
  const links = wanLinks(input);
  const failover = links.length > 1;
  return [
    tagged(
      '/ip/dhcp-client',
      links.flatMap((link) => dhcpClient(input, link, failover)),
    ),
    tagged(
      '/ip/address',
      links.flatMap((link) => staticAddress(input.local, link)),
    ),
    tagged(
      '/ip/route',
      links.flatMap((link) => staticRoute(input.local, link, failover)),
    ),
  ];
}

/** The default configuration's DHCP client goes where the first link is no DHCP client of that port. */
export function wanFactoryRules(input: VillageInput): FactoryRule[] {
  const [first] = wanLinks(input);
  return first?.kind === 'dhcp' && first.interface === DEFAULT_PORTS.wan
    ? []
    : [
        {
          path: '/ip/dhcp-client',
          match: { interface: DEFAULT_PORTS.wan, comment: 'defconf' },
        },
      ];
}

const DEFAULT_PORTS: Readonly<Record<Prefix, string>> = { wan: 'ether1', wan2: 'ether2' };

function linkFor(input: VillageInput, prefix: Prefix, kind: WanLink['kind']): WanLink {
  const { local, facts } = input;
  const set = local.get(`${prefix}.interface`);
  const port = set ?? (kind === 'lte' ? 'lte1' : DEFAULT_PORTS[prefix]);
  if (set !== null && BOARD_PORT.test(set) && !facts.ethernet.includes(set)) {
    throw refusal(`${prefix}.interface: there is no free port ${set} on this ${facts.board}`);
  }
  const tagged = local.get(`${prefix}.vlan`) !== null && kind !== 'lte';
  const carrier = tagged ? vlanName(prefix) : port;
  return {
    prefix,
    kind,
    port,
    interface: kind === 'pppoe' ? `sw-${prefix}-pppoe` : carrier,
    distance: prefix === 'wan' ? 1 : 2,
  };
}

function pppoe({ local }: VillageInput, link: WanLink): DesiredRow[] {
  if (link.kind !== 'pppoe') return [];
  const { prefix } = link;
  const user = needed(local.get(`${prefix}.pppoe-user`), `${prefix}.pppoe-user`, 'PPPoE');
  const password = needed(
    local.get(`${prefix}.pppoe-password`),
    `${prefix}.pppoe-password`,
    'PPPoE',
  );
  const carrier = local.get(`${prefix}.vlan`) === null ? link.port : vlanName(prefix);
  return [
    row(
      `pppoe-${prefix}`,
      {
        name: link.interface,
        interface: carrier,
        user,
        'add-default-route': 'yes',
        'default-route-distance': String(link.distance),
        'use-peer-dns': 'no',
        disabled: 'no',
      },
      { secrets: { password } },
    ),
  ];
}

function accessPoint({ local }: VillageInput, link: WanLink): DesiredRow[] {
  if (link.kind !== 'lte') return [];
  const { prefix } = link;
  const apn = local.get(`${prefix}.apn`);
  const user = local.get(`${prefix}.apn-user`);
  const password = local.get(`${prefix}.apn-password`);
  const values = {
    name: apnName(prefix),
    ...(apn === null ? { 'use-network-apn': 'yes' } : { apn, 'use-network-apn': 'no' }),
    ...(user === null ? {} : { user, authentication: 'pap' }),
    'add-default-route': 'yes',
    'default-route-distance': String(link.distance),
    'use-peer-dns': 'no',
    'ip-type': 'ipv4',
  };
  return [row(`apn-${prefix}`, values, password === null ? {} : { secrets: { password } })];
}

function dhcpClient({ facts }: VillageInput, link: WanLink, failover: boolean): DesiredRow[] {
  if (link.kind !== 'dhcp') return [];
  const client = {
    interface: link.interface,
    'use-peer-dns': 'no',
    'use-peer-ntp': 'no',
    'add-default-route': 'yes',
    'default-route-distance': String(link.distance),
    ...(failover && atLeast(facts.version, 7, 20) ? { 'check-gateway': 'ping' } : {}),
    disabled: 'no',
  };
  const adopt = { interface: link.interface, comment: 'defconf' };
  return [row(`${link.prefix}-dhcp`, client, { adopt })];
}

function staticAddress(local: Settings, link: WanLink): DesiredRow[] {
  if (link.kind !== 'static') return [];
  const name = `${link.prefix}.address` as const;
  const { address, prefix } = needed(local.get(name), name, 'a static link');
  return [row(`${link.prefix}-ip`, { address: `${address}/${prefix}`, interface: link.interface })];
}

function staticRoute(local: Settings, link: WanLink, failover: boolean): DesiredRow[] {
  if (link.kind !== 'static') return [];
  const name = `${link.prefix}.gateway` as const;
  const gateway = needed(local.get(name), name, 'a static link');
  return [
    row(`${link.prefix}-route`, {
      'dst-address': '0.0.0.0/0',
      gateway,
      distance: String(link.distance),
      'check-gateway': failover ? 'ping' : 'none',
    }),
  ];
}

function vlanName(prefix: Prefix): string {
  return `sw-${prefix}-vlan`;
}

function apnName(prefix: Prefix): string {
  return `sw-${prefix}-apn`;
}

function needed<T>(value: T | null, name: string, what: string): T {
  if (value === null) throw refusal(`${what} needs ${name}: see smartwifi setting explain ${name}`);
  return value;
}

function refusal(message: string): SmartWifiError {
  return new SmartWifiError('ROUTER_SETTINGS', message);
}
