/** A counted door: at most `limit` inside, the others wait in order. */
export interface Gate {
  /** Runs `work` when there is room; rejects with the signal's reason while still outside. */
  enter<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  readonly waiting: number;
}

export function createGate(limit: number): Gate {
  const queue: (() => void)[] = [];
  let inside = 0;
  const leave = (): void => {
    inside -= 1;
    queue.shift()?.();
  };
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', give);
        inside += 1;
        resolve();
      };
      const give = (): void => {
        queue.splice(queue.indexOf(go), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', give, { once: true });
      queue.push(go);
    });
  return {
    enter: async (work, signal) => {
      signal.throwIfAborted();
      if (inside < limit && queue.length === 0) inside += 1;
      else await wait(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
    get waiting() {
      return queue.length;
    },
  };
}
