/**
 * The simulator in a child process of its own, so that its memory and its event loop are measured
 * apart from the server's. The child ends when its parent goes, however the parent goes.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SmartWifiError } from '../../lib/errors.ts';
import { remoteSimulator } from './remote.ts';
import { type Channel, createRpcClient } from './rpc.ts';
import type { Simulator, SimulatorOptions } from './types.ts';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;

/** Errors of the start arrive with the code and message that they had in the child. */
export async function spawnSimulator(options: SimulatorOptions): Promise<Simulator> {
  const child = fork(CHILD, [], {
    execPath: process.execPath,
    execArgv: [],
    // What the child says goes to standard error; standard output belongs to the caller's document.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const client = createRpcClient(childChannel(child));
  try {
    await within(client.call('start', [options]), START_TIMEOUT_MS);
  } catch (error) {
    await stop(child);
    throw error;
  }
  return remoteSimulator(client, child.pid ?? 0, () => stop(child));
}

function childChannel(child: ChildProcess): Channel {
  return {
    send: (message) => {
      // A closed channel is told by `disconnect`, and by it to all open calls.
      if (child.connected) child.send(message as object, () => undefined);
    },
    onMessage: (listener) => child.on('message', listener),
    onClose: (listener) => {
      child.once('disconnect', listener);
      child.once('error', listener);
    },
  };
}

/** The child disposes of everything when the channel closes; one that does not is killed. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const { promise: exited, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => resolve());
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  if (child.connected) child.disconnect();
  await exited;
  clearTimeout(timer);
}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new SmartWifiError('SIMULATOR_START', `no twin stood after ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
