/** Time as a list of what happens next, for models of traffic: nothing waits for a machine's clock. */
import type { Clock } from '../../lib/clock.ts';

export interface Timeline {
  /** Epoch milliseconds, with fractions. */
  now(): number;
  /** Calls `act` at that time, in the order of calls where times are equal; gives how to take it back. */
  at(time: number, act: () => void): () => void;
  /** Time of the next event; null when there is none. */
  next(): number | null;
  /** Goes to the next event and lets it happen; false when there was none. */
  step(): boolean;
  /** Lets everything up to `time` happen. */
  runUntil(time: number): void;
}

interface Event {
  readonly at: number;
  readonly order: number;
  act: (() => void) | null;
}

export function createTimeline(start = 0): Timeline {
  /** A binary heap: the parent of `i` is `(i - 1) >> 1`. */
  const heap: Event[] = [];
  let now = start;
  let order = 0;

  const next = (): number | null => {
    while (heap.length > 0 && heap[0]!.act === null) pop(heap);
    return heap[0]?.at ?? null;
  };
  const step = (): boolean => {
    if (next() === null) return false;
    const event = pop(heap)!;
    now = event.at;
    event.act?.();
    return true;
  };
  return {
    now: () => now,
    at: (time, act) => {
      const event: Event = { at: Math.max(time, now), order, act };
      order += 1;
      push(heap, event);
      return () => {
        event.act = null;
      };
    },
    next,
    step,
    runUntil: (time) => {
      for (let at = next(); at !== null && at <= time; at = next()) step();
      now = Math.max(now, time);
    },
  };
}

/** A clock whose sleepers wake by the timeline. `woken` hears of each, since promises go on later. */
export function clockOn(timeline: Timeline, woken: () => void = () => undefined): Clock {
  return {
    now: () => Math.round(timeline.now()),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const forget = timeline.at(timeline.now() + Math.max(0, ms), () => {
          woken();
          resolve();
        });
        const aborted = (): void => {
          forget();
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', aborted, { once: true });
      }),
  };
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Event[], event: Event): void {
  let i = heap.length;
  heap.push(event);
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (!isBefore(event, heap[parent]!)) break;
    heap[i] = heap[parent]!;
    i = parent;
  }
  heap[i] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[i] = heap[child]!;
    i = child;
  }
  heap[i] = last;
  return first;
}
