/**
 * The grace pass (ADR 0027): a phone whose session has Mikrotik-Address-List `sw-grace` reaches messengers, so
 * that a code can arrive, and the plain HTTP checks of operating systems, so that the phone takes the network
 * for one that works. Everything else is refused at once: nobody waits for time-outs.
 *
 * The rows are on every router, whether or not its village gives passes: a list that no rule knows would be
 * no limit at all. Entries that are names are resolved by the router itself, with the resolver that phones
 * ask too.
 */
import { row } from './menu.ts';
import { LAN, WAN } from './network.ts';
import type { DesiredRow, VillageInput } from './types.ts';

/** As radius/grant.ts says it. */
const GRACE = 'sw-grace';
const MESSENGERS = 'sw-messenger';
const CHECKS = 'sw-check';

/** Only over port 80, where these hosts have nothing but redirects and the answers to checks. */
const CHECK_HOSTS = [
  'captive.apple.com',
  'connectivitycheck.gstatic.com',
  'www.msftconnecttest.com',
  'connect.rom.miui.com',
];

export function graceLists({ local }: VillageInput): DesiredRow[] {
  const messengers = local.get('grace.hosts') ?? [];
  return [
    ...messengers.map((address) => row(`msg-${address}`, { list: MESSENGERS, address })),
    ...CHECK_HOSTS.map((address) => row(`chk-${address}`, { list: CHECKS, address })),
  ];
}

/** Of chain forward, after what everybody may reach and before what those online may. */
export function graceRules(): DesiredRow[] {
  const phones = { chain: 'forward', 'src-address-list': GRACE, 'in-interface-list': LAN };
  return [
    row('fw-81', {
      action: 'accept',
      ...phones,
      'out-interface-list': WAN,
      protocol: 'tcp',
      'dst-port': '80',
      'dst-address-list': CHECKS,
    }),
    row('fw-82', {
      action: 'reject',
      'reject-with': 'icmp-admin-prohibited',
      ...phones,
      'dst-address-list': `!${MESSENGERS}`,
    }),
  ];
}
