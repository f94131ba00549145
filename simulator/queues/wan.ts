/**
 * A village's link as a model on a timeline: the buffers of provider and modem, the way through the air, and
 * the router's queues before them. Phones, the router and the server share it.
 *
 *   down: provider's buffer → half a round trip → router's queues → phone
 *   up:   router's queues → modem's buffer → half a round trip
 *
 * Deterministic but for the random source of the loss.
 */
import type { MenuTree } from '../menu/contract.ts';
import type { QueueTree } from './htb.ts';
import { createLine, type Line } from './line.ts';
import type { Direction, Packet, Waiting } from './packet.ts';
import { readShaping, type Shaping } from './shaping.ts';
import type { Timeline } from './timeline.ts';

export interface WanOptions {
  readonly timeline: Timeline;
  readonly tree: MenuTree;
  readonly routerAddress: string;
  readonly downKbps: number;
  readonly upKbps: number;
  readonly rttMs: number;
  /** How long a full packet waits in a full buffer: modems of satellites 1 to 2 s. */
  readonly bufferMs: number;
  /** Share of packets that the air takes, 0 to 1. */
  readonly loss?: number;
  readonly random?: () => number;
}

export interface WanCounts {
  sent: number;
  arrived: number;
  droppedInQueue: number;
  droppedInBuffer: number;
  lostInAir: number;
  /** That crossed the link. */
  readonly octets: Record<Direction, number>;
}

export interface Wan extends Disposable {
  send(packet: Packet): void;
  readonly counts: Readonly<WanCounts>;
  /** Packets that are somewhere on their way. */
  underWay(): number;
}

interface State {
  readonly options: WanOptions;
  readonly lines: Readonly<Record<Direction, Line>>;
  readonly counts: WanCounts;
  shaping: Shaping;
  /** Rows have changed since they were read. */
  stale: boolean;
  /** When each queue is looked at next, and how to take that back. */
  readonly alarms: Map<QueueTree, { readonly at: number; readonly forget: () => void }>;
  /** What comes after a queue. */
  readonly after: WeakMap<Waiting, readonly QueueTree[]>;
}

export function createWan(options: WanOptions): Wan {
  const { tree, downKbps, upKbps, bufferMs } = options;
  const line = (kbps: number): Line => createLine({ kbps, bufferMs });
  const state: State = {
    ...{ options, lines: { down: line(downKbps), up: line(upKbps) } },
    counts: {
      ...{ sent: 0, arrived: 0, droppedInQueue: 0, droppedInBuffer: 0, lostInAir: 0 },
      octets: { down: 0, up: 0 },
    },
    ...{ shaping: readShaping(tree, options.routerAddress), stale: false },
    ...{ alarms: new Map(), after: new WeakMap() },
  };
  const { counts } = state;
  const stop = tree.onChange((path) => {
    if (!/^\/(?:queue|interface|ip\/(?:firewall|hotspot|address|dhcp-server))/.test(path)) return;
    if (state.stale) return;
    state.stale = true;
    options.timeline.at(options.timeline.now(), () => reread(state));
  });
  return {
    send: (packet) => {
      counts.sent += 1;
      if (packet.from === 'router' || packet.from === 'phone') atRouter(state, packet);
      else ontoLine(state, packet, 'down');
    },
    counts,
    underWay: () =>
      counts.sent -
      (counts.arrived + counts.droppedInQueue + counts.droppedInBuffer + counts.lostInAir),
    [Symbol.dispose]: stop,
  };
}

/** New rows are new queues; what waited in the old ones joins them. */
function reread(state: State): void {
  const { options, alarms } = state;
  const before = state.shaping;
  state.stale = false;
  state.shaping = readShaping(options.tree, options.routerAddress);
  for (const { forget } of alarms.values()) forget();
  alarms.clear();
  const held = before.all.flatMap((queue) => queue.drain());
  for (const { packet } of held.toSorted((a, b) => a.since - b.since)) atRouter(state, packet);
}

function atRouter(state: State, packet: Packet): void {
  const { shaping, options } = state;
  const waiting = shaping.seen(packet, options.timeline.now());
  through(state, waiting, shaping.way(waiting));
}

/** Into the first of the queues that takes it; past all of them, onto the next stretch. */
function through(state: State, waiting: Waiting, way: readonly QueueTree[]): void {
  for (const [index, queue] of way.entries()) {
    const dropped = queue.push(waiting);
    if (dropped === null) continue;
    state.after.set(waiting, way.slice(index + 1));
    drop(state, dropped);
    serve(state, queue);
    return;
  }
  if (waiting.direction === 'up') ontoLine(state, waiting.packet, 'up', waiting.octets);
  else arrived(state, waiting.packet);
}

/** Lets go what may go now, and comes back when more may. */
function serve(state: State, queue: QueueTree): void {
  const { timeline } = state.options;
  const now = timeline.now();
  for (;;) {
    const { next, dropped } = queue.pull(now);
    drop(state, dropped);
    if (next === null) break;
    through(state, { ...next, since: now }, state.after.get(next) ?? []);
  }
  const at = queue.nextAt(now);
  const alarm = state.alarms.get(queue);
  if (alarm !== undefined && alarm.at === at) return;
  alarm?.forget();
  state.alarms.delete(queue);
  if (at === null || at === Number.POSITIVE_INFINITY) return;
  const forget = timeline.at(at, () => {
    state.alarms.delete(queue);
    serve(state, queue);
  });
  state.alarms.set(queue, { at, forget });
}

function ontoLine(state: State, packet: Packet, direction: Direction, octets?: number): void {
  const { options, counts, lines, shaping } = state;
  const { timeline, rttMs, loss = 0, random = Math.random } = options;
  const onWire = octets ?? shaping.seen(packet, timeline.now()).octets;
  const leftAt = lines[direction].offer(onWire, timeline.now());
  if (leftAt === null) {
    counts.droppedInBuffer += 1;
    packet.lost?.('buffer');
    return;
  }
  counts.octets[direction] += onWire;
  if (loss > 0 && random() < loss) {
    counts.lostInAir += 1;
    packet.lost?.('air');
    return;
  }
  timeline.at(leftAt + rttMs / 2, () => {
    if (direction === 'down') atRouter(state, packet);
    else arrived(state, packet);
  });
}

function arrived({ counts, options }: State, packet: Packet): void {
  counts.arrived += 1;
  packet.arrive?.(options.timeline.now());
}

function drop({ counts }: State, dropped: readonly Waiting[]): void {
  for (const { packet } of dropped) {
    counts.droppedInQueue += 1;
    packet.lost?.('queue');
  }
}
