/**
 * Work that comes round on the clock until it is disposed; a failure does not end it. It is logged when it
 * begins or becomes another, not each time: a store that is away for an hour must not fill the log.
 */
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
  let failing: string | null = null;
  while (!signal.aborted) {
    try {
      await work(signal);
      if (failing !== null) log.info({ work: name }, 'work goes on');
      failing = null;
    } catch (error) {
      if (signal.aborted) return;
      const code = errorCode(error);
      if (code !== failing) {
        log.error({ code, reason: errorMessage(error), work: name }, 'work failed');
      }
      failing = code;
    }
    if (signal.aborted) return;
    // Only an abort ends a sleep early, and the loop sees it.
    await clock.sleep(everyMs, signal).catch(() => undefined);
  }
}
