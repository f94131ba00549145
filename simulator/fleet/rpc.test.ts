import { describe, expect, it } from 'vitest';
import { SmartWifiError } from '../../lib/errors.ts';
import { type Channel, createRpcClient, serveRpc } from './rpc.ts';

/** Two ends in this process; messages pass as JSON, as they do between processes. */
function channelPair(): { near: Channel; far: Channel; close: () => void } {
  const listeners: { message: (message: unknown) => void; close: () => void }[] = [];
  const end = (own: number, other: number): Channel => {
    listeners[own] = { message: () => undefined, close: () => undefined };
    return {
      send: (message) => {
        const text = JSON.stringify(message);
        queueMicrotask(() => listeners[other]?.message(JSON.parse(text)));
      },
      onMessage: (listener) => {
        listeners[own]!.message = listener;
      },
      onClose: (listener) => {
        listeners[own]!.close = listener;
      },
    };
  };
  const [near, far] = [end(0, 1), end(1, 0)];
  const close = (): void => {
    for (const listener of listeners) listener.close();
  };
  return { near, far, close };
}

describe('calls over a channel', () => {
  it('brings each answer to its own caller, in whatever order they come', async () => {
    const { near, far } = channelPair();
    const client = createRpcClient(near);
    const first = Promise.withResolvers<string>();
    serveRpc(far, (op, args) => (op === 'first' ? first.promise : Promise.resolve([op, ...args])));

    const slow = client.call('first', []);
    const fast = await client.call('echo', [1, { a: null }]);
    first.resolve('late');

    expect(fast).toEqual(['echo', 1, { a: null }]);
    expect(await slow).toBe('late');
  });

  it('carries errors with code and message', async () => {
    const { near, far } = channelPair();
    const client = createRpcClient(near);
    serveRpc(far, (op) =>
      Promise.reject(op === 'ours' ? new SmartWifiError('PHONE_X', 'why') : new Error('bug')),
    );

    await expect(client.call('ours', [])).rejects.toMatchObject({
      code: 'PHONE_X',
      message: 'why',
    });
    await expect(client.call('theirs', [])).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'bug',
    });
  });

  it('keeps only so many calls under way, and refuses what does not fit in line', async () => {
    const { near, far } = channelPair();
    const client = createRpcClient(near, { inFlight: 2, waiting: 2 });
    const started: PromiseWithResolvers<unknown>[] = [];
    serveRpc(far, () => {
      const call = Promise.withResolvers<unknown>();
      started.push(call);
      return call.promise;
    });

    const calls = ['a', 'b', 'c', 'd'].map((op) => client.call(op, []));
    await expect(client.call('e', [])).rejects.toMatchObject({ code: 'SIMULATOR_BUSY' });
    await new Promise(setImmediate);
    expect(started).toHaveLength(2);

    started[0]!.resolve(1);
    await calls[0];
    await new Promise(setImmediate);
    expect(started).toHaveLength(3);
  });

  it('fails what is open, what waits and what comes when the channel closes', async () => {
    const { near, close } = channelPair();
    const client = createRpcClient(near, { inFlight: 1, waiting: 5 });
    const calls = [client.call('open', []), client.call('waits', [])];

    close();

    for (const call of [...calls, client.call('late', [])]) {
      await expect(call).rejects.toMatchObject({ code: 'SIMULATOR_GONE' });
    }
  });

  it('passes over what is no message of its own', async () => {
    const { near, far } = channelPair();
    const client = createRpcClient(near);
    serveRpc(far, (op) => Promise.resolve(op));

    for (const noise of [null, 7, 'x', {}, { id: 99, result: 1 }]) {
      near.send(noise);
      far.send(noise);
    }

    expect(await client.call('still', [])).toBe('still');
  });
});
