/** Whose village LAN an address is of: what a phone says of its router can be held against it. */
import { type Cidr, cidrContains, parseCidr, parseIpv4 } from '../lib/net.ts';
import type { Router } from '../store/types.ts';
import type { PortalOptions } from './types.ts';

export interface Lans {
  /** Null for an address of no village LAN: of the Internet, of a NAT in front of us, or IPv6. */
  routerBehind(address: string): Promise<Router | null>;
  /** The LAN's router, by what was read last; one name for all addresses of no LAN. Waits for nothing. */
  networkOf(address: string): string;
}

interface Lan {
  readonly lan: Cidr;
  readonly router: Router;
}

/** The network of all addresses that are in no village's LAN. */
export const OUTSIDE = 'outside';

/** A router that was added or moved counts after this time. */
const ROUTERS_MS = 10_000;

/** All routers are read together, and not for every request. */
export function createLans({
  store,
  clock,
  log,
}: Pick<PortalOptions, 'store' | 'clock' | 'log'>): Lans {
  let known: readonly Lan[] = [];
  let reading: Promise<readonly Lan[]> | null = null;
  let readAt = 0;
  const current = async (): Promise<readonly Lan[]> => {
    const now = clock.now();
    if (reading === null || Math.abs(now - readAt) > ROUTERS_MS) {
      readAt = now;
      reading = lansOf(store);
      reading.then(
        (lans) => {
          known = lans;
        },
        () => {
          reading = null;
        },
      );
    }
    return reading;
  };
  return {
    routerBehind: async (address) => find(await current(), address),
    networkOf: (address) => {
      current().catch((error: unknown) => log.debug({ err: error }, 'routers could not be read'));
      return find(known, address)?.id ?? OUTSIDE;
    },
  };
}

async function lansOf(store: Pick<PortalOptions['store'], 'listRouters'>): Promise<Lan[]> {
  return (await store.listRouters()).flatMap((router) => {
    const lan = parseCidr(router.lanSubnet);
    return lan === null ? [] : [{ lan, router }];
  });
}

function find(lans: readonly Lan[], address: string): Router | null {
  const value = parseIpv4(address);
  if (value === null) return null;
  return lans.find(({ lan }) => cidrContains(lan, value))?.router ?? null;
}
