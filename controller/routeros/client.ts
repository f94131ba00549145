/** Opens API connections: TCP or TLS, then the login. */
import { openConnection, type RouterOsConnection } from './connection.ts';
import { CONNECT_TIMEOUT_MS, type DialOptions, dial } from './dial.ts';
import { logIn } from './login.ts';

export type { Arguments } from './command.ts';
export type { CommandOptions, RouterOsConnection } from './connection.ts';
export { apiPort, readFingerprint } from './dial.ts';
export type { CommandResult } from './pipeline.ts';
export { type Attributes, rawValue } from './reply.ts';
export type { RouterTls } from './tls.ts';

export interface ConnectOptions extends DialOptions {
  readonly user: string;
  readonly password: string;
  /** For the login; default: what the connection has left of `connectTimeoutMs`. */
  readonly loginTimeoutMs?: number;
  /** For each command; default 10,000. */
  readonly commandTimeoutMs?: number;
  /** Commands at the router at once; default 8. */
  readonly inFlight?: number;
}

const COMMAND_TIMEOUT_MS = 10_000;

/**
 * A connection that is logged in. Throws `ROUTER_UNREACHABLE` (no connection in time),
 * `ROUTER_CERTIFICATE`, `ROUTER_LOGIN` (refused), `ROUTER_LOST` (closed before it answered: address
 * list, session limit), `ROUTER_TIMEOUT`, `ROUTER_PROTOCOL` or `ROUTER_ABORTED`; then nothing stays open.
 */
export async function connectRouter(options: ConnectOptions): Promise<RouterOsConnection> {
  const { signal } = options;
  const until = performance.now() + (options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS);
  const { commandTimeoutMs = COMMAND_TIMEOUT_MS, inFlight } = options;
  const connection = await dial(options, (socket) =>
    openConnection(socket, { commandTimeoutMs, inFlight }),
  );
  try {
    await logIn(connection, options, {
      timeoutMs: options.loginTimeoutMs ?? Math.max(1, until - performance.now()),
      ...(signal === undefined ? {} : { signal }),
    });
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}
