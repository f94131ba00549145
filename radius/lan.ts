/** Whether an address is of the village LAN behind a router. A network is read once as long as its row stays. */
import { type Cidr, cidrContains, parseCidr, parseIpv4 } from '../lib/net.ts';
import type { Router } from '../store/types.ts';

export type IsBehind = (router: Pick<Router, 'lanSubnet'>, address: string) => boolean;

export function lanReader(): IsBehind {
  const lans = new WeakMap<object, Cidr | null>();
  return (router, address) => {
    let lan = lans.get(router);
    if (lan === undefined) {
      lan = parseCidr(router.lanSubnet);
      lans.set(router, lan);
    }
    const value = parseIpv4(address);
    return lan !== null && value !== null && cidrContains(lan, value);
  };
}
