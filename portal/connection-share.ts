/**
 * How many connections one address may hold, and all addresses of one network together. Who opens all they can
 * must leave enough for their neighbours, and a village that does so, by whatever addresses, for the others. A
 * NAT or a proxy in front of the portal holds those of many phones. So each gets a floor while there is room,
 * and beyond it a part of what is still free: less, the fuller it is.
 */
export interface Share {
  readonly floor: number;
  /** Of the free ones, above 0 and at most 1. */
  readonly part: number;
}

export interface ShareLimits {
  readonly total: number;
  readonly address: Share;
  readonly network: Share;
}

export interface ConnectionShare {
  /** True when the connection may stay; it is to be closed by {@link close} in that case only. */
  open(address: string, network: string): boolean;
  close(address: string, network: string): void;
}

export function createConnectionShare({ total, ...limits }: ShareLimits): ConnectionShare {
  const addresses = new Map<string, number>();
  const networks = new Map<string, number>();
  let all = 0;
  const fits = (held: number, { floor, part }: Share): boolean =>
    held < Math.max(floor, (total - all) * part);
  return {
    open: (address, network) => {
      const own = addresses.get(address) ?? 0;
      const neighbours = networks.get(network) ?? 0;
      const admitted = all < total && fits(own, limits.address) && fits(neighbours, limits.network);
      if (!admitted) return false;
      addresses.set(address, own + 1);
      networks.set(network, neighbours + 1);
      all += 1;
      return true;
    },
    close: (address, network) => {
      all -= 1;
      takeOne(addresses, address);
      takeOne(networks, network);
    },
  };
}

function takeOne(held: Map<string, number>, key: string): void {
  const left = (held.get(key) ?? 0) - 1;
  if (left > 0) held.set(key, left);
  else held.delete(key);
}
