/**
 * Whose question is it: the source address of a query leads to its village. The address is a router's
 * (its tunnel end) or a phone's, un-NATed, in the village's own LAN. Ranges are sorted and found by binary
 * search; they never overlap, because the store allots them.
 */
import { parseCidr, parseIpv4, plainAddress } from '../lib/net.ts';
import { FilterError } from './errors.ts';

export interface Network {
  /** `172.16.0.0/22`, or the one address of a router. */
  readonly cidr: string;
  readonly router: string;
  /** Kemendagri code. */
  readonly village: string;
  /** Kemendagri code. */
  readonly district: string;
}

/** What the store knows of a router that matters here; a `Router` row fits. */
export interface RouterPlace {
  readonly name: string;
  readonly villageCode: string;
  readonly districtCode: string;
  readonly address: string;
  readonly lanSubnet: string;
}

/** Both ways by which a router's phones may be seen. */
export function networksOf(routers: readonly RouterPlace[]): Network[] {
  return routers.flatMap((router) =>
    [router.address, router.lanSubnet].map((cidr) => ({
      cidr,
      router: router.name,
      village: router.villageCode,
      district: router.districtCode,
    })),
  );
}

export interface NetworkIndex {
  /** First and last address of `networks[i]`, ascending. */
  readonly firsts: Uint32Array;
  readonly lasts: Uint32Array;
  readonly networks: readonly Network[];
}

/** `FILTER_NETWORK_INVALID` for what is no network, `FILTER_NETWORK_OVERLAP` when an address has two. */
export function indexNetworks(networks: readonly Network[]): NetworkIndex {
  const ranges = networks.map(rangeOf).toSorted((a, b) => a.first - b.first);
  for (const [i, range] of ranges.entries()) {
    const before = ranges[i - 1];
    if (before !== undefined && before.last >= range.first) {
      throw new FilterError(
        'FILTER_NETWORK_OVERLAP',
        `${before.network.cidr} of ${before.network.router} and ${range.network.cidr} of ` +
          `${range.network.router} overlap`,
      );
    }
  }
  return {
    firsts: Uint32Array.from(ranges, (range) => range.first),
    lasts: Uint32Array.from(ranges, (range) => range.last),
    networks: ranges.map((range) => range.network),
  };
}

/** Place of the network that holds a source address; -1 for a stranger (and for any IPv6 address). */
export function whoIsAsking(index: NetworkIndex, address: string): number {
  const value = parseIpv4(plainAddress(address));
  if (value === null) return -1;
  let low = 0;
  let high = index.firsts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (index.firsts[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low > 0 && index.lasts[low - 1]! >= value ? low - 1 : -1;
}

function rangeOf(network: Network): { first: number; last: number; network: Network } {
  const cidr = parseCidr(network.cidr.includes('/') ? network.cidr : `${network.cidr}/32`);
  if (cidr === null) {
    throw new FilterError(
      'FILTER_NETWORK_INVALID',
      `"${network.cidr}" of ${network.router} is no IPv4 network`,
    );
  }
  return { first: cidr.first, last: cidr.last, network };
}
