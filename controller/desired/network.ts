/** Interfaces and addresses: who we are, the way out (WAN), the village LAN. */

import { SmartWifiError } from '../../lib/errors.ts';
import { formatIpv4, parseCidr, parseIpv4 } from '../../lib/net.ts';

import { atLeast, duration, named, row, single, tagged } from './menu.ts';
import { servicePort } from './service.ts';
import type { DesiredMenu, VillageInput } from './types.ts';
import { wanLinks } from './wan.ts';

export const BRIDGE = 'br-hotspot';
export const TUNNEL = 'wg-mgmt';
export const WAN = 'sw-WAN';
export const LAN = 'sw-LAN';
export const MGMT = 'sw-MGMT';
/** The server's addresses that phones reach. */
export const SERVICES = 'sw-services';
/** The bridge of MikroTik's default configuration. */
export const FACTORY_BRIDGE = 'bridge';

export function identity(input: VillageInput): DesiredMenu[] {
  return [single('/system/identity', { name: input.router.name })];
}

/** Our API user first: from then on the controller depends on nobody else's password. */
export function management(input: VillageInput): DesiredMenu[] {
  const { settings } = input;
  const policy = 'read,write,policy,test,reboot,api,ftp,sensitive';
  const user = {
    name: settings.apiUser,
    group: 'sw-ctl',
    address: settings.controllerAddress,
  };
  return [
    tagged('/user/group', [row('grp', { name: 'sw-ctl', policy })]),
    tagged('/user', [row('usr', user, { secrets: { password: input.apiPassword } })]),
  ];
}

/** The bridge of the hotspot, and the lists by which the firewall knows the three sides. */
export function sides(input: VillageInput): DesiredMenu[] {
  const bridge = { name: BRIDGE, 'protocol-mode': 'rstp', 'igmp-snooping': 'no' };
  const member = (key: string, list: string, name: string) => row(key, { list, interface: name });
  return [
    tagged('/interface/bridge', [row('br', bridge)]),
    tagged('/interface/list', [
      row('l-wan', { name: WAN }),
      row('l-lan', { name: LAN }),
      row('l-mgmt', { name: MGMT }),
    ]),
    tagged('/interface/list/member', [
      ...(input.facts.hasTunnel ? [member('m-mgmt', MGMT, TUNNEL)] : []),
      ...wanLinks(input).map((link) => member(`m-${link.prefix}`, WAN, link.interface)),
      member('m-lan', LAN, BRIDGE),
    ]),
  ];
}

export function lan(input: VillageInput): DesiredMenu[] {
  const { facts, router } = input;
  const uplinks = new Set(wanLinks(input).map((link) => link.port));
  const technician = servicePort(input);
  const ports = [
    ...facts.ethernet.filter((name) => !uplinks.has(name) && name !== technician),
    ...(facts.wifi?.radios ?? []),
  ];
  const subnet = parseCidr(router.lanSubnet);
  if (subnet === null || subnet.prefix > 28) {
    throw new SmartWifiError('ROUTER_SETTINGS', `no village LAN: ${router.lanSubnet}`);
  }
  const ranges = `${formatIpv4(subnet.first + 10)}-${formatIpv4(subnet.last - 1)}`;
  return [
    tagged(
      '/interface/bridge/port',
      // The same horizon on every port keeps phones from reaching each other.
      ports.map((name) =>
        row(
          `bp-${name}`,
          { bridge: BRIDGE, interface: name, horizon: '1' },
          { adopt: { bridge: FACTORY_BRIDGE, interface: name } },
        ),
      ),
    ),
    tagged('/ip/address', [
      row('lan-ip', {
        address: `${router.hotspotAddress}/${subnet.prefix}`,
        interface: BRIDGE,
      }),
    ]),
    tagged('/ip/pool', [row('pool', { name: 'sw-pool', ranges })]),
    ...dhcp(input),
  ];
}

function dhcp(input: VillageInput): DesiredMenu[] {
  const { router, settings, facts } = input;
  const hasCapport = input.local.get('dhcp.option-114') !== 'never' && isPublic(settings.portalUrl);
  const optionSet = { name: 'sw-opts', options: 'sw-capport' };
  const sets = '/ip/dhcp-server/option/sets';
  const setRows = hasCapport ? [optionSet] : [];
  return [
    tagged(
      '/ip/dhcp-server/option',
      hasCapport
        ? [
            row('o114', {
              name: 'sw-capport',
              code: '114',
              force: 'yes',
              value: `'${settings.portalUrl}/capport/${router.name}'`,
            }),
          ]
        : [],
    ),
    atLeast(facts.version, 7, 24)
      ? tagged(
          sets,
          setRows.map((values) => row('o-set', values)),
        )
      : named(sets, setRows),
    tagged('/ip/dhcp-server', [
      row('dhcp', {
        name: 'sw-dhcp',
        interface: BRIDGE,
        'address-pool': 'sw-pool',
        'lease-time': duration(Math.max(3600, settings.sessionLeaseSeconds)),
        ...(hasCapport ? { 'dhcp-option-set': 'sw-opts' } : {}),
        'conflict-detection': 'yes',
        disabled: 'no',
      }),
    ]),
    tagged('/ip/dhcp-server/network', [
      row('net', {
        address: router.lanSubnet,
        gateway: router.hotspotAddress,
        'dns-server': router.hotspotAddress,
        'ntp-server': router.hotspotAddress,
      }),
    ]),
  ];
}

/**
 * RFC 8910: option 114 is the URI of the captive portal API. It helps only where phones can check the
 * certificate: over TLS, under a name of the public DNS. Elsewhere they would call the network broken, and
 * they find the portal by their probes all the same.
 */
function isPublic(portalUrl: string): boolean {
  const { protocol, hostname } = new URL(portalUrl);
  const own = /(?:^|\.)(?:home\.arpa|internal|local|lan|localhost)$/;
  return (
    protocol === 'https:' && hostname.includes('.') && !isAddress(hostname) && !own.test(hostname)
  );
}

function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || parseIpv4(hostname) !== null;
}
