/**
 * What a router's rows make of a packet on its way to or from the link: its mark (`/ip/firewall/mangle`), the
 * simple queue of its phone, and the tree on the interface that it leaves by. Read from the configuration
 * alone; without rows nothing waits at the router. Trees on `global` are not played.
 */
import { readLan } from '../hotspot/config.ts';
import { compileFirewall, type Firewall, type FlowPacket } from '../hotspot/firewall.ts';
import { WAN_INTERFACE } from '../hotspot/forwarding.ts';
import { inRange, parseRange } from '../hotspot/values.ts';
import type { MenuTree } from '../menu/contract.ts';
import { createDiscipline, type DisciplineSpec } from './discipline.ts';
import { createQueueTree, type QueueSpec, type QueueTree } from './htb.ts';
import { fifo, queueTypes } from './kinds.ts';
import type { Direction, Packet, Waiting } from './packet.ts';

type Values = Readonly<Record<string, string>>;

export interface Shaping {
  /** As the queues see it when it comes to them at `now`. */
  seen(packet: Packet, now: number): Waiting;
  /** The queues it passes, first to last; empty when it waits for nothing. */
  way(waiting: Waiting): QueueTree[];
  readonly all: readonly QueueTree[];
}

/** WireGuard over IPv4: 20 + 8 + 32 octets, and padding to sixteens (whitepaper §5.4.6). */
const WIREGUARD_HEAD = 60;
const WIREGUARD_PORT = 51_820;
const PLAIN = fifo(10, 'packets');

export function readShaping(tree: MenuTree, routerAddress: string): Shaping {
  const firewall = compileFirewall(tree);
  const lan = readLan(tree)?.interface ?? '';
  const tunnel = tree.active('/interface/wireguard')[0]?.values.name ?? null;
  const peer = tree.active('/interface/wireguard/peers')[0]?.values;
  const tunnelPort = Number(peer?.['endpoint-port'] ?? 0) || WIREGUARD_PORT;
  const endpoint = peer?.['endpoint-address'] ?? '';
  const types = queueTypes(tree);
  const trees = new Map(
    [WAN_INTERFACE, lan].map((on) => [on, createQueueTree(treeSpecs(tree, on, types))] as const),
  );
  const simple = simpleQueues(tree, types);
  const context = { firewall, lan, tunnel, endpoint, tunnelPort, routerAddress };
  return {
    seen: (packet, now) => seen(context, packet, now),
    way: (waiting) => {
      const { packet, direction } = waiting;
      if (packet.to === 'router' || isFasttracked(context, packet)) return [];
      const phone = direction === 'up' ? packet.source : packet.destination;
      const own = packet.from === 'router' ? undefined : simple.find((one) => one.has(phone));
      const on = trees.get(direction === 'up' ? WAN_INTERFACE : lan)!;
      return own === undefined ? [on] : [own[direction], on];
    },
    all: [...trees.values(), ...simple.flatMap(({ up, down }) => [up, down])],
  };
}

interface Context {
  readonly firewall: Firewall;
  readonly lan: string;
  readonly tunnel: string | null;
  readonly endpoint: string;
  readonly tunnelPort: number;
  readonly routerAddress: string;
}

export function directionOf({ to }: Packet): Direction {
  return to === 'phone' || to === 'router' ? 'down' : 'up';
}

function seen(context: Context, packet: Packet, now: number): Waiting {
  const { firewall, tunnel, tunnelPort, routerAddress } = context;
  const direction = directionOf(packet);
  const wrapped = tunnel !== null && (packet.from === 'server' || packet.to === 'server');
  const octets = wrapped ? WIREGUARD_HEAD + Math.ceil(packet.octets / 16) * 16 : packet.octets;
  const { source, destination } = packet;
  const common = { packet, direction, octets, destination, since: now };
  if (direction === 'up' && wrapped) {
    // What leaves is the router's own packet to the other end of the tunnel.
    const outer: FlowPacket = {
      ...{ protocol: 'udp', source: routerAddress, destination: context.endpoint },
      ...{ port: tunnelPort, from: '', to: WAN_INTERFACE, state: 'established' },
    };
    return { ...common, mark: firewall.mark(outer), source, wireSource: routerAddress };
  }
  const asked = flowPacket(context, packet);
  const wireSource =
    packet.from === 'phone' ? (firewall.masqueradedAs(asked, routerAddress) ?? source) : source;
  return { ...common, mark: firewall.mark(asked), source, wireSource };
}

function flowPacket({ lan, tunnel }: Context, packet: Packet): FlowPacket {
  const { protocol, source, destination, port, sourcePort, from, to } = packet;
  const interfaceOf = {
    ...{ phone: lan, router: '', internet: WAN_INTERFACE },
    server: tunnel ?? WAN_INTERFACE,
  };
  return {
    ...{ protocol, source, destination, port, sourcePort },
    ...{ from: interfaceOf[from], to: interfaceOf[to], state: 'established' },
  };
}

function isFasttracked(context: Context, packet: Packet): boolean {
  if (packet.from === 'router' || packet.to === 'router') return false;
  const verdict = context.firewall.filter('forward', flowPacket(context, packet));
  return verdict.kind === 'accept' && verdict.fasttrack;
}

function treeSpecs(
  tree: MenuTree,
  on: string,
  types: ReadonlyMap<string, DisciplineSpec>,
): QueueSpec[] {
  const rows = tree.active('/queue/tree').map(({ values }) => values);
  const names = new Set(rows.map(({ name }) => name));
  const specs: QueueSpec[] = [];
  const under = (parent: string): void => {
    for (const values of rows) {
      if (values.parent !== parent) continue;
      const name = values.name ?? '';
      specs.push(treeSpec(values, names.has(parent) ? parent : null, types));
      if (name !== parent && !specs.some((spec) => spec.parent === name)) under(name);
    }
  };
  if (on !== '') under(on);
  return specs;
}

function treeSpec(
  values: Values,
  parent: string | null,
  types: ReadonlyMap<string, DisciplineSpec>,
): QueueSpec {
  const wanted = (values['packet-mark'] ?? '').split(',').filter((mark) => mark !== '');
  const type = types.get(values.queue ?? '') ?? PLAIN;
  return {
    ...{ name: values.name ?? '', parent, priority: Number(values.priority ?? 8) },
    takes: ({ mark }) => wanted.length === 0 || wanted.includes(mark === '' ? 'no-mark' : mark),
    limitAtKbps: kbpsOf(values['limit-at']),
    maxKbps: kbpsOf(values['max-limit']),
    bucketMs: Number(values['bucket-size'] ?? 0.1) * 1000,
    makeDiscipline: () => createDiscipline(type),
  };
}

interface Simple {
  has(phone: string): boolean;
  readonly up: QueueTree;
  readonly down: QueueTree;
}

/** One queue a direction; first match, as rows stand. Those of logins are among them. */
function simpleQueues(tree: MenuTree, types: ReadonlyMap<string, DisciplineSpec>): Simple[] {
  return tree.active('/queue/simple').map(({ values }) => {
    const ranges = (values.target ?? '').split(',').flatMap((text) => parseRange(text) ?? []);
    const side = (index: 0 | 1): QueueTree => {
      const part = (name: string): string | undefined => values[name]?.split('/')[index];
      const type = types.get(part('queue') ?? 'default-small') ?? PLAIN;
      const spec: QueueSpec = {
        ...{ name: values.name ?? '', parent: null, takes: () => true },
        priority: Number(part('priority') ?? 8),
        ...{ limitAtKbps: kbpsOf(part('limit-at')), maxKbps: kbpsOf(part('max-limit')) },
        bucketMs: Number(part('bucket-size') ?? 0.1) * 1000,
        makeDiscipline: () => createDiscipline(type),
      };
      return createQueueTree([spec]);
    };
    return {
      has: (phone) => ranges.some((range) => inRange(range, phone)),
      ...{ up: side(0), down: side(1) },
    };
  });
}

/** Rates are bits a second in a row; 0 and none: no limit. */
function kbpsOf(value: string | undefined): number | null {
  const bits = Number(value ?? 0);
  return bits > 0 ? bits / 1000 : null;
}
