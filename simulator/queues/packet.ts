/** What crosses a village's link, and where it waits. */

export type Side = 'phone' | 'router' | 'server' | 'internet';
export type Direction = 'down' | 'up';

export interface Packet {
  /** `server` is behind the tunnel, where there is one. */
  readonly from: Side;
  readonly to: Side;
  /** With IP header, before the tunnel wraps it. */
  readonly octets: number;
  readonly protocol: 'tcp' | 'udp';
  /** Addresses as the sender and the receiver know them, before NAT. */
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly port: number;
  /** It is there. */
  readonly arrive?: (at: number) => void;
  /** It is gone: `queue` is one of the router's, `buffer` the modem's or the provider's, `air` the link's loss. */
  readonly lost?: (where: 'queue' | 'buffer' | 'air') => void;
}

/** A packet as the queues of the router see it. */
export interface Waiting {
  readonly packet: Packet;
  readonly direction: Direction;
  /** On the wire of the link. */
  readonly octets: number;
  /** Packet-mark; empty for none. */
  readonly mark: string;
  /** Hosts as seen before NAT, and on the wire. */
  readonly source: string;
  readonly destination: string;
  readonly wireSource: string;
  /** When it came into the queue, which CoDel goes by. */
  readonly since: number;
}

/** Protocol, addresses and ports: one connection. */
export function flowOf({ packet }: Waiting): string {
  const { protocol, source, destination, sourcePort, port } = packet;
  return `${protocol} ${source}:${sourcePort} ${destination}:${port}`;
}
