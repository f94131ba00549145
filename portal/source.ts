/**
 * Who stands behind a source address, for budgets that no claim of a request may get around.
 *
 * In the LAN of its router an address is one phone: routers do not hide their phones (docs/architecture.md, the
 * network path). Any other may be a whole village behind a NAT: it gets a village's number, and that only once,
 * whichever routers it names. IPv6 counts by /64, which one line has for itself.
 */
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

/** An IPv4 address, or the /64 of an IPv6 one. */
export function lineOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('%')[0]!.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
