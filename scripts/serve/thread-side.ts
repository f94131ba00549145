/** A role in a worker thread, from inside: see thread.ts. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { errorCode, errorMessage } from '../../lib/errors.ts';
import type { Metrics } from '../../lib/metrics.ts';
import type { FromThread, ToThread } from './thread.ts';

export interface RunningRole {
  readonly ready: unknown;
  readonly metrics: Metrics;
  stop(): Promise<void>;
}

/** Starts the role with the data its parent gave, and serves the parent until told to stop. */
export async function runRole<D>(
  start: (data: D, say: (value: unknown) => void) => Promise<RunningRole>,
): Promise<void> {
  const port = parentPort as MessagePort | null;
  if (port === null) return;
  const tell = (message: FromThread): void => port.postMessage(message);
  let role: RunningRole;
  try {
    role = await start(workerData as D, (value) => tell({ kind: 'say', value }));
  } catch (error) {
    tell({ kind: 'failed', code: errorCode(error), message: errorMessage(error) });
    return;
  }
  port.on('message', (message: ToThread) => {
    if (message.kind === 'metrics') {
      void role.metrics.json().then((json) => tell({ kind: 'metrics', id: message.id, json }));
      return;
    }
    void role.stop().finally(() => port.close());
  });
  tell({ kind: 'ready', value: role.ready });
}
