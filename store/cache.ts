/**
 * Read-through cache: least recently used, bounded, dropped by invalidation. A miss reads the store,
 * so what is new works at once; a fill that began before an invalidation is not kept. While invalidations
 * may be lost it is bypassed: every read goes to the store, and nothing is kept.
 */
export interface ReadThrough<V> {
  get(key: string): Promise<V>;
  /** Drops everything. */
  clear(): void;
}

export interface CacheOptions {
  readonly capacity?: number;
  /** Whether invalidations may be lost just now. */
  readonly bypassed?: () => boolean;
  /** Whether to keep "there is none". Without it, what another node has just added works at once. */
  readonly keepNone?: boolean;
}

const CAPACITY = 32_768;

export function readThrough<V>(
  load: (key: string) => Promise<V>,
  { capacity = CAPACITY, bypassed = () => false, keepNone = true }: CacheOptions = {},
): ReadThrough<V> {
  const kept = new Map<string, V>();
  let generation = 0;
  return {
    get: async (key) => {
      if (bypassed()) return load(key);
      if (kept.has(key)) {
        const value = kept.get(key) as V;
        kept.delete(key);
        kept.set(key, value);
        return value;
      }
      const began = generation;
      const value = await load(key);
      if (began === generation && (keepNone || value !== null)) {
        kept.set(key, value);
        if (kept.size > capacity) kept.delete(kept.keys().next().value!);
      }
      return value;
    },
    clear: () => {
      generation += 1;
      kept.clear();
    },
  };
}
