/**
 * Who stands behind a source address, for budgets that no claim of a request may get around.
 *
 * In the LAN of its router an address is one phone: routers do not hide their phones (docs/architecture.md, the
 * network path). Any other may be a whole village behind a NAT: it gets a village's number, and that only once,
 * whichever routers it names. IPv6 counts by /64, which one line has for itself.
 */
import { lineOf } from '../lib/net.ts';
import type { Router } from '../store/types.ts';
import { isBehind } from './context.ts';

export interface Source {
  readonly kind: 'phone' | 'many';
  readonly key: string;
}

export function sourceAt(router: Pick<Router, 'id' | 'lanSubnet'>, address: string): Source {
  return isBehind(router, address)
    ? { kind: 'phone', key: `${router.id} ${address}` }
    : { kind: 'many', key: lineOf(address) };
}
