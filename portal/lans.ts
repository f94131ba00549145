/** Whose village LAN an address is of: what a phone says of its router can be held against it. */
import { cidrContains, parseCidr, parseIpv4 } from '../lib/net.ts';
import type { Router } from '../store/types.ts';
import type { PortalOptions } from './types.ts';

/** Null for an address of no village LAN: of the Internet, of a NAT in front of us, or IPv6. */
export type FindRouterBehind = (address: string) => Promise<Router | null>;

/** A router that was added or moved counts after this time. */
const ROUTERS_MS = 10_000;

/** All routers are read together, and not for every request. */
export function createLanFinder({
  store,
  clock,
}: Pick<PortalOptions, 'store' | 'clock'>): FindRouterBehind {
  let lans: ReturnType<typeof readLans> | null = null;
  let readAt = 0;
  const readLans = async () =>
    (await store.listRouters()).flatMap((router) => {
      const lan = parseCidr(router.lanSubnet);
      return lan === null ? [] : [{ lan, router }];
    });
  return async (address) => {
    const value = parseIpv4(address);
    if (value === null) return null;
    const now = clock.now();
    if (lans === null || Math.abs(now - readAt) > ROUTERS_MS) {
      lans = readLans();
      readAt = now;
      lans.catch(() => {
        lans = null;
      });
    }
    return (await lans).find(({ lan }) => cidrContains(lan, value))?.router ?? null;
  };
}
