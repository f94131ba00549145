/**
 * The report of suspicious entries: a popular name that only one list of its category holds is more
 * often a mistake of that list than a discovery. Nothing is left out because of it; people look at it.
 */
import type { Category } from './categories.ts';
import { fromWire } from './name.ts';
import { parseList } from './parse-list.ts';
import type { Seed } from './suffix-hash.ts';
import { createTableBuilder, maskOf, openTable, probe } from './table.ts';

export interface SuspiciousEntry {
  readonly name: string;
  readonly category: Category;
  readonly list: string;
  readonly line: number;
}

export interface Popularity {
  /** An entry of a list, by the fingerprints of its suffixes. */
  saw(
    hashes: Uint32Array,
    labels: number,
    wire: Uint8Array,
    where: Omit<SuspiciousEntry, 'name'>,
  ): void;
  suspicious(): SuspiciousEntry[];
}

/** Without a list of popular names nothing is suspicious. */
export function createPopularity(topSites: Uint8Array | undefined, seed: Seed): Popularity {
  const builder = createTableBuilder(seed);
  if (topSites !== undefined) {
    parseList(topSites, { format: 'domains' }, (wire) => builder.insert(wire, maskOf(0, 'exact')));
  }
  const popular = openTable(builder.finish());
  /** By name and category: the first entry, and the lists that hold it. */
  const seen = new Map<string, { readonly first: SuspiciousEntry; readonly lists: Set<string> }>();
  return {
    saw: (hashes, labels, wire, where) => {
      if (probe(popular, hashes[2 * labels - 2]!, hashes[2 * labels - 1]!) === 0) return;
      const name = fromWire(wire);
      const key = `${where.category} ${name}`;
      const known = seen.get(key) ?? { first: { name, ...where }, lists: new Set() };
      known.lists.add(where.list);
      seen.set(key, known);
    },
    suspicious: () =>
      [...seen.values()].flatMap(({ first, lists }) => (lists.size < 2 ? [first] : [])),
  };
}
