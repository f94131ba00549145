/**
 * A running simulator for other processes of this machine: the calls of remote.ts over TCP on
 * loopback, one JSON text a line.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { SmartWifiError } from '../../lib/errors.ts';
import { dispatcher, remoteSimulator } from './remote.ts';
import { type Channel, createRpcClient, serveRpc } from './rpc.ts';
import type { Simulator } from './types.ts';

const HOST = '127.0.0.1';
/** Longest line; a page of a portal is far below. */
const MAX_LINE = 16 * 1024 * 1024;

export interface SharedSimulator extends AsyncDisposable {
  readonly port: number;
}

/** Disposing of it ends the connections, not the simulator. Port 0 is any free one. */
export async function shareSimulator(simulator: Simulator, port: number): Promise<SharedSimulator> {
  const sockets = new Set<Socket>();
  const dispatch = dispatcher(simulator);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serveRpc(lineChannel(socket), async (op, args) =>
      op === 'hello' ? simulator.pid : dispatch(op, args),
    );
  });
  server.listen({ host: HOST, port });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The simulator that another process shares. Disposing of it only hangs up. */
export async function connectSimulator(port: number): Promise<Simulator> {
  const socket = connect({ host: HOST, port });
  try {
    await once(socket, 'connect');
  } catch (cause) {
    throw new SmartWifiError('SIMULATOR_GONE', `no simulator on port ${port}`, { cause });
  }
  const client = createRpcClient(lineChannel(socket));
  const pid = await client.call('hello', []);
  return remoteSimulator(client, Number(pid), async () => {
    if (socket.closed) return;
    const closed = once(socket, 'close');
    socket.destroy();
    await closed;
  });
}

function lineChannel(socket: Socket): Channel {
  socket.setNoDelay(true);
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  return {
    send: (message) => {
      if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
    },
    onMessage: (listener) => {
      let pending = '';
      socket.on('data', (text: string) => {
        const lines = (pending + text).split('\n');
        pending = lines.pop() ?? '';
        const messages = lines.map(parse);
        for (const message of messages) if (message !== undefined) listener(message);
        if (pending.length > MAX_LINE || messages.includes(undefined)) socket.destroy();
      });
    },
    onClose: (listener) => {
      socket.once('close', listener);
    },
  };
}

/** Undefined for what is not JSON. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
