/**
 * Names and packets: DNS through our resolver and nothing else, and the filter. Phones reach portal,
 * block page and resolver un-NATed at the server's tunnel addresses; the rest of the tunnel is closed
 * to them. No fasttrack: it would pass hotspot accounting and rate limits by.
 */
import { parseIpv4 } from '../../lib/net.ts';
import { boardLimits } from './board.ts';
import { pastTunnel } from './cold-start.ts';
import { graceLists, graceRules } from './grace.ts';
import { row, tagged } from './menu.ts';
import { LAN, MGMT, SERVICES, WAN } from './network.ts';
import { floorRows, namesWatch, outageResolvers } from './outage.ts';
import type { DesiredMenu, DesiredRow, VillageInput } from './types.ts';

const DOH = 'sw-doh';
/** Public DNS-over-HTTPS endpoints that phones and browsers use unasked. */
const DOH_HOSTS = [
  'dns.google',
  'cloudflare-dns.com',
  'mozilla.cloudflare-dns.com',
  'dns.quad9.net',
  'dns.adguard-dns.com',
  'doh.opendns.com',
  'dns.nextdns.io',
];
/** "No" to these makes a client keep to the network's resolver. */
const CANARIES = ['use-application-dns.net', 'mask.icloud.com', 'mask-h2.icloud.com'];

/** What a rule can be narrowed by; a drop narrowed by one more of these is a hole. */
export const MATCHERS = [
  'src-address',
  'dst-address',
  'src-address-list',
  'dst-address-list',
  'src-address-type',
  'dst-address-type',
  'src-mac-address',
  'protocol',
  'src-port',
  'dst-port',
  'port',
  'in-interface',
  'out-interface',
  'in-interface-list',
  'out-interface-list',
  'connection-state',
  'connection-nat-state',
  'connection-mark',
  'packet-mark',
  'hotspot',
  'content',
  'limit',
  'dst-limit',
  'time',
  'random',
  'nth',
];
/** NAT decides at the first packet of a connection, raw before there is one. */
const NAT_MATCHERS = MATCHERS.filter(
  (name) => name !== 'connection-state' && name !== 'connection-nat-state',
);
const RAW_MATCHERS = MATCHERS.filter((name) => !name.startsWith('connection-'));

export function dns(input: VillageInput): DesiredMenu[] {
  const { settings } = input;
  const host = new URL(settings.portalUrl).hostname;
  const portalName =
    parseIpv4(host) === null
      ? [row('dns-portal', { name: host, type: 'A', address: settings.portalAddress })]
      : [];
  const limits = boardLimits(input);
  const adlist = input.local.get('dns.adlist');
  const servers = {
    servers: settings.resolverAddress,
    'allow-remote-requests': 'yes',
    'cache-size': String(limits.cacheKib),
    // A changed policy shows within this time.
    'cache-max-ttl': '10m',
    'max-concurrent-queries': String(limits.concurrentQueries),
  };
  const during = {
    watch: namesWatch(),
    values: { servers: outageResolvers(input).join(',') },
  };
  return [
    {
      path: '/ip/dns',
      kind: 'single',
      ownedBy: 'name',
      ordered: false,
      rows: [row('', servers, { during })],
    },
    tagged('/ip/dns/static', [
      ...portalName,
      ...pastTunnel(input),
      ...CANARIES.map((name, i) => row(`canary${i + 1}`, { name, type: 'NXDOMAIN' })),
      ...floorRows(input),
    ]),
    tagged(
      '/ip/dns/adlist',
      adlist === null || !limits.adlist ? [] : [row('adlist', { url: adlist, 'ssl-verify': 'no' })],
    ),
  ];
}

export function firewall(input: VillageInput): DesiredMenu[] {
  const { settings } = input;
  const services = [
    ...new Set([settings.portalAddress, settings.blockAddress, settings.resolverAddress]),
  ];
  const redirect = (key: string, protocol: string): DesiredRow =>
    row(key, {
      chain: 'dstnat',
      action: 'redirect',
      protocol,
      'dst-port': '53',
      'in-interface-list': LAN,
      'to-ports': '53',
    });
  return [
    tagged('/ip/firewall/address-list', [
      // By address, not by number: an entry that another one holds already is refused.
      ...services.map((address) => row(`svc-${address}`, { list: SERVICES, address })),
      ...DOH_HOSTS.map((address, i) => row(`doh${i + 1}`, { list: DOH, address })),
      ...graceLists(input),
    ]),
    tagged(
      '/ip/firewall/nat',
      [
        row('nat-masq', { chain: 'srcnat', action: 'masquerade', 'out-interface-list': WAN }),
        redirect('nat-dnsu', 'udp'),
        redirect('nat-dnst', 'tcp'),
      ],
      { ordered: true, matchers: NAT_MATCHERS },
    ),
    tagged('/ip/firewall/filter', [...inputChain(input), ...forwardChain(input)], {
      ordered: true,
      matchers: MATCHERS,
    }),
    tagged(
      '/ip/firewall/raw',
      [
        row('raw-dns', {
          chain: 'prerouting',
          action: 'drop',
          'in-interface-list': WAN,
          protocol: 'udp',
          'dst-port': '53',
        }),
      ],
      { matchers: RAW_MATCHERS },
    ),
  ];
}

/** What the router itself answers. Accepts stand before the drop, so the API is never cut off. */
function inputChain(input: VillageInput): DesiredRow[] {
  const { settings, router, facts } = input;
  const rule = (key: string, action: string, values: Record<string, string>): DesiredRow =>
    row(key, { chain: 'input', action, ...values });
  const changesFrom = (key: string, address: string): DesiredRow =>
    rule(key, 'accept', {
      protocol: 'udp',
      'dst-port': String(router.coaPort),
      'src-address': address,
    });
  const standby = settings.radiusStandbyAddress;
  // Before the enrolment has made the tunnel, the server is told by its addresses.
  const untunnelled = [
    rule('in-31', 'accept', { protocol: 'tcp', 'src-address': settings.controllerAddress }),
    changesFrom('in-32', settings.radiusAddress),
    ...(standby === undefined ? [] : [changesFrom('in-33', standby)]),
  ];
  return [
    rule('in-10', 'accept', { 'connection-state': 'established,related,untracked' }),
    rule('in-20', 'drop', { 'connection-state': 'invalid' }),
    rule('in-30', 'accept', { 'in-interface-list': MGMT }),
    ...(facts.hasTunnel ? [] : untunnelled),
    rule('in-40', 'accept', { protocol: 'icmp', limit: '10,20:packet' }),
    rule('in-50', 'accept', {
      protocol: 'udp',
      'dst-port': '53,67,123',
      'in-interface-list': LAN,
    }),
    // 64872-64875: the hotspot's servlet and proxies.
    rule('in-60', 'accept', {
      protocol: 'tcp',
      'dst-port': '53,80,443,64872-64875',
      'in-interface-list': LAN,
    }),
    rule('in-99', 'drop', {}),
  ];
}

/** What the router passes on. */
function forwardChain(input: VillageInput): DesiredRow[] {
  const { settings } = input;
  const rule = (key: string, action: string, values: Record<string, string>): DesiredRow =>
    row(key, { chain: 'forward', action, ...values });
  const fromLan = { 'in-interface-list': LAN };
  const ports = [...new Set([53, 80, 443, settings.portalPort])].join(',');
  const doh = { 'dst-address-list': DOH, 'dst-port': '443', ...fromLan };
  return [
    rule('fw-10', 'accept', { 'connection-state': 'established,related,untracked' }),
    rule('fw-20', 'drop', { 'connection-state': 'invalid' }),
    rule('fw-25', 'accept', {
      protocol: 'tcp',
      'dst-port': ports,
      'dst-address-list': SERVICES,
      ...fromLan,
    }),
    rule('fw-26', 'accept', {
      protocol: 'udp',
      'dst-port': '53',
      'dst-address-list': SERVICES,
      ...fromLan,
    }),
    rule('fw-30', 'drop', { ...fromLan, 'out-interface-list': MGMT }),
    rule('fw-31', 'drop', { ...fromLan, 'dst-address': settings.tunnelSubnet }),
    rule('fw-dot', 'reject', {
      'reject-with': 'tcp-reset',
      protocol: 'tcp',
      'dst-port': '853',
      ...fromLan,
    }),
    rule('fw-doq', 'drop', { protocol: 'udp', 'dst-port': '853,784,8853', ...fromLan }),
    rule('fw-doh-u', 'reject', {
      'reject-with': 'icmp-admin-prohibited',
      protocol: 'udp',
      ...doh,
    }),
    rule('fw-doh-t', 'reject', { 'reject-with': 'tcp-reset', protocol: 'tcp', ...doh }),
    ...graceRules(),
    rule('fw-90', 'accept', { ...fromLan, 'out-interface-list': WAN }),
    rule('fw-99', 'drop', {}),
  ];
}
