/** What twins meet beyond portal, resolver and RADIUS: time, the server's WireGuard port, MikroTik's server of packages. */
import type { Clock } from '../../lib/clock.ts';
import { startNtpServer } from '../system/ntp-server.ts';
import { createWireguardServer, type HandshakeEnd } from '../system/wireguard-server.ts';
import type { TwinOptions } from '../twin.ts';

/** All of it may cross to another process as JSON. */
export interface OutsideSpec {
  /** A time server answers at port 123 of every address of the WAN. */
  readonly timeServer?: boolean;
  /** The server's end of the tunnels; it takes every key that comes, as it keeps the time stamps of each. */
  readonly wireguard?: { readonly endpoint: string; readonly publicKey: string };
  /** Newest RouterOS of each channel. */
  readonly releases?: Readonly<Record<string, string>>;
  /** `ip` → `ip:port`: what must take connections for a server's address to answer a ping. */
  readonly liveness?: Readonly<Record<string, string>>;
}

export interface Outside extends AsyncDisposable {
  readonly twinOptions: Pick<TwinOptions, 'wireguard' | 'releases' | 'liveness'>;
  readonly portMap: Readonly<Record<string, string>>;
  /** First messages of handshakes by what became of them. */
  handshakes(): Readonly<Record<HandshakeEnd, number>>;
}

const NO_HANDSHAKES = { answered: 0, replayed: 0, unknown: 0, silent: 0 };

export async function startOutside(spec: OutsideSpec, clock: Clock): Promise<Outside> {
  await using stack = new AsyncDisposableStack();
  const host = '127.0.0.1';
  const time =
    spec.timeServer === true
      ? stack.use(await startNtpServer({ host, port: 0, now: clock.now }))
      : null;
  const { wireguard, releases, liveness } = spec;
  const server =
    wireguard === undefined
      ? null
      : createWireguardServer(wireguard.publicKey, { takesEveryKey: true });
  const owned = stack.move();
  return {
    portMap: time === null ? {} : { '*:123': `${host}:${time.port}` },
    twinOptions: {
      ...(server === null ? {} : { wireguard: new Map([[wireguard!.endpoint, server]]) }),
      ...(releases === undefined ? {} : { releases: () => releases }),
      ...(liveness === undefined ? {} : { liveness }),
    },
    handshakes: () => server?.counters ?? NO_HANDSHAKES,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
