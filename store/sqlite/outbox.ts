/**
 * Messages to another thread, those of one turn of the event loop in one post: a post costs more than
 * what is in it. Their order is kept.
 */
import type { MessagePort } from 'node:worker_threads';

export function outbox<M>(port: Pick<MessagePort, 'postMessage'>): (message: M) => void {
  let waiting: M[] = [];
  return (message) => {
    waiting.push(message);
    if (waiting.length > 1) return;
    setImmediate(() => {
      const messages = waiting;
      waiting = [];
      port.postMessage(messages);
    });
  };
}
