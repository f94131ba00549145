/**
 * Read-through cache: least recently used, bounded, dropped by invalidation. A miss reads the store,
 * so what is new works at once; a fill that began before an invalidation is not kept. While invalidations
 * may be lost it is bypassed: every read goes to the store, and nothing is kept.
 */
export interface ReadThrough<V> {
  get(key: string): Promise<V>;
  /** Drops what has this id (see {@link CacheOptions.idOf}); `*` drops everything. */
  drop(id: string): void;
}

export interface CacheOptions<V> {
  /** The id that invalidations name a value by; without it every invalidation drops everything. */
  readonly idOf?: (value: V) => string | null;
  readonly capacity?: number;
  /** Whether invalidations may be lost just now. */
  readonly bypassed?: () => boolean;
  /** Whether to keep "there is none". Without it, what another node has just added works at once. */
  readonly keepNone?: boolean;
}

const CAPACITY = 32_768;

export function readThrough<V>(
  load: (key: string) => Promise<V>,
  { capacity = CAPACITY, bypassed = () => false, keepNone = true, idOf }: CacheOptions<V> = {},
): ReadThrough<V> {
  const kept = new Map<string, V>();
  const keys = new Map<string, string>();
  let generation = 0;
  const keep = (key: string, value: V): void => {
    kept.set(key, value);
    const id = idOf?.(value) ?? null;
    if (id !== null) keys.set(id, key);
    if (kept.size <= capacity) return;
    const [oldest, its] = kept.entries().next().value!;
    kept.delete(oldest);
    const gone = idOf?.(its) ?? null;
    if (gone !== null) keys.delete(gone);
  };
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
      if (began === generation && (keepNone || value !== null)) keep(key, value);
      return value;
    },
    drop: (id) => {
      generation += 1;
      if (id === '*' || idOf === undefined) {
        kept.clear();
        keys.clear();
        return;
      }
      const key = keys.get(id);
      if (key === undefined) return;
      kept.delete(key);
      keys.delete(id);
    },
  };
}
