/**
 * The writer thread. Its parent hands it one message port for each thread that writes; a port's
 * messages keep their order, so a thread hears what its own write made stale before the answer.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { errorCode, errorMessage } from '../../lib/errors.ts';
import { createKeys } from '../keys.ts';
import { type Engine, openEngine } from './engine.ts';
import type { FromWriter, ToWriter, WriterData } from './protocol.ts';

async function main(parent: MessagePort, data: WriterData): Promise<void> {
  const ports = new Set<MessagePort>();
  const tell = (port: MessagePort, message: FromWriter): void => port.postMessage(message);
  let engine: Engine;
  try {
    engine = await openEngine(data.file, createKeys(data.key), (what) => {
      for (const port of ports) tell(port, { kind: 'invalidate', what });
    });
  } catch (error) {
    tell(parent, {
      kind: 'failed',
      code: errorCode(error, 'STORE_FAILED'),
      message: errorMessage(error),
    });
    return;
  }
  const serve = (port: MessagePort): void => {
    ports.add(port);
    port.on('message', (message: ToWriter) => {
      if (message.kind === 'close') {
        ports.delete(port);
        port.close();
        return;
      }
      engine.submit(message.name, message.args).then(
        (value) => tell(port, { kind: 'result', id: message.id, value }),
        (error: unknown) =>
          tell(port, {
            kind: 'error',
            id: message.id,
            code: errorCode(error, 'STORE_FAILED'),
            message: errorMessage(error),
          }),
      );
    });
  };
  parent.on('message', (message: { port: MessagePort } | { close: true }) => {
    if ('port' in message) {
      serve(message.port);
      return;
    }
    engine[Symbol.dispose]();
    parent.close();
  });
  tell(parent, { kind: 'ready', migrated: engine.migrated });
}

if (parentPort !== null) await main(parentPort as unknown as MessagePort, workerData as WriterData);
