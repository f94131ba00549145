import type { SteppedClock } from '../../../lib/clock.ts';

/** A pass has a rate, and a rate needs time: the clock moves while something is under way. */
export async function moving<T>(clock: SteppedClock, work: Promise<T>): Promise<T> {
  const state = { done: false };
  const ended = work.finally(() => {
    state.done = true;
  });
  while (!state.done) {
    clock.advance(5);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return ended;
}
