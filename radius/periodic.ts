/** Work that comes round on the clock until it is disposed; a failure is logged and does not end it. */
import type { Clock } from '../lib/clock.ts';
import { errorCode, errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';

export interface Periodic {
  readonly clock: Clock;
  readonly log: Logger;
  readonly everyMs: number;
  readonly name: string;
  readonly work: (signal: AbortSignal) => Promise<void>;
}

export function startPeriodic(periodic: Periodic): AsyncDisposable {
  const stop = new AbortController();
  const running = run(periodic, stop.signal);
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}

async function run(periodic: Periodic, signal: AbortSignal): Promise<void> {
  const { clock, log, everyMs, name, work } = periodic;
  while (!signal.aborted) {
    try {
      await work(signal);
    } catch (error) {
      if (signal.aborted) return;
      log.error({ code: errorCode(error), reason: errorMessage(error), work: name }, 'work failed');
    }
    if (signal.aborted) return;
    // Only an abort ends a sleep early, and the loop sees it.
    await clock.sleep(everyMs, signal).catch(() => undefined);
  }
}
