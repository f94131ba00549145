/**
 * MikroTik's default configuration, by the names and comments it is known by. These rows go (or were
 * adopted, see `adopt` of a desired row); no other foreign row is ever touched. The interface lists
 * WAN and LAN stay: harmless, and rows of an operator may name them.
 */
import { FACTORY_BRIDGE } from './network.ts';
import type { FactoryRule, VillageInput } from './types.ts';
import { wanFactoryRules } from './wan.ts';

export function factoryRules(input: VillageInput): FactoryRule[] {
  return [
    ...wanFactoryRules(input),
    { path: '/interface/bridge', match: { name: FACTORY_BRIDGE, comment: 'defconf' } },
    { path: '/interface/bridge/port', match: { bridge: FACTORY_BRIDGE, comment: 'defconf' } },
    {
      path: '/interface/list/member',
      match: { list: 'LAN', interface: FACTORY_BRIDGE, comment: 'defconf' },
    },
    { path: '/ip/address', match: { address: '192.168.88.1/24', comment: 'defconf' } },
    { path: '/ip/pool', match: { name: 'default-dhcp' } },
    { path: '/ip/dhcp-server', match: { name: 'defconf' } },
    { path: '/ip/dhcp-server/network', match: { comment: 'defconf' } },
    { path: '/ip/dns/static', match: { name: 'router.lan', comment: 'defconf' } },
    { path: '/ip/firewall/filter', match: { comment: 'defconf:*' } },
    { path: '/ip/firewall/nat', match: { comment: 'defconf:*' } },
  ];
}
