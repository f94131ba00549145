/**
 * Group commit: what waits together is written together, and answered after its COMMIT. While one batch is
 * written, the next gathers, so that batches grow with the load and a lone event waits for nobody.
 */
export interface Batcher<E, R> extends AsyncDisposable {
  add(event: E): Promise<R>;
}

export interface BatcherOptions<E, R> {
  readonly size: number;
  /** Events that may wait; beyond, `full` makes the error. */
  readonly waiting: number;
  readonly full: () => Error;
  /** All or nothing; one result for each event, in order. */
  write(events: readonly E[]): Promise<readonly R[]>;
  /** Whether one of the events is at fault: then the others are written without it. */
  poisoned(error: unknown): boolean;
}

interface Waiting<E, R> {
  readonly event: E;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

export function createBatcher<E, R>(options: BatcherOptions<E, R>): Batcher<E, R> {
  const queue: Waiting<E, R>[] = [];
  let running: Promise<void> | null = null;

  const drain = async (): Promise<void> => {
    await new Promise(setImmediate);
    while (queue.length > 0) await settle(options, queue.splice(0, options.size));
    running = null;
  };
  return {
    add: (event) =>
      new Promise((resolve, reject) => {
        if (queue.length >= options.waiting) {
          reject(options.full());
          return;
        }
        queue.push({ event, resolve, reject });
        running ??= drain();
      }),
    [Symbol.asyncDispose]: async () => {
      await running;
    },
  };
}

/** Halves a batch that fails until the one event that is at fault stands alone. */
async function settle<E, R>(
  options: BatcherOptions<E, R>,
  batch: readonly Waiting<E, R>[],
): Promise<void> {
  let results: readonly R[];
  try {
    results = await options.write(batch.map(({ event }) => event));
  } catch (error) {
    if (batch.length === 1 || !options.poisoned(error)) {
      for (const { reject } of batch) reject(error);
      return;
    }
    const half = Math.ceil(batch.length / 2);
    await settle(options, batch.slice(0, half));
    await settle(options, batch.slice(half));
    return;
  }
  batch.forEach(({ resolve }, i) => {
    resolve(results[i] as R);
  });
}
