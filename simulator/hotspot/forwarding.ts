/**
 * What becomes of a packet from a phone: it ends at the router, is refused, or leaves by WAN or tunnel
 * under one source address. Decided by NAT and filter rows of the configuration alone; the answer must
 * find its way back through the same filter.
 */
import type { Firewall, FlowPacket } from './firewall.ts';

export interface ForwardingOptions {
  readonly firewall: () => Firewall;
  readonly isTunnel: (address: string) => boolean;
  /** Whether the router itself has this address. */
  readonly owns: (address: string) => boolean;
  readonly lanInterface: () => string;
  readonly wireguard: () => string | null;
  /** The router's address towards WAN and tunnel. */
  readonly routerAddress: string;
}

export type Path =
  | { readonly kind: 'router'; readonly port: number }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'reset' }
  | {
      readonly kind: 'forward';
      readonly address: string;
      readonly port: number;
      /** Source address behind the router. */
      readonly source: string;
      /** Past the hotspot's counters and queues. */
      readonly fasttrack: boolean;
      readonly interface: string;
    };

export const WAN_INTERFACE = 'ether1';

export interface Asked {
  readonly protocol: 'tcp' | 'udp';
  readonly source: string;
  readonly address: string;
  readonly port: number;
}

export function pathOf(options: ForwardingOptions, asked: Asked): Path {
  const firewall = options.firewall();
  const from = options.lanInterface();
  const { protocol, source } = asked;
  const first = packetOf({ ...asked, from, to: '' });
  const translated = options.owns(asked.address) ? null : firewall.destination(first);
  if (translated === null || translated.kind === 'router') {
    const port = translated?.port ?? asked.port;
    const verdict = firewall.filter('input', { ...first, port });
    return verdict.kind === 'accept' ? { kind: 'router', port } : refusal(verdict);
  }
  const { address, port } = translated.kind === 'other' ? translated : asked;
  const tunnel = options.isTunnel(address);
  const to = tunnel ? (options.wireguard() ?? '') : WAN_INTERFACE;
  const packet = packetOf({ protocol, source, address, port, from, to });
  const verdict = firewall.filter('forward', packet);
  if (verdict.kind !== 'accept') return refusal(verdict);
  const answer: FlowPacket = {
    ...packet,
    source: address,
    destination: source,
    from: to,
    to: from,
    state: 'established',
  };
  const back = firewall.filter('forward', answer);
  if (back.kind !== 'accept') return { kind: 'dropped' };
  const onward = firewall.filter('forward', { ...packet, state: 'established' });
  if (onward.kind !== 'accept') return { kind: 'dropped' };
  return {
    kind: 'forward',
    address,
    port,
    source: firewall.masqueradedAs(packet, options.routerAddress) ?? source,
    fasttrack: back.fasttrack || onward.fasttrack,
    interface: to,
  };
}

function packetOf(flow: Asked & { from: string; to: string }): FlowPacket {
  const { protocol, source, address, port, from, to } = flow;
  return { protocol, source, destination: address, port, from, to, state: 'new' };
}

function refusal(verdict: { kind: string; tcpReset?: boolean }): Path {
  return verdict.kind === 'reject' ? { kind: 'reset' } : { kind: 'dropped' };
}
