/**
 * `/queue/tree` under one parent: hierarchical token buckets. A leaf below its `limit-at` is served whatever
 * the others want; above it a leaf borrows, by priority, as long as neither it nor a queue over it is at its
 * `max-limit` (MikroTik, "HTB": green, yellow, red). Pure; times come from the caller.
 */
import type { Discipline } from './discipline.ts';
import type { Waiting } from './packet.ts';

export interface QueueSpec {
  readonly name: string;
  /** Of another queue of the tree; null for one that hangs on the interface. */
  readonly parent: string | null;
  /** Of leaves: which packets. */
  readonly takes: (waiting: Waiting) => boolean;
  /** 1 goes first, 8 last. */
  readonly priority: number;
  /** kbit/s; null: none, and unlimited. */
  readonly limitAtKbps: number | null;
  readonly maxKbps: number | null;
  /** How long `max-limit` may be made up for after a pause, ms. */
  readonly bucketMs: number;
  readonly makeDiscipline: () => Discipline;
}

export interface Pulled {
  readonly next: Waiting | null;
  readonly dropped: readonly Waiting[];
}

export interface QueueTree {
  /** The packets that had to go; null when no leaf takes it, so that it passes by all queues. */
  push(waiting: Waiting): Waiting[] | null;
  pull(now: number): Pulled;
  /** When `pull` may give something; null when nothing waits. Infinity when nothing ever will. */
  nextAt(now: number): number | null;
  /** Everything that waits, in no order; the tree is empty afterwards. */
  drain(): Waiting[];
}

interface Bucket {
  readonly kbps: number | null;
  readonly depthMs: number;
  /** What was sent is paid for by then. */
  paidAt: number;
}

interface Leaf {
  readonly spec: QueueSpec;
  readonly discipline: Discipline;
  readonly own: Bucket;
  /** Its own `max-limit` and those of the queues over it. */
  readonly most: readonly Bucket[];
  /** When it was served last, to take turns among equals. */
  turn: number;
}

/** Rounding of times in floating point, ms. */
const EPSILON = 1e-6;

export function createQueueTree(specs: readonly QueueSpec[]): QueueTree {
  const leaves = leavesOf(specs);
  let turn = 0;

  const serve = (leaf: Leaf, now: number): Pulled => {
    const { next, dropped } = leaf.discipline.pull(now);
    if (next !== null) {
      turn += 1;
      leaf.turn = turn;
      for (const bucket of [leaf.own, ...leaf.most]) pay(bucket, next.octets, now);
    }
    return { next, dropped };
  };
  return {
    push: (waiting) =>
      leaves.find(({ spec }) => spec.takes(waiting))?.discipline.push(waiting) ?? null,
    pull: (now) => {
      const dropped: Waiting[] = [];
      for (;;) {
        const leaf = chosen(leaves, now);
        if (leaf === null) return { next: null, dropped };
        const pulled = serve(leaf, now);
        dropped.push(...pulled.dropped);
        if (pulled.next !== null) return { next: pulled.next, dropped };
      }
    },
    nextAt: (now) => {
      const times = leaves.filter(waits).map((leaf) => Math.min(guaranteedAt(leaf), mostAt(leaf)));
      return times.length === 0 ? null : Math.max(now, Math.min(...times));
    },
    drain: () => leaves.flatMap(({ discipline }) => drain(discipline)),
  };
}

function leavesOf(specs: readonly QueueSpec[]): Leaf[] {
  const named = new Map(specs.map((spec) => [spec.name, spec]));
  const parents = new Set(specs.map(({ parent }) => parent));
  const most = new Map(
    specs.map((spec) => [spec.name, bucketOf(spec.maxKbps, spec.bucketMs)] as const),
  );
  return specs
    .filter(({ name }) => !parents.has(name))
    .map((spec) => ({
      ...{ spec, discipline: spec.makeDiscipline(), turn: 0 },
      own: bucketOf(spec.limitAtKbps, spec.bucketMs),
      most: lineage(named, spec).map(({ name }) => most.get(name)!),
    }));
}

/** A queue and those over it; a circle ends where it closes. */
function lineage(named: ReadonlyMap<string, QueueSpec>, spec: QueueSpec): QueueSpec[] {
  const line: QueueSpec[] = [];
  for (
    let at: QueueSpec | undefined = spec;
    at !== undefined && !line.includes(at);
    at = at.parent === null ? undefined : named.get(at.parent)
  ) {
    line.push(at);
  }
  return line;
}

/** Guaranteed ones first, then borrowers; by priority, then in turn. */
function chosen(leaves: readonly Leaf[], now: number): Leaf | null {
  const before = (leaf: Leaf, best: Leaf): boolean =>
    leaf.spec.priority < best.spec.priority ||
    (leaf.spec.priority === best.spec.priority && leaf.turn < best.turn);
  for (const readyAt of [guaranteedAt, mostAt]) {
    let best: Leaf | null = null;
    for (const leaf of leaves) {
      if (!waits(leaf) || readyAt(leaf) > now + EPSILON) continue;
      if (best === null || before(leaf, best)) best = leaf;
    }
    if (best !== null) return best;
  }
  return null;
}

function waits({ discipline }: Leaf): boolean {
  return discipline.length > 0;
}

function guaranteedAt({ own, most }: Leaf): number {
  if (own.kbps === null) return Number.POSITIVE_INFINITY;
  // Its own max-limit holds for it in any case.
  return Math.max(own.paidAt, most[0]!.paidAt);
}

function mostAt({ most }: Leaf): number {
  return Math.max(...most.map(({ paidAt }) => paidAt));
}

function bucketOf(kbps: number | null, depthMs: number): Bucket {
  return { kbps, depthMs, paidAt: Number.NEGATIVE_INFINITY };
}

function pay(bucket: Bucket, octets: number, now: number): void {
  if (bucket.kbps === null) return;
  bucket.paidAt = Math.max(bucket.paidAt, now - bucket.depthMs) + (octets * 8) / bucket.kbps;
}

function drain(discipline: Discipline): Waiting[] {
  const all: Waiting[] = [];
  while (discipline.length > 0) {
    // The end of time would drop by CoDel; nothing has waited yet at the beginning of it.
    const { next, dropped } = discipline.pull(0);
    all.push(...dropped, ...(next === null ? [] : [next]));
  }
  return all;
}
