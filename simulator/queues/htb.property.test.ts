import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDiscipline } from './discipline.ts';
import { createQueueTree, type QueueSpec, type QueueTree } from './htb.ts';
import { fifo } from './kinds.ts';
import type { Waiting } from './packet.ts';
import { waiting } from './test-link.ts';

const KBPS = 1000;
const BUCKET_MS = 100;

function queue(change: Partial<QueueSpec> & { readonly name: string }): QueueSpec {
  const { name } = change;
  return {
    ...{ parent: 'all', takes: ({ mark }) => mark === name, priority: 8 },
    ...{ limitAtKbps: null, maxKbps: KBPS, bucketMs: BUCKET_MS },
    makeDiscipline: () => createDiscipline(fifo(500, 'packets')),
    ...change,
  };
}

const ALL = queue({ name: 'all', parent: null });
const packet = (mark: string, octets: number, since: number): Waiting =>
  waiting({ ...{ direction: 'down', destination: '10.0.0.1', port: 1 }, octets, since, mark });

interface Sent {
  readonly at: number;
  readonly mark: string;
  readonly octets: number;
  /** Packets of each mark that waited at that moment. */
  readonly besides: ReadonlyMap<string, number>;
}

type Arrival = readonly [pauseMs: number, mark: number, octets: number];
/** Half as much again as the tree may send. */
const arrivals = fc.array(fc.tuple(fc.nat(7), fc.nat(2), fc.integer({ min: 60, max: 1500 })), {
  minLength: 120,
  maxLength: 200,
});

/** Plays arrivals on a tree, which is asked whenever it says that it has something. */
function play(tree: QueueTree, marks: readonly string[], list: readonly Arrival[]): Sent[] {
  const sent: Sent[] = [];
  const waits = new Map(marks.map((mark) => [mark, 0]));
  const count = (mark: string, by: number): void => {
    waits.set(mark, (waits.get(mark) ?? 0) + by);
  };
  const serveUntil = (end: number, from: number): void => {
    let now = from;
    for (let at = tree.nextAt(now); at !== null && at <= end; at = tree.nextAt(now)) {
      now = at;
      const { next } = tree.pull(now);
      if (next === null) continue;
      count(next.mark, -1);
      sent.push({ at: now, mark: next.mark, octets: next.octets, besides: new Map(waits) });
    }
  };
  let now = 0;
  for (const [pause, index, octets] of list) {
    serveUntil(now + pause, now);
    now += pause;
    const mark = marks[index % marks.length]!;
    count(mark, 1);
    expect(tree.push(packet(mark, octets, now))).toEqual([]);
  }
  serveUntil(Number.POSITIVE_INFINITY, now);
  return sent;
}

describe('a queue tree', () => {
  it('gives back all that it took, and never more than its limit', () => {
    fc.assert(
      fc.property(arrivals, (list) => {
        const tree = createQueueTree([
          ALL,
          queue({ name: 'a', priority: 1 }),
          queue({ name: 'b' }),
        ]);

        const sent = play(tree, ['a', 'b'], list);

        expect(sent).toHaveLength(list.length);
        expect(tree.nextAt(0)).toBeNull();
        for (let i = 0; i < sent.length; i += 1) {
          let octets = 0;
          for (const one of sent.slice(i)) {
            // The last packet may go when the bucket is just not empty.
            expect(octets * 8).toBeLessThanOrEqual(KBPS * (one.at - sent[i]!.at + BUCKET_MS) + 1);
            octets += one.octets;
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('serves the first before the rest, always', () => {
    fc.assert(
      fc.property(arrivals, (list) => {
        const tree = createQueueTree([
          ALL,
          queue({ name: 'first', priority: 1 }),
          queue({ name: 'middle', priority: 4 }),
          queue({ name: 'rest' }),
        ]);

        const order = ['first', 'middle', 'rest'];
        const passedOver = play(tree, order, list).filter(({ mark, besides }) =>
          order.slice(0, order.indexOf(mark)).some((before) => besides.get(before) !== 0),
        );

        expect(passedOver).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('keeps what a leaf is sure of, whatever goes first', () => {
    const tree = createQueueTree([
      ALL,
      queue({ name: 'first', priority: 1 }),
      queue({ name: 'rest', limitAtKbps: 300 }),
    ]);
    const list: Arrival[] = Array.from({ length: 400 }, (_, i) => [0, i, 1250]);

    const sent = play(tree, ['first', 'rest'], list).filter(({ at }) => at <= 2000);

    const octets = sent
      .filter(({ mark }) => mark === 'rest')
      .reduce((sum, one) => sum + one.octets, 0);
    expect((octets * 8) / 2000).toBeGreaterThan(290);
    expect((octets * 8) / 2000).toBeLessThan(340);
  });

  it('shares by turns among equals, and lets one have what the other leaves', () => {
    const tree = createQueueTree([ALL, queue({ name: 'a' }), queue({ name: 'b', maxKbps: 200 })]);
    const list: Arrival[] = Array.from({ length: 400 }, (_, i) => [0, i, 1250]);

    const sent = play(tree, ['a', 'b'], list).filter(({ at }) => at <= 1500);

    const of = (name: string): number =>
      sent.filter(({ mark }) => mark === name).reduce((sum, one) => sum + one.octets * 8, 0) / 1500;
    expect(of('b')).toBeLessThan(230);
    expect(of('a') + of('b')).toBeGreaterThan(950);
  });

  it('takes nothing that no leaf asks for, and ends a circle of parents', () => {
    const tree = createQueueTree([
      ALL,
      queue({ name: 'a', parent: 'b' }),
      queue({ name: 'b', parent: 'a' }),
      queue({ name: 'c', parent: 'a' }),
    ]);

    expect(tree.push(packet('d', 100, 0))).toBeNull();
    expect(tree.push(packet('c', 100, 0))).toEqual([]);
    expect(tree.pull(0).next?.mark).toBe('c');
  });
});
