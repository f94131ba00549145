/**
 * Who goes first when the link is full: management, DNS and the portal, then everybody else, each phone
 * with the same share. Two trees, one on each way out (upwards) and one on the bridge of the phones
 * (downwards), below the link's rate, so that the queue stands here and not at the provider.
 *
 * CAKE shares by phone (`dual-srchost` with `nat` sees phones behind the masquerade, which PCQ on the
 * way out does not). Its clock is the link's round trip. Marks leave all other traffic unmarked: the
 * bulk needs no rule. Rates that RADIUS gives a phone are dynamic simple queues and hold as well.
 */
import { linkOf } from '../settings/link.ts';
import { boardLimits } from './board.ts';
import { milliseconds, row, tagged } from './menu.ts';
import { BRIDGE, SERVICES, WAN } from './network.ts';
import type { DesiredMenu, DesiredRow, VillageInput } from './types.ts';
import { wanLinks } from './wan.ts';

const FIRST = 'sw-first';
const FAIR_UP = 'sw-fair-up';
const FAIR_DOWN = 'sw-fair-down';
/** Of the link's rate: what we hand out, so that the provider's own queue stays empty. */
const USED = 0.95;
/**
 * Of the link's rate: what phones get downwards. What is dropped here has crossed the link already, and many
 * connections on a narrow link only yield to one packet in ten: at 0.95 the provider's buffer stays full, with
 * answers of RADIUS and the portal's page in it (test/integration/controller/shared-link.test.ts).
 */
const REST_DOWN = 0.85;
/** Of the link's rate: what the first are sure of; the rest may borrow it. */
const KEPT = 0.2;
/** WireGuard's usual port, where the configuration names no endpoint. */
const TUNNEL_PORT = 51_820;
const MARK_MATCHERS = ['src-address', 'dst-address', 'connection-state', 'limit', 'time'];

export function queues(input: VillageInput): DesiredMenu[] {
  const { downKbps, upKbps, rttMs } = linkOf(input.local);
  const known = downKbps !== null || upKbps !== null;
  const ways = wanLinks(input).map((link) => ({ key: `up-${link.prefix}`, on: link.interface }));
  return [
    {
      ...tagged('/queue/type', []),
      ownedBy: 'name',
      rows: known ? (boardLimits(input).cake ? cakes(rttMs) : plain()) : [],
    },
    tagged('/ip/firewall/mangle', known ? marks(input) : [], {
      ordered: true,
      matchers: MARK_MATCHERS,
    }),
    tagged('/queue/tree', [
      ...(upKbps === null
        ? []
        : ways.flatMap(({ key, on }) =>
            tree(key, on, { kbps: upKbps, fair: FAIR_UP, rest: USED }),
          )),
      ...(downKbps === null
        ? []
        : tree('down', BRIDGE, { kbps: downKbps, fair: FAIR_DOWN, rest: REST_DOWN })),
    ]),
  ];
}

function cakes(rttMs: number): DesiredRow[] {
  const cake = (name: string, flowmode: string, nat: string): DesiredRow =>
    row(name, {
      name,
      kind: 'cake',
      'cake-diffserv': 'besteffort',
      'cake-flowmode': flowmode,
      'cake-nat': nat,
      // Below 100 ms CAKE's own default serves better.
      'cake-rtt': milliseconds(Math.max(100, rttMs)),
    });
  return [cake(FAIR_UP, 'dual-srchost', 'yes'), cake(FAIR_DOWN, 'dual-dsthost', 'no')];
}

/** For the smallest boards: by phone downwards, by connection upwards, where phones look alike. */
function plain(): DesiredRow[] {
  return [
    row(FAIR_UP, { name: FAIR_UP, kind: 'sfq', 'sfq-perturb': '5', 'sfq-allot': '1514' }),
    row(FAIR_DOWN, {
      name: FAIR_DOWN,
      kind: 'pcq',
      'pcq-classifier': 'dst-address',
      'pcq-rate': '0',
      'pcq-limit': '20',
      'pcq-total-limit': '500',
    }),
  ];
}

interface Way {
  readonly kbps: number;
  /** Type of the queue. */
  readonly fair: string;
  /** Of the rate: what all but the first may take. */
  readonly rest: number;
}

function tree(key: string, on: string, { kbps, fair, rest }: Way): DesiredRow[] {
  const bits = (share: number): string => String(Math.floor(kbps * share) * 1000);
  const name = `sw-${key}`;
  const leaf = (end: string, mark: string, priority: number, kept: number, most: number) =>
    row(`q-${key}-${end}`, {
      name: `${name}-${end}`,
      parent: name,
      'packet-mark': mark,
      priority: String(priority),
      'limit-at': bits(kept),
      'max-limit': bits(most),
      queue: fair,
    });
  return [
    row(`q-${key}`, { name, parent: on, 'max-limit': bits(USED) }),
    leaf('first', FIRST, 1, KEPT, USED),
    leaf('rest', 'no-mark', 8, rest - KEPT, rest),
  ];
}

function marks(input: VillageInput): DesiredRow[] {
  const { settings } = input;
  const mark = (key: string, chain: string, values: Record<string, string>): DesiredRow =>
    row(key, {
      chain,
      action: 'mark-packet',
      'new-packet-mark': FIRST,
      passthrough: 'no',
      ...values,
    });
  const up = { 'out-interface-list': WAN };
  const down = { 'out-interface': BRIDGE };
  return [
    // The tunnel carries management, RADIUS, DNS and the portal.
    mark('mg-tunnel', 'output', {
      ...up,
      protocol: 'udp',
      'dst-port': String(settings.tunnelEndpoint?.port ?? TUNNEL_PORT),
    }),
    // Where there is no tunnel, the server is behind the way out itself.
    mark('mg-server', 'postrouting', { ...up, 'dst-address': settings.tunnelSubnet }),
    mark('mg-service', 'postrouting', { ...up, 'dst-address-list': SERVICES }),
    // The router's own DNS and time, which the tunnel needs to come up.
    mark('mg-own', 'output', { ...up, protocol: 'udp', 'dst-port': '53,123' }),
    mark('mg-portal', 'postrouting', { ...down, 'src-address-list': SERVICES }),
    mark('mg-dns', 'output', { ...down, protocol: 'udp', 'src-port': '53,67,123' }),
    // The hotspot's own pages.
    mark('mg-login', 'output', { ...down, protocol: 'tcp' }),
  ];
}
