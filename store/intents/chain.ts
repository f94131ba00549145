/** Trails that only grow: each entry's hash covers the one before, so that a change of the past shows. */
import { hash } from 'node:crypto';

export type ChainField = string | number | null;

export interface Link {
  /** From 1, without gaps. */
  readonly seq: number;
  readonly hash: string;
}

/** SHA-256 over the previous entry's hash and the fields of this one. */
export function chainHash(previous: string, fields: readonly ChainField[]): string {
  return hash('sha256', JSON.stringify([previous, ...fields]));
}

/** The first entry that does not follow from the one before; null when all do. `entries` from the first on. */
export function brokenLink<T extends Link>(
  entries: readonly T[],
  fieldsOf: (entry: T) => readonly ChainField[],
  before: Link = { seq: 0, hash: '' },
): T | null {
  let { seq, hash: previous } = before;
  for (const entry of entries) {
    seq += 1;
    if (entry.seq !== seq || entry.hash !== chainHash(previous, fieldsOf(entry))) return entry;
    previous = entry.hash;
  }
  return null;
}
