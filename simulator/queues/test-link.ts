/** Test helper: packets, and a router's rows as a village has them. */
import { factoryTree } from '../menu/factory.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import type { Direction, Packet, Waiting } from './packet.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { createWan, type Wan, type WanOptions } from './wan.ts';

export const LINK = { downKbps: 2000, upKbps: 512, rttMs: 600, bufferMs: 1500 };
export const ROUTER_ADDRESS = '203.0.113.6';

const FASTTRACK = 'fasttrack-connection';

export interface WaitingOf {
  readonly direction: Direction;
  readonly destination: string;
  readonly port: number;
  readonly octets: number;
  readonly since: number;
  readonly mark?: string;
}

export function waiting(of: WaitingOf): Waiting {
  const { direction, destination, port, octets, since, mark = '' } = of;
  const packet: Packet = {
    ...{ from: 'internet', to: 'phone', octets, protocol: 'tcp', source: '198.51.100.7' },
    ...{ destination, sourcePort: 443, port },
  };
  const { source } = packet;
  return { packet, direction, octets, mark, source, destination, wireSource: source, since };
}

/** Queues for the way up and down of {@link LINK}, below its rates; `type` is laid over both types. */
export function shapedTree(
  change: { readonly type?: Record<string, string>; readonly fasttrack?: boolean } = {},
): WritableTree {
  const tree = factoryTree();
  const add = (path: string, values: Record<string, string>): void => {
    tree.add(path, new Map(Object.entries(values)));
  };
  // MikroTik's own rule passes all queues by.
  const rule = tree.rows('/ip/firewall/filter').find(({ values }) => values.action === FASTTRACK)!;
  if (change.fasttrack !== true) tree.remove('/ip/firewall/filter', [rule.id]);
  add('/interface/wireguard', { name: 'wg-mgmt' });
  const cake = { kind: 'cake', 'cake-diffserv': 'besteffort', 'cake-rtt': '600ms', ...change.type };
  add('/queue/type', { name: 'up', 'cake-flowmode': 'dual-srchost', 'cake-nat': 'yes', ...cake });
  add('/queue/type', { name: 'down', 'cake-flowmode': 'dual-dsthost', ...cake });
  const first = { action: 'mark-packet', 'new-packet-mark': 'first', passthrough: 'no' };
  const udp = { protocol: 'udp', 'dst-port': '51820' };
  add('/ip/firewall/mangle', { chain: 'output', 'out-interface': 'ether1', ...udp, ...first });
  for (const [name, parent, kbps] of [
    ['up', 'ether1', 512],
    ['down', 'bridge', 1700],
  ] as const) {
    const bits = (share: number): string => String(kbps * share * 1000);
    const leaf = { parent: name, queue: name, 'max-limit': bits(0.95) };
    add('/queue/tree', { name, parent, 'max-limit': bits(0.95) });
    add('/queue/tree', {
      ...{ name: `${name}-first`, priority: '1', 'packet-mark': 'first', 'limit-at': bits(0.2) },
      ...leaf,
    });
    add('/queue/tree', {
      ...{ name: `${name}-rest`, 'packet-mark': 'no-mark', 'limit-at': bits(0.75) },
      ...leaf,
    });
  }
  return tree;
}

export function linkOn(
  tree: WritableTree,
  change: Partial<WanOptions> = {},
): { timeline: Timeline; wan: Wan } {
  const timeline = createTimeline();
  const wan = createWan({ ...LINK, timeline, tree, routerAddress: ROUTER_ADDRESS, ...change });
  return { timeline, wan };
}
