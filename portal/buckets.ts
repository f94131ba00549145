/** Token buckets by key, in a bounded map: the longest unused key goes first. */
export interface Bucket {
  readonly burst: number;
  readonly perSecond: number;
}

/** Takes one of the key's tokens; false when there is none left beyond those that are `spared`. */
export function createBuckets(
  bucket: Bucket,
  keys: number,
): (key: string, nowMs: number, spared?: number) => boolean {
  const levels = new Map<string, { tokens: number; at: number }>();
  return (key, nowMs, spared = 0) => {
    const was = levels.get(key) ?? { tokens: bucket.burst, at: nowMs };
    const refill = (Math.max(0, nowMs - was.at) / 1000) * bucket.perSecond;
    const tokens = Math.min(bucket.burst, was.tokens + refill);
    const admitted = tokens >= 1 + spared;
    // Set anew, so that the map stays in order of use.
    levels.delete(key);
    levels.set(key, { tokens: admitted ? tokens - 1 : tokens, at: nowMs });
    if (levels.size > keys) levels.delete(levels.keys().next().value!);
    return admitted;
  };
}
