/**
 * Read-through cache: bounded, dropped by invalidation. A miss reads the store, so what is new works at
 * once; a fill that began before an invalidation is not kept. While invalidations may be lost it is
 * bypassed: every read goes to the store, and nothing is kept. Two generations instead of an order of use,
 * so that a hit is one look-up.
 */
export interface ReadThrough<V> {
  get(key: string): Promise<V>;
  /** Drops what has this id (see {@link CacheOptions.idOf}); `*` drops everything. */
  drop(id: string): void;
}

export interface CacheOptions<V> {
  /** The id that invalidations name a value by; without it every invalidation drops everything. */
  readonly idOf?: (value: V) => string | null;
  /** So many that were used last are kept, and never more than twice as many. */
  readonly capacity?: number;
  /** Whether invalidations may be lost just now. */
  readonly bypassed?: () => boolean;
  /** Whether to keep "there is none". Without it, what another node has just added works at once. */
  readonly keepNone?: boolean;
}

const CAPACITY = 32_768;

/** Values by key, and the keys of those that have an id. */
interface Generation<V> {
  readonly values: Map<string, V>;
  readonly keys: Map<string, string>;
}

export function readThrough<V>(
  load: (key: string) => Promise<V>,
  { capacity = CAPACITY, bypassed = () => false, keepNone = true, idOf }: CacheOptions<V> = {},
): ReadThrough<V> {
  let young: Generation<V> = generation();
  let old: Generation<V> = generation();
  let invalidations = 0;
  const keep = (key: string, value: V): void => {
    if (young.values.size >= capacity) {
      old = young;
      young = generation();
    }
    young.values.set(key, value);
    const id = idOf?.(value) ?? null;
    if (id !== null) young.keys.set(id, key);
  };
  return {
    get: async (key) => {
      if (bypassed()) return load(key);
      const recent = young.values.get(key);
      if (recent !== undefined) return recent;
      const known = old.values.get(key);
      if (known !== undefined) {
        keep(key, known);
        return known;
      }
      const began = invalidations;
      const value = await load(key);
      if (began === invalidations && (keepNone || value !== null)) keep(key, value);
      return value;
    },
    drop: (id) => {
      invalidations += 1;
      if (id === '*' || idOf === undefined) {
        young = generation();
        old = generation();
        return;
      }
      for (const { values, keys } of [young, old]) {
        const key = keys.get(id);
        if (key === undefined) continue;
        values.delete(key);
        keys.delete(id);
      }
    },
  };
}

function generation<V>(): Generation<V> {
  return { values: new Map(), keys: new Map() };
}
