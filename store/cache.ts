/**
 * Read-through cache: least recently used, bounded, dropped by invalidation. A miss reads the store,
 * so what is new works at once; a fill that began before an invalidation is not kept.
 */
export interface ReadThrough<V> {
  get(key: string): Promise<V>;
  /** Drops everything. */
  clear(): void;
}

const CAPACITY = 32_768;

export function readThrough<V>(
  load: (key: string) => Promise<V>,
  capacity = CAPACITY,
): ReadThrough<V> {
  const kept = new Map<string, V>();
  let generation = 0;
  return {
    get: async (key) => {
      if (kept.has(key)) {
        const value = kept.get(key) as V;
        kept.delete(key);
        kept.set(key, value);
        return value;
      }
      const began = generation;
      const value = await load(key);
      if (began === generation) {
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
