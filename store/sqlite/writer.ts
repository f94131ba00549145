/**
 * The writer thread. Its parent hands it one message port for each thread that writes; a port's
 * messages keep their order, so a thread hears what its own write made stale before the answer.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { errorCode, errorMessage } from '../../lib/errors.ts';
import { createKeys } from '../keys.ts';
import { type Engine, openEngine } from './engine.ts';
import { outbox } from './outbox.ts';
import type { FromWriter, ToWriter, WriterData, WriterStart } from './protocol.ts';

async function main(parent: MessagePort, data: WriterData): Promise<void> {
  const outboxes = new Set<(message: FromWriter) => void>();
  const start = (message: WriterStart): void => parent.postMessage(message);
  let engine: Engine;
  try {
    engine = await openEngine(data.file, createKeys(data.key), (what) => {
      for (const tell of outboxes) tell({ kind: 'invalidate', what });
    });
  } catch (error) {
    start({
      kind: 'failed',
      code: errorCode(error, 'STORE_FAILED'),
      message: errorMessage(error),
    });
    return;
  }
  const serve = (port: MessagePort): void => {
    const tell = outbox<FromWriter>(port);
    outboxes.add(tell);
    const hear = (message: ToWriter): void => {
      if (message.kind === 'close') {
        outboxes.delete(tell);
        port.close();
        return;
      }
      engine.submit(message.name, message.args).then(
        (value) => tell({ kind: 'result', id: message.id, value }),
        (error: unknown) =>
          tell({
            kind: 'error',
            id: message.id,
            code: errorCode(error, 'STORE_FAILED'),
            message: errorMessage(error),
          }),
      );
    };
    port.on('message', (messages: readonly ToWriter[]) => messages.forEach(hear));
  };
  parent.on('message', (message: { port: MessagePort } | { close: true }) => {
    if ('port' in message) {
      serve(message.port);
      return;
    }
    engine[Symbol.dispose]();
    parent.close();
  });
  start({ kind: 'ready', migrated: engine.migrated });
}

if (parentPort !== null) await main(parentPort as unknown as MessagePort, workerData as WriterData);
