/** A connected socket in time: TCP, and TLS with the right router at its end. Nothing is sent on it. */
import { type Socket, connect as tcpConnect } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { errorCode, errorMessage } from '../../lib/errors.ts';
import { RouterOsError } from './errors.ts';
import { fingerprintOf, type RouterTls, refusal, type TlsPeer, tlsOptions } from './tls.ts';

export interface DialOptions {
  readonly host: string;
  /** Default 8728, or 8729 with TLS. */
  readonly port?: number;
  /** Source address; the system's choice when absent. Routers answer their controller's address only. */
  readonly localAddress?: string;
  /** API-SSL; plain when absent, which is enough inside of the tunnel. */
  readonly tls?: RouterTls;
  /** For TCP and TLS together; default 3,000. */
  readonly connectTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

export const CONNECT_TIMEOUT_MS = 3000;
const API_PORT = 8728;
const API_SSL_PORT = 8729;
/** A peer that is gone without a word is noticed by the kernel even while nobody asks it anything. */
const KEEPALIVE_MS = 30_000;

export function apiPort(options: { readonly port?: number; readonly tls?: TlsPeer }): number {
  return options.port ?? (options.tls === undefined ? API_PORT : API_SSL_PORT);
}

/**
 * What `use` makes of the connected socket. `use` runs in the very event that connected it, so that it
 * misses none. Throws `ROUTER_UNREACHABLE`, `ROUTER_CERTIFICATE` or `ROUTER_ABORTED`; then nothing
 * stays open.
 */
export function dial<T>(
  options: Omit<DialOptions, 'tls'> & { readonly tls?: TlsPeer },
  use: (socket: Socket) => T,
): Promise<T> {
  const { host, signal, tls } = options;
  const limitMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  const where = `${host}:${apiPort(options)}`;
  return new Promise((resolve, reject) => {
    let socket: Socket | null = null;
    let timer: NodeJS.Timeout | undefined;
    let done = false;
    const finish = (): boolean => {
      const first = !done;
      done = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      return first;
    };
    const fail = (error: RouterOsError): void => {
      if (!finish()) return;
      socket?.destroy();
      reject(error);
    };
    const unreachable = (cause: unknown): void => {
      const why = `cannot reach ${where}: ${reasonOf(cause, options.localAddress)}`;
      fail(new RouterOsError('ROUTER_UNREACHABLE', why, { cause }));
    };
    const onAbort = (): void => fail(new RouterOsError('ROUTER_ABORTED', `${where} was given up`));
    const onConnected = (connected: Socket): void => {
      const stranger = tls === undefined ? null : refusal(connected as TLSSocket, tls);
      if (stranger !== null) {
        fail(stranger);
        return;
      }
      connected.setNoDelay(true);
      connected.setKeepAlive(true, KEEPALIVE_MS);
      if (finish()) resolve(use(connected));
    };

    if (signal?.aborted === true) return onAbort();
    try {
      socket = begin(options, onConnected);
    } catch (cause) {
      return unreachable(cause);
    }
    // Stays for good: an error that comes when nobody else listens would end the process.
    socket.on('error', unreachable);
    socket.once('close', () => unreachable('closed'));
    signal?.addEventListener('abort', onAbort, { once: true });
    timer = setTimeout(() => unreachable(`no answer in ${limitMs} ms`), limitMs);
  });
}

/**
 * The fingerprint by which to pin a router, read without a login: at its enrolment, over a way that is
 * trusted otherwise. Throws as {@link dial} does; `ROUTER_CERTIFICATE` when the router has none.
 */
export async function readFingerprint(options: Omit<DialOptions, 'tls'>): Promise<string> {
  const seen = await dial({ ...options, tls: { kind: 'any' } }, (socket) => {
    const fingerprint = fingerprintOf(socket as TLSSocket);
    socket.destroy();
    return fingerprint;
  });
  if (seen === null) throw new RouterOsError('ROUTER_CERTIFICATE', 'the router has no certificate');
  return seen;
}

/** Throws what Node throws for a port or an address that is none. */
function begin(
  options: Omit<DialOptions, 'tls'> & { readonly tls?: TlsPeer },
  onConnected: (socket: Socket) => void,
): Socket {
  const { host, localAddress, tls } = options;
  const to = {
    host,
    port: apiPort(options),
    ...(localAddress === undefined ? {} : { localAddress }),
  };
  if (tls === undefined) {
    const socket = tcpConnect(to);
    return socket.once('connect', () => onConnected(socket));
  }
  const socket = tlsConnect({ ...to, ...tlsOptions(tls) });
  return socket.once('secureConnect', () => onConnected(socket));
}

function reasonOf(cause: unknown, localAddress: string | undefined): string {
  if (errorCode(cause) !== 'EADDRNOTAVAIL' || localAddress === undefined)
    return errorMessage(cause);
  return `this machine has no address ${localAddress}: bring the tunnel up, or set network.controllerAddress`;
}
