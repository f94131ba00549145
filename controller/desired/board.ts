/**
 * What a board can carry, by the memory it says it has (never by its model: the same name has been sold
 * with 128 and 256 MB). Source: MikroTik's board list, reports of routers that died of static names.
 */
import type { VillageInput } from './types.ts';

export interface BoardLimits {
  /** `/ip/dns cache-size`. */
  readonly cacheKib: number;
  readonly concurrentQueries: number;
  /** Phones on one radio. */
  readonly clients: number;
  /** Static names of ours that are refused while the server is down. */
  readonly floorNames: number;
  /** Whether an adlist fits beside everything else. */
  readonly adlist: boolean;
  /** Whether CAKE fits, which keeps megabytes of queue a tree. */
  readonly cake: boolean;
}

const CLASSES: readonly (readonly [upToMb: number, limits: BoardLimits])[] = [
  // hAP lite
  [
    32,
    {
      cacheKib: 1024,
      concurrentQueries: 50,
      clients: 25,
      floorNames: 50,
      adlist: false,
      cake: false,
    },
  ],
  // hAP ac lite, mAP, wAP
  [
    64,
    {
      cacheKib: 2048,
      concurrentQueries: 100,
      clients: 30,
      floorNames: 100,
      adlist: false,
      cake: true,
    },
  ],
  // hAP ac2, cAP ac
  [
    128,
    {
      cacheKib: 4096,
      concurrentQueries: 150,
      clients: 40,
      floorNames: 200,
      adlist: true,
      cake: true,
    },
  ],
  // hEX, hAP ax lite
  [
    256,
    {
      cacheKib: 8192,
      concurrentQueries: 200,
      clients: 60,
      floorNames: 300,
      adlist: true,
      cake: true,
    },
  ],
];
/** hAP ax2 and above, and boards that do not say. */
const LARGE: BoardLimits = {
  cacheKib: 16_384,
  concurrentQueries: 300,
  clients: 100,
  floorNames: 300,
  adlist: true,
  cake: true,
};
const UNKNOWN: BoardLimits = { ...LARGE, cacheKib: 8192, concurrentQueries: 200, clients: 60 };

/** Null: the board does not say how much memory it has. */
export function limitsOf(memoryMb: number | null): BoardLimits {
  if (memoryMb === null) return UNKNOWN;
  return CLASSES.find(([upToMb]) => memoryMb <= upToMb)?.[1] ?? LARGE;
}

/** With what operators have set. */
export function boardLimits({ facts, local }: VillageInput): BoardLimits {
  const limits = limitsOf(facts.memoryMb ?? null);
  return {
    ...limits,
    cacheKib: local.get('dns.cache-kib') ?? limits.cacheKib,
    clients: local.get('wifi.clients') ?? limits.clients,
  };
}
