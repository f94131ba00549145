/** What the living parts of a twin meet outside, made of its data plane and of where things really listen. */
import { connect } from 'node:net';
import { parseHostPort, parseIpv4 } from '../../lib/net.ts';
import type { Endpoint } from '../dns/sockets.ts';
import type { DataPlane } from '../hotspot/data-plane.ts';
import type { Releases } from './packages.ts';
import type { Surroundings } from './system.ts';
import type { WireguardServer } from './wireguard-server.ts';

export interface SurroundingsOptions {
  readonly address: string;
  readonly tunnel: readonly string[];
  readonly liveness?: Readonly<Record<string, string>>;
  readonly wireguard?: ReadonlyMap<string, WireguardServer>;
  readonly releases?: Releases;
}

interface Inside {
  readonly plane: Pick<DataPlane, 'lookup' | 'locate' | 'owns'>;
  readonly tunnelUp: () => boolean;
  readonly faults: { clockOffsetMs: number };
}

/** Machine time. */
const CONNECT_TIMEOUT_MS = 1000;

export function surroundingsOf(
  options: SurroundingsOptions,
  { plane, tunnelUp, faults }: Inside,
): Surroundings {
  const { address, tunnel, liveness = {} } = options;
  const lookup = (host: string, server?: string): Promise<string | null> =>
    parseIpv4(host) === null ? plane.lookup(host, server) : Promise.resolve(host);
  return {
    address,
    lookup,
    locate: plane.locate,
    wireguard: options.wireguard ?? null,
    releases: options.releases ?? (() => null),
    adjustClock: (ms) => {
      faults.clockOffsetMs += ms;
    },
    async answers(host, port) {
      const there = await lookup(host);
      if (there === null) return false;
      if (plane.owns(there)) return true;
      if (tunnel.includes(there) && !tunnelUp()) return false;
      const alive = liveness[there];
      if (port !== null) return takesConnections(address, plane.locate(there, port));
      return alive === undefined || takesConnections(address, parseHostPort(alive));
    },
  };
}

async function takesConnections(source: string, target: Endpoint | null): Promise<boolean> {
  if (target === null) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: target.host, port: target.port, localAddress: source });
  socket.setTimeout(CONNECT_TIMEOUT_MS, () => resolve(false));
  socket.once('connect', () => resolve(true));
  socket.on('error', () => resolve(false));
  const up = await promise;
  socket.destroy();
  return up;
}
