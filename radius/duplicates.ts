/**
 * Retransmits get the very reply of the first packet (RFC 5080 §2.2.2). A request is known by where it
 * came from, where it came to, its code and identifier, and its Request Authenticator; a new
 * authenticator under the same identifier is a new request.
 */
import { boundedMap } from './bounded-map.ts';

export interface Duplicates {
  begin(key: string, authenticator: Uint8Array, nowMs: number): Duplicate;
}

export type Duplicate =
  | { readonly kind: 'new'; readonly entry: PendingReply }
  | { readonly kind: 'in-progress' }
  | { readonly kind: 'done'; readonly reply: Buffer };

export interface PendingReply {
  /** Kept for retransmits; null forgets the request, so that a retransmit is tried again. */
  settle(reply: Buffer | null): void;
}

interface Entry {
  readonly authenticator: string;
  readonly at: number;
  reply: Buffer | null;
}

const LIFE_MS = 30_000;
const CAPACITY = 32_768;

export function createDuplicates(capacity = CAPACITY): Duplicates {
  const entries = boundedMap<Entry>(capacity);
  return {
    begin: (key, authenticator, nowMs) => {
      const word = Buffer.from(authenticator).toString('latin1');
      const known = entries.get(key);
      if (known?.authenticator === word && nowMs - known.at < LIFE_MS) {
        return known.reply === null
          ? { kind: 'in-progress' }
          : { kind: 'done', reply: known.reply };
      }
      const entry: Entry = { authenticator: word, at: nowMs, reply: null };
      entries.set(key, entry);
      const settle = (reply: Buffer | null): void => {
        entry.reply = reply;
        if (reply === null && entries.get(key) === entry) entries.delete(key);
      };
      return { kind: 'new', entry: { settle } };
    },
  };
}
