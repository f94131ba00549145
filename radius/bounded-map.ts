/**
 * A map that forgets what has not been touched for longest. Two generations instead of an order: a
 * `Map` whose first entry is deleted again and again gets slow, because its iterators walk the gaps.
 */
export interface BoundedMap<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  clear(): void;
}

/** Keeps the last `capacity` keys touched, and never more than twice as many. */
export function boundedMap<V>(capacity: number): BoundedMap<V> {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  const set = (key: string, value: V): void => {
    if (young.size >= capacity && !young.has(key)) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };
  return {
    get: (key) => {
      const recent = young.size === 0 ? undefined : young.get(key);
      if (recent !== undefined || old.size === 0) return recent;
      const value = old.get(key);
      if (value !== undefined) set(key, value);
      return value;
    },
    set,
    delete: (key) => {
      young.delete(key);
      old.delete(key);
    },
    clear: () => {
      young.clear();
      old.clear();
    },
  };
}
