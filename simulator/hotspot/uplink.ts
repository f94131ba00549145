/**
 * The twin's way out. Well-known addresses and ports are named in one place, where a rehearsal without
 * privileged ports says where they really listen. Nothing ever leaves loopback.
 */
import { connect, type Socket } from 'node:net';
import { SmartWifiError } from '../../lib/errors.ts';
import { parseHostPort } from '../../lib/net.ts';
import type { Endpoint } from '../dns/sockets.ts';
import { isLoopback } from './values.ts';

export interface UplinkOptions {
  /** Server addresses that are reached through the WireGuard interface. */
  readonly tunnel: readonly string[];
  /** Whether anything gets through the tunnel at this moment; always, when absent. */
  readonly tunnelUp?: () => boolean;
  /** `ip:port` → `ip:port`; `*:port` stands for every address outside the tunnel. */
  readonly portMap: Readonly<Record<string, string>>;
  /** How long a connection may take to come about, machine time. */
  readonly connectTimeoutMs?: number;
}

export interface Uplink {
  isTunnel(address: string): boolean;
  /** Where this really is; null when it cannot be reached. */
  locate(address: string, port: number): Endpoint | null;
  /** Connected socket; `ROUTER_UNREACHABLE`, or the error of the system. */
  connect(address: string, port: number, source: string): Promise<Socket>;
  /** Destroys every connection. */
  cut(): void;
}

const CONNECT_TIMEOUT_MS = 10_000;

export function createUplink(options: UplinkOptions): Uplink {
  const tunnel = new Set(options.tunnel);
  const open = new Set<Socket>();

  const locate = (address: string, port: number): Endpoint | null => {
    const { portMap, tunnelUp } = options;
    if (tunnel.has(address) && tunnelUp?.() === false) return null;
    const named = portMap[`${address}:${port}`];
    const mapped = named ?? (tunnel.has(address) ? undefined : portMap[`*:${port}`]);
    if (mapped !== undefined) return parseHostPort(mapped);
    return isLoopback(address) ? { host: address, port } : null;
  };

  return {
    isTunnel: (address) => tunnel.has(address),
    locate,
    connect: async (address, port, source) => {
      const target = locate(address, port);
      if (target === null) {
        throw new SmartWifiError('ROUTER_UNREACHABLE', `no way to ${address}:${port}`);
      }
      const socket = connect({ ...target, localAddress: source, allowHalfOpen: true });
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      socket.setNoDelay(true);
      const { promise, resolve, reject } = Promise.withResolvers<Socket>();
      const failed = (error: Error): void => reject(error);
      const closed = (): void => {
        reject(new SmartWifiError('ROUTER_UNREACHABLE', `${address}:${port} was closed`));
      };
      socket.once('error', failed);
      socket.once('close', closed);
      socket.setTimeout(options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, () => socket.destroy());
      socket.once('connect', () => {
        socket.setTimeout(0);
        socket.removeListener('error', failed);
        socket.removeListener('close', closed);
        // Until the caller listens itself, an error only closes the socket.
        socket.on('error', () => socket.destroy());
        resolve(socket);
      });
      return promise;
    },
    cut: () => {
      for (const socket of open) socket.destroy();
    },
  };
}
