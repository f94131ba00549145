/** Services closed, time, and the note that tells the next person who is in charge here. */
import { cidrContains, parseCidr, parseIpv4 } from '../../lib/net.ts';
import { fixed, row, single, tagged } from './menu.ts';
import { MGMT } from './network.ts';
import { timeServers } from './outage.ts';
import type { DesiredMenu, FleetSettings, VillageInput } from './types.ts';

export function hardening(input: VillageInput): DesiredMenu[] {
  const from = { address: managers(input.settings), disabled: 'no' };
  return [
    // A hotspot is IPv4 only; IPv6 would go around it.
    single('/ipv6/settings', { 'disable-ipv6': 'yes' }),
    fixed('/ip/service', {
      telnet: { disabled: 'yes' },
      ftp: { disabled: 'yes' },
      www: { disabled: 'yes' },
      // Controller, CLI and a proof of reachability at once, and a few that died unnoticed.
      api: { ...from, 'max-sessions': '10' },
      winbox: from,
      ssh: from,
    }),
    single('/ip/ssh', { 'strong-crypto': 'yes' }),
    single('/tool/mac-server', { 'allowed-interface-list': 'none' }),
    single('/tool/mac-server/mac-winbox', { 'allowed-interface-list': MGMT }),
    single('/tool/bandwidth-server', { enabled: 'no' }),
    single('/ip/neighbor/discovery-settings', { 'discover-interface-list': MGMT }),
    single('/snmp', { enabled: 'no' }),
  ];
}

/** Who may open a management connection: the tunnel, and the controller wherever it is. */
function managers({ tunnelSubnet, controllerAddress }: FleetSettings): string {
  const tunnel = parseCidr(tunnelSubnet);
  const controller = parseIpv4(controllerAddress);
  const isInside = tunnel !== null && controller !== null && cidrContains(tunnel, controller);
  return isInside ? tunnelSubnet : `${tunnelSubnet},${controllerAddress}`;
}

export function time(input: VillageInput): DesiredMenu[] {
  const { settings } = input;
  return [
    {
      ...single('/system/clock', {
        'time-zone-autodetect': 'no',
        'time-zone-name': settings.timeZone,
      }),
      // Against it a watch says since when the server is away.
      reads: ['date', 'time'],
    },
    single('/system/ntp/client', { enabled: 'yes' }),
    tagged(
      '/system/ntp/client/servers',
      timeServers(input).map((address, i) => row(`ntp${i + 1}`, { address })),
    ),
    single('/system/ntp/server', { enabled: 'yes' }),
  ];
}

export function note(): DesiredMenu[] {
  return [
    single('/system/note', {
      note: 'managed by Smart WiFi - do not edit rows with comment sw:',
      'show-at-login': 'yes',
    }),
  ];
}
