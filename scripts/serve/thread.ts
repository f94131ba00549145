/**
 * A role in a worker thread, from its parent's side. The thread says when it is ready, hands over its
 * metrics on request, and stops when told; should it die, whoever owns it hears of it.
 */
import { type Transferable, Worker } from 'node:worker_threads';
import { SmartWifiError } from '../../lib/errors.ts';
import type { MetricsJson } from '../../lib/metrics.ts';

/**
 * Of what a request leaves behind nothing lives for long. V8's own limit is several times as much and
 * makes nothing quicker, but all of it becomes resident.
 */
const YOUNG_MB = 32;

export type FromThread =
  | { readonly kind: 'ready'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'metrics'; readonly id: number; readonly json: MetricsJson }
  | { readonly kind: 'say'; readonly value: unknown };

export type ToThread =
  | { readonly kind: 'metrics'; readonly id: number }
  | { readonly kind: 'stop' };

export interface RoleThread<T> extends AsyncDisposable {
  /** What the role reported when it was ready, such as the ports it is bound to. */
  readonly ready: T;
  metrics(): Promise<MetricsJson>;
  alive(): boolean;
  /** Rejects when the thread ends without being told to. */
  readonly died: Promise<never>;
}

export interface ThreadOptions {
  /** Hears what the role says besides. */
  readonly onSay?: (value: unknown) => void;
  /** MB of what lives long: far above what the role can need, so that garbage is collected before it is as much. */
  readonly oldMb?: number;
}

export async function startThread<T>(
  file: URL,
  data: unknown,
  transfer: readonly Transferable[],
  options: ThreadOptions = {},
): Promise<RoleThread<T>> {
  const worker = startWorker(file, data, transfer, options);
  const ready = Promise.withResolvers<T>();
  const died = Promise.withResolvers<never>();
  died.promise.catch(() => {});
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const asked = new Map<number, (json: MetricsJson) => void>();
  let stopping = false;
  let alive = true;
  let nextId = 0;

  const fail = (error: unknown): void => {
    alive = false;
    ready.reject(error);
    died.reject(error);
  };
  worker.on('message', (message: FromThread) => {
    switch (message.kind) {
      case 'ready':
        ready.resolve(message.value as T);
        break;
      case 'failed':
        fail(new SmartWifiError(message.code, message.message));
        break;
      case 'metrics':
        asked.get(message.id)?.(message.json);
        asked.delete(message.id);
        break;
      case 'say':
        options.onSay?.(message.value);
        break;
    }
  });
  worker.on('error', fail);
  worker.on('exit', (code) => {
    if (!stopping) fail(new SmartWifiError('ROLE_ENDED', `a role thread ended with code ${code}`));
  });
  return {
    ready: await ready.promise,
    alive: () => alive,
    died: died.promise,
    metrics: () =>
      new Promise((resolve) => {
        nextId += 1;
        asked.set(nextId, resolve);
        worker.postMessage({ kind: 'metrics', id: nextId } satisfies ToThread);
      }),
    [Symbol.asyncDispose]: async () => {
      stopping = true;
      worker.postMessage({ kind: 'stop' } satisfies ToThread);
      await ended;
    },
  };
}

function startWorker(
  file: URL,
  data: unknown,
  transfer: readonly Transferable[],
  { oldMb }: ThreadOptions,
): Worker {
  const old = oldMb === undefined ? {} : { maxOldGenerationSizeMb: oldMb };
  return new Worker(file, {
    workerData: data,
    transferList: [...transfer],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB, ...old },
  });
}
