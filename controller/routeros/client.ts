/** Opens API connections: TCP or TLS, then `/login` as RouterOS 6.43 and later understands it. */
import { type Socket, connect as tcpConnect } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { errorMessage } from '../../lib/errors.ts';
import { openConnection, type RouterOsConnection } from './connection.ts';
import { RouterOsError, RouterTrap } from './errors.ts';

export type { CommandOptions, RouterOsConnection } from './connection.ts';
export type { CommandResult } from './pipeline.ts';
export type { Attributes } from './reply.ts';

export interface ConnectOptions {
  readonly host: string;
  /** Default 8728, or 8729 with TLS. */
  readonly port?: number;
  /** Source address; the system's choice when absent. Routers answer their controller's address only. */
  readonly localAddress?: string;
  readonly user: string;
  readonly password: string;
  /** Node's TLS options: `ca` of the fleet, or `ciphers: 'ADH-AES256-GCM-SHA384:@SECLEVEL=0'` without a certificate. */
  readonly tls?: ConnectionOptions;
  /** For the connection and the login together; default 3,000. */
  readonly connectTimeoutMs?: number;
  /** For each command; default 10,000. */
  readonly commandTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

const API_PORT = 8728;
const API_SSL_PORT = 8729;

export function apiPort(options: Pick<ConnectOptions, 'port' | 'tls'>): number {
  return options.port ?? (options.tls === undefined ? API_PORT : API_SSL_PORT);
}

/**
 * A connection that is logged in. Throws `ROUTER_UNREACHABLE` (no connection in time), `ROUTER_LOGIN`
 * (refused), `ROUTER_LOST` (closed before it answered: address list, session limit), `ROUTER_TIMEOUT`,
 * `ROUTER_PROTOCOL` or `ROUTER_ABORTED`; then nothing stays open.
 */
export async function connectRouter(options: ConnectOptions): Promise<RouterOsConnection> {
  const limitMs = options.connectTimeoutMs ?? 3000;
  const startedAt = performance.now();
  const socket = await openSocket(options, limitMs);
  const connection = openConnection(socket, options.commandTimeoutMs ?? 10_000);
  try {
    const { ret } = await connection.runFor(
      '/login',
      { name: options.user, password: options.password },
      {
        timeoutMs: Math.max(1, limitMs - (performance.now() - startedAt)),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
    );
    if (ret !== null) throw new RouterOsError('ROUTER_LOGIN', 'RouterOS before 6.43 is not served');
    return connection;
  } catch (error) {
    await connection.close();
    if (error instanceof RouterTrap) {
      throw new RouterOsError('ROUTER_LOGIN', error.message, { cause: error });
    }
    throw error;
  }
}

function openSocket(options: ConnectOptions, limitMs: number): Promise<Socket> {
  const { host, signal } = options;
  const port = apiPort(options);
  const from = options.localAddress === undefined ? {} : { localAddress: options.localAddress };
  return new Promise((resolve, reject) => {
    const socket: Socket =
      options.tls === undefined
        ? tcpConnect({ host, port, ...from })
        : tlsConnect({ host, port, ...from, ...options.tls });
    const fail = (code: 'ROUTER_UNREACHABLE' | 'ROUTER_ABORTED', why: unknown): void => {
      finish();
      socket.on('error', () => undefined);
      socket.destroy();
      const message = `cannot reach ${host}:${port}: ${errorMessage(why)}`;
      reject(new RouterOsError(code, message, { cause: why }));
    };
    const timer = setTimeout(
      () => fail('ROUTER_UNREACHABLE', `no answer in ${limitMs} ms`),
      limitMs,
    );
    const onError = (error: Error): void => fail('ROUTER_UNREACHABLE', error);
    const onAbort = (): void => fail('ROUTER_ABORTED', signal?.reason);
    const finish = (): void => {
      clearTimeout(timer);
      socket.off('error', onError);
      signal?.removeEventListener('abort', onAbort);
    };
    socket.once('error', onError);
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once(options.tls === undefined ? 'connect' : 'secureConnect', () => {
      finish();
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 30_000);
      resolve(socket);
    });
  });
}
