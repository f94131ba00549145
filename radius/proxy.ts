/**
 * Proxies in front of us (a FreeRADIUS that routers are clients of). They sign with a secret of their
 * own and say by NAS-Identifier whose packet it is; a router's identity is its name here. One that
 * sends no such name is looked for by NAS-IP-Address.
 */
import type { Logger } from '../lib/log.ts';
import type { Cidr } from '../lib/net.ts';
import type { Store } from '../store/contract.ts';
import type { Nas } from '../store/types.ts';
import { addressOf, type Packet, textOf } from './codec.ts';
import { type RadiusSecret, radiusSecret, SHORT_SECRET } from './secret.ts';
import { isOutside } from './senders.ts';

export interface ProxyClient {
  /** Literal source address of its packets. */
  readonly address: string;
  readonly secret: string;
}

export interface Proxies {
  /** Undefined when no proxy has that address. */
  secretOf(address: string): RadiusSecret | undefined;
  /** The router that a proxied packet speaks for; null when we have no such. */
  nasOf(packet: Packet): Promise<Nas | null>;
}

export interface ProxyDeps {
  readonly store: Pick<Store, 'nasByName' | 'nasByAddress'>;
  readonly log: Logger;
  readonly tunnel?: Cidr;
}

export function createProxies(clients: readonly ProxyClient[], deps: ProxyDeps): Proxies {
  const secrets = new Map<string, RadiusSecret>();
  for (const { address, secret } of clients) {
    secrets.set(address, radiusSecret(secret));
    if (secret.length < SHORT_SECRET) {
      deps.log.warn({ address, characters: SHORT_SECRET }, 'secret of a proxy is too short');
    }
    if (isOutside(address, deps.tunnel)) {
      deps.log.warn({ address }, 'packets of a proxy come in clear from outside the tunnel');
    }
  }
  return {
    secretOf: (address) => secrets.get(address),
    nasOf: async (packet) => {
      const name = textOf(packet, 'NAS-Identifier');
      const named = name === undefined ? null : await deps.store.nasByName(name);
      if (named !== null) return named;
      const address = addressOf(packet, 'NAS-IP-Address');
      return address === undefined ? null : deps.store.nasByAddress(address);
    },
  };
}
