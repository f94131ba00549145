/** Upstream answers by question, for as long as they may live; the least recently used goes first. */
import type { Relay } from './relay.ts';

interface Entry {
  readonly relay: Relay;
  readonly storedAt: number;
  readonly expiresAt: number;
}

export interface AnswerCache {
  /** The answer and its age in seconds; null when there is none, or none that is fresh. */
  get(key: string, nowMs: number): { readonly relay: Relay; readonly ageSeconds: number } | null;
  set(key: string, relay: Relay, nowMs: number): void;
  size(): number;
}

/** Longer answers are rare, and would let few names fill the memory. */
const MAX_KEPT_OCTETS = 4096;

/** `maxEntries` 0 keeps nothing. */
export function createAnswerCache(maxEntries: number): AnswerCache {
  const entries = new Map<string, Entry>();
  return {
    get: (key, nowMs) => {
      const entry = entries.get(key);
      if (entry === undefined) return null;
      entries.delete(key);
      if (entry.expiresAt <= nowMs || entry.storedAt > nowMs) return null;
      entries.set(key, entry);
      return { relay: entry.relay, ageSeconds: Math.floor((nowMs - entry.storedAt) / 1000) };
    },
    set: (key, relay, nowMs) => {
      if (relay.lifeSeconds === 0 || relay.bytes.length > MAX_KEPT_OCTETS || maxEntries === 0)
        return;
      entries.delete(key);
      if (entries.size >= maxEntries) entries.delete(entries.keys().next().value!);
      entries.set(key, { relay, storedAt: nowMs, expiresAt: nowMs + relay.lifeSeconds * 1000 });
    },
    size: () => entries.size,
  };
}
