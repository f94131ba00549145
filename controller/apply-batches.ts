/**
 * A plan cut into batches that each can be proved by themselves, so that a slow link is waited for as
 * seldom as can be. Within its phase a change goes as soon as all that it builds on has gone, those first
 * on whom the longest row of others waits; a long chain of rules then travels beside a hundred names,
 * instead of after them. Pure.
 */
import { dependencies } from './apply-order.ts';
import { spreadRules } from './apply-rules.ts';
import type { Change } from './plan.ts';

export interface Batch {
  readonly changes: readonly Change[];
  /** For each change the positions of those before it in this batch that it must wait for. */
  readonly waits: readonly (readonly number[])[];
}

export interface BatchLimits {
  /** Changes of one batch. */
  readonly size: number;
  /** Changes that travel together. */
  readonly inFlight: number;
}

export function batchesOf(changes: readonly Change[], { size, inFlight }: BatchLimits): Batch[] {
  const all = spreadRules(changes);
  const waits = dependencies(all);
  const order = schedule(waits, inFlight);
  const batches: Batch[] = [];
  for (let at = 0; at < order.length; at += size) {
    const batch = order.slice(at, at + size);
    const places = new Map(batch.map((index, place) => [index, place]));
    batches.push({
      changes: batch.map((index) => all[index]!),
      // What stands in a batch before this one is done.
      waits: batch.map((index) => waits[index]!.flatMap((other) => places.get(other) ?? [])),
    });
  }
  return batches;
}

/** List scheduling by the longest path that is left (Graham 1969), one step a round trip. */
function schedule(waits: readonly (readonly number[])[], inFlight: number): number[] {
  const left = longestPaths(waits);
  const order: number[] = [];
  const done = new Set<number>();
  const rest = new Set(waits.keys());
  while (rest.size > 0) {
    const ready = [...rest].filter((index) => waits[index]!.every((other) => done.has(other)));
    ready.sort((a, b) => left[b]! - left[a]! || a - b);
    const step = ready.slice(0, inFlight);
    for (const index of step) rest.delete(index);
    for (const index of step) done.add(index);
    order.push(...step);
  }
  return order;
}

/** For each change how many must follow it one after the other. */
function longestPaths(waits: readonly (readonly number[])[]): number[] {
  const left = waits.map(() => 0);
  for (let index = waits.length - 1; index >= 0; index -= 1) {
    for (const other of waits[index]!) left[other] = Math.max(left[other]!, left[index]! + 1);
  }
  return left;
}
