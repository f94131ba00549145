/** Answers that the router keeps, within `cache-size` and beside the adlists that lie in the same memory. */
import type { Clock } from '../../lib/clock.ts';
import type { DnsConfig } from './config.ts';
import { aged, lifetime, RCODE, rcodeOf } from './wire.ts';

/** The names that the router refuses by itself, and what they take of the cache. */
export interface Refusals {
  refuses(name: string): boolean;
  octets(): number;
}

export interface KeptAnswer {
  readonly name: string;
  readonly type: number;
  readonly message: Buffer;
  /** Left of its life. */
  readonly seconds: number;
}

export interface AnswerCache {
  /** The answer as it reads now, for the query with this id. */
  find(key: string, id: number): Buffer | null;
  keep(key: string, message: Buffer, config: DnsConfig): void;
  clear(): void;
  all(): KeptAnswer[];
  /** Octets in use, adlists included. */
  used(): number;
}

interface Kept {
  readonly message: Buffer;
  readonly at: number;
  readonly until: number;
}

/** What the cache holds before there is an answer in it, and beside each answer. */
const BASE_OCTETS = 44 * 1024;
const ENTRY_OCTETS = 100;

/** Keys are `type name`. */
export function createCache(clock: Clock, adlists: Refusals | undefined): AnswerCache {
  const cache = new Map<string, Kept>();
  let octets = 0;
  const used = (): number => BASE_OCTETS + octets + (adlists?.octets() ?? 0);
  const drop = (key: string): void => {
    const kept = cache.get(key);
    if (kept === undefined) return;
    cache.delete(key);
    octets -= kept.message.length + ENTRY_OCTETS;
  };
  return {
    used,
    find(key, id) {
      const kept = cache.get(key);
      const now = clock.now();
      if (kept !== undefined && kept.until > now) {
        return aged(kept.message, id, Math.floor((now - kept.at) / 1000));
      }
      drop(key);
      return null;
    },
    keep(key, message, config) {
      const seconds = Math.min(lifetime(message), config.maxTtlSeconds);
      const rcode = rcodeOf(message);
      const keepable = rcode === RCODE.noError || rcode === RCODE.nameError;
      if (!config.cached || seconds === 0 || !keepable) return;
      const size = message.length + ENTRY_OCTETS;
      drop(key);
      for (const oldest of cache.keys()) {
        if (used() + size <= config.cacheOctets) break;
        drop(oldest);
      }
      if (used() + size > config.cacheOctets) return;
      const at = clock.now();
      cache.set(key, { message, at, until: at + seconds * 1000 });
      octets += size;
    },
    clear() {
      cache.clear();
      octets = 0;
    },
    all() {
      const now = clock.now();
      return [...cache]
        .filter(([, { until }]) => until > now)
        .map(([key, { message, until }]) => {
          const [type = '', name = ''] = key.split(' ');
          return { name, type: Number(type), message, seconds: Math.ceil((until - now) / 1000) };
        });
    },
  };
}
