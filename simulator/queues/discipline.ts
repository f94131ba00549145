/**
 * What `/queue/type` says: who of those that wait in one queue is next, and who is dropped. Pure.
 *
 * One queue for all (`pfifo`, `bfifo`, `mq-pfifo`, `none`, `red`), or one for each flow with deficit round
 * robin (Shreedhar and Varghese 1996) between them: `sfq`, `pcq`, `fq-codel` and `cake`. CAKE divides a flow's
 * share by the flows that stand in its host's name (sch_cake.c, `cake_get_flow_quantum`), so that hosts get
 * equal shares; a flow that comes and goes does not count.
 * Of shared memory the longest queue gives first.
 */
import { type Codel, type CodelOptions, createCodel } from './codel.ts';
import type { Waiting } from './packet.ts';

export interface DisciplineSpec {
  /** Which queue; the same text for all makes one queue. */
  readonly flow: (waiting: Waiting) => string;
  /** Whose share; null: each flow has its own. */
  readonly host: ((waiting: Waiting) => string) | null;
  readonly quantum: number;
  /** A flow that just came goes before those that stand (RFC 8290 §4.2). */
  readonly freshFirst: boolean;
  readonly codel: CodelOptions | null;
  /** In all, and for each flow. Packets of any length, or octets. */
  readonly limit: number;
  readonly flowLimit: number;
  readonly unit: 'packets' | 'octets';
}

export interface Discipline {
  /** Takes it; gives what had to go for it, which may be itself. */
  push(waiting: Waiting): Waiting[];
  /** The next one, and what was dropped on the way to it. */
  pull(now: number): { readonly next: Waiting | null; readonly dropped: readonly Waiting[] };
  readonly length: number;
  readonly octets: number;
}

interface Flow {
  readonly key: string;
  readonly host: string;
  readonly codel: Codel | null;
  packets: Waiting[];
  /** Of `packets`, where the front is. */
  head: number;
  octets: number;
  deficit: number;
  isFresh: boolean;
  /** It had more than its share, and still has packets: it counts for its host. */
  isBulk: boolean;
}

interface State {
  readonly spec: DisciplineSpec;
  readonly flows: Map<string, Flow>;
  /** Bulk flows, by host. */
  readonly loads: Map<string, number>;
  fresh: Flow[];
  old: Flow[];
  length: number;
  octets: number;
}

export function createDiscipline(spec: DisciplineSpec): Discipline {
  const state: State = {
    ...{ spec, flows: new Map(), loads: new Map() },
    ...{ fresh: [], old: [], length: 0, octets: 0 },
  };
  return {
    push: (waiting) => push(state, waiting),
    pull: (now) => pull(state, now),
    get length() {
      return state.length;
    },
    get octets() {
      return state.octets;
    },
  };
}

function push(state: State, waiting: Waiting): Waiting[] {
  const { spec } = state;
  const flow = flowFor(state, waiting);
  if (sizeOf(spec, flow) + unitOf(spec, waiting) > spec.flowLimit) {
    if (lengthOf(flow) === 0) forget(state, flow);
    return [waiting];
  }
  if (!flow.isFresh) becomeBulk(state, flow);
  flow.packets.push(waiting);
  flow.octets += waiting.octets;
  state.length += 1;
  state.octets += waiting.octets;
  const dropped: Waiting[] = [];
  while ((spec.unit === 'packets' ? state.length : state.octets) > spec.limit) {
    const longest = longestOf(state);
    dropped.push(takeFrom(state, longest, spec.host === null && spec.codel === null));
  }
  return dropped;
}

function pull(state: State, now: number): { next: Waiting | null; dropped: Waiting[] } {
  const { spec } = state;
  const dropped: Waiting[] = [];
  for (;;) {
    const list = state.fresh.length > 0 ? state.fresh : state.old;
    const flow = list[0];
    if (flow === undefined) return { next: null, dropped };
    if (flow.deficit <= 0) {
      flow.deficit += quantumOf(state, flow);
      list.shift();
      flow.isFresh = false;
      if (lengthOf(flow) > 0) becomeBulk(state, flow);
      state.old.push(flow);
      continue;
    }
    const next = frontOf(state, flow, now, dropped);
    if (next !== null) {
      flow.deficit -= next.octets;
      return { next, dropped };
    }
    list.shift();
    // A fresh flow that ran empty takes its turn among the old, else it could always be fresh (RFC 8290 §4.2).
    // CAKE keeps only those that have used up their share.
    if (flow.isFresh && spec.host === null && state.old.length > 0) {
      flow.isFresh = false;
      state.old.push(flow);
    } else {
      forget(state, flow);
    }
  }
}

function frontOf(state: State, flow: Flow, now: number, dropped: Waiting[]): Waiting | null {
  while (lengthOf(flow) > 0) {
    const front = takeFrom(state, flow, false);
    if (flow.codel?.drops(front.since, now, flow.octets) !== true) return front;
    dropped.push(front);
  }
  return null;
}

function flowFor(state: State, waiting: Waiting): Flow {
  const { spec, flows } = state;
  const key = spec.flow(waiting);
  const known = flows.get(key);
  if (known !== undefined) return known;
  const host = spec.host?.(waiting) ?? key;
  const flow: Flow = {
    ...{ key, host, packets: [], head: 0, octets: 0, isFresh: spec.freshFirst },
    codel: spec.codel === null ? null : createCodel(spec.codel),
    ...{ deficit: spec.quantum, isBulk: false },
  };
  flows.set(key, flow);
  (spec.freshFirst ? state.fresh : state.old).push(flow);
  return flow;
}

function becomeBulk({ loads }: State, flow: Flow): void {
  if (flow.isBulk) return;
  flow.isBulk = true;
  loads.set(flow.host, (loads.get(flow.host) ?? 0) + 1);
}

function forget({ flows, loads, fresh, old }: State, flow: Flow): void {
  flows.delete(flow.key);
  const load = (loads.get(flow.host) ?? 0) - (flow.isBulk ? 1 : 0);
  if (load > 0) loads.set(flow.host, load);
  else loads.delete(flow.host);
  for (const list of [fresh, old]) {
    const at = list.indexOf(flow);
    if (at >= 0) list.splice(at, 1);
  }
}

function quantumOf({ spec, loads }: State, flow: Flow): number {
  return spec.host === null ? spec.quantum : spec.quantum / (loads.get(flow.host) ?? 1);
}

function takeFrom(state: State, flow: Flow, tail: boolean): Waiting {
  const taken = tail ? flow.packets.pop()! : flow.packets[flow.head]!;
  if (!tail) flow.head += 1;
  if (flow.head > 64 && flow.head * 2 > flow.packets.length) {
    flow.packets = flow.packets.slice(flow.head);
    flow.head = 0;
  }
  flow.octets -= taken.octets;
  state.length -= 1;
  state.octets -= taken.octets;
  return taken;
}

function longestOf({ flows }: State): Flow {
  let longest: Flow | null = null;
  for (const flow of flows.values()) {
    if (longest === null || flow.octets > longest.octets) longest = flow;
  }
  return longest!;
}

function lengthOf(flow: Flow): number {
  return flow.packets.length - flow.head;
}

function unitOf({ unit }: DisciplineSpec, { octets }: Waiting): number {
  return unit === 'packets' ? 1 : octets;
}

function sizeOf({ unit }: DisciplineSpec, flow: Flow): number {
  return unit === 'packets' ? lengthOf(flow) : flow.octets;
}
