/** A RADIUS server under test, whoever wrote it. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { SERVER_ADDRESS } from './people.ts';
import { signalTree } from './processes.ts';

export interface Server extends AsyncDisposable {
  readonly name: string;
  readonly authPort: number;
  readonly acctPort: number;
  /** Processes whose CPU time, with that of all they start, is this server's; its database included. */
  readonly roots: readonly number[];
  /** Sessions that accounting has written, and how many of them are closed. */
  readonly sessions: () => Promise<{ all: number; closed: number }>;
  /**
   * Once after a warm-up: what PostgreSQL does by itself a minute after tables begin to fill. A cluster
   * that is stopped most of the time would keep the plans that it made for empty tables.
   */
  readonly analyze?: () => Promise<void>;
}

/** A server that cannot be had here or with these settings; the reason is printed in its place. */
export class Unavailable extends Error {}

export interface Started extends AsyncDisposable {
  readonly pid: number;
}

const START_MS = 30_000;
const STOP_MS = 15_000;

/**
 * Starts a program and resolves once a line of its output matches `ready`. When it ends or stays silent
 * instead, throws {@link Unavailable} with the last of what it said.
 */
export async function startProgram(
  command: string,
  args: readonly string[],
  ready: RegExp,
  options: SpawnOptions & { readonly stopSignal?: NodeJS.Signals } = {},
): Promise<Started> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let said = '';
  const found = Promise.withResolvers<void>();
  const fail = (why: string): void =>
    found.reject(new Unavailable(`${command}: ${why}: ${said.trim().slice(-300)}`));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      said = (said + String(chunk)).slice(-4000);
      if (ready.test(said)) found.resolve();
    });
  }
  child.once('error', (error) => fail(error.message));
  child.once('exit', (code, signal) => fail(`ended with ${code ?? signal}`));
  const timer = setTimeout(() => fail('did not become ready'), START_MS);
  try {
    await found.promise;
  } catch (error) {
    await stop(child, 'SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return {
    pid: child.pid!,
    [Symbol.asyncDispose]: () => stop(child, options.stopSignal ?? 'SIGTERM'),
  };
}

/** A UDP port of the loopback that is free now. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, SERVER_ADDRESS);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  signalTree([child.pid], 'SIGCONT');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}
