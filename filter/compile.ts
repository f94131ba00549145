/**
 * Lists to one fingerprint table, with a report that an operator can act on.
 *
 * A name of a `hosts` list in `exact` mode covers itself and its `www.` twin. A public suffix covers itself
 * alone. An entry at or below a protected name is reported and left out; an entry above one (`go.id`,
 * `apple.com`) is reported and applied, for the protected name itself stays reachable at every policy.
 */
import { randomBytes } from 'node:crypto';
import type { BlockList } from '../store/types.ts';
import { type Category, categoryBit, requireCategory } from './categories.ts';
import { FilterError } from './errors.ts';
import { fromWire, MAX_NAME_OCTETS, requireWire } from './name.ts';
import { type ListCounts, parseList } from './parse-list.ts';
import { protectedNames } from './protected.ts';
import { isRegistryLevel, NAMED_PUBLIC_SUFFIXES } from './public-suffixes.ts';
import { hashSuffixes, type Seed } from './suffix-hash.ts';
import { createPopularity, type Popularity, type SuspiciousEntry } from './suspicious.ts';
import {
  bitsOf,
  createTableBuilder,
  type FilterTable,
  maskOf,
  openTable,
  probe,
  type TableBuilder,
  type TableReader,
  tableBytes,
} from './table.ts';

export interface ListText {
  readonly list: BlockList;
  readonly text: Uint8Array;
}

export interface CompileOptions {
  readonly portalHosts?: readonly string[];
  /** Popular names, one a line: entries that only one list of a category holds are reported. */
  readonly topSites?: Uint8Array;
  /** For tests; random otherwise. */
  readonly seed?: Seed;
}

export interface ReportedEntry {
  readonly list: string;
  readonly line: number;
  readonly name: string;
  /** `below`: at or below a protected name, left out. `above`: applied, the protected name exempt. */
  readonly relation: 'below' | 'above';
}

export interface ListReport extends ListCounts {
  readonly name: string;
  readonly category: Category;
  /** Public suffixes, which cover themselves alone. */
  readonly publicSuffixes: number;
  /** Entries left out or limited because of protected names. */
  readonly protectedHits: number;
}

export interface CompileReport {
  readonly entries: number;
  readonly bytes: number;
  readonly lists: readonly ListReport[];
  /** The first {@link MAX_REPORTED}. */
  readonly protectedEntries: readonly ReportedEntry[];
  readonly suspicious: readonly SuspiciousEntry[];
}

export const MAX_REPORTED = 200;
const MAX_SEEDS = 3;

/**
 * Takes about half a second of CPU a million names and does not yield: call it in a worker.
 * `FILTER_CATEGORY_UNKNOWN`, `FILTER_NAME_INVALID` (a portal host), `FILTER_TABLE_COLLISION`.
 */
export function compileLists(
  lists: readonly ListText[],
  options: CompileOptions = {},
): { table: FilterTable; report: CompileReport } {
  for (let attempt = 1; ; attempt += 1) {
    const seed = options.seed ?? randomSeed();
    const run = compileWith(lists, options, seed);
    if (run.builder.collisions() === 0) {
      const table = run.builder.finish();
      return { table, report: { ...run.report, entries: table.entries, bytes: tableBytes(table) } };
    }
    if (attempt === MAX_SEEDS || options.seed !== undefined) {
      throw new FilterError('FILTER_TABLE_COLLISION', 'names of the lists share a fingerprint');
    }
  }
}

export function randomSeed(): Seed {
  const bytes = randomBytes(8);
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
}

interface Run {
  readonly builder: TableBuilder;
  readonly guards: TableReader;
  readonly popularity: Popularity;
  readonly reported: ReportedEntry[];
}

function compileWith(
  lists: readonly ListText[],
  options: CompileOptions,
  seed: Seed,
): { builder: TableBuilder; report: Omit<CompileReport, 'entries' | 'bytes'> } {
  const expected = lists.reduce((sum, { list, text }) => sum + expectedEntries(list, text), 0);
  const run: Run = {
    builder: createTableBuilder(seed, expected),
    guards: guardTable(options.portalHosts ?? [], seed),
    popularity: createPopularity(options.topSites, seed),
    reported: [],
  };
  const reports = lists.map((entry) => addList(run, entry));
  return {
    builder: run.builder,
    report: {
      lists: reports,
      protectedEntries: run.reported,
      suspicious: run.popularity.suspicious(),
    },
  };
}

function addList(run: Run, { list, text }: ListText): ListReport {
  const category = requireCategory(list.category);
  const bit = categoryBit(category);
  const twins = list.format === 'hosts' && list.match === 'exact';
  const twin = new Uint8Array(MAX_NAME_OCTETS + 5);
  twin.set([3, 0x77, 0x77, 0x77]);
  let publicSuffixes = 0;
  let protectedHits = 0;
  const counts = parseList(text, { format: list.format }, (wire, length, line) => {
    const { builder } = run;
    const labels = hashSuffixes(builder.hasher, wire, 0);
    const guard = guardOf(run.guards, builder.hasher.hashes, labels);
    const above = (guard & (1 << ABOVE)) !== 0 && list.match === 'suffix';
    if ((guard & (1 << BELOW)) !== 0 || above) {
      protectedHits += 1;
      if (run.reported.length < MAX_REPORTED) {
        const relation = above ? 'above' : 'below';
        run.reported.push({ list: list.name, line, name: fromWire(wire), relation });
      }
      if (!above) return;
    }
    const isPublic = (guard & (1 << PUBLIC)) !== 0 || isRegistryLevel(wire, labels);
    if (isPublic) publicSuffixes += 1;
    run.popularity.saw(builder.hasher.hashes, labels, wire, { category, list: list.name, line });
    builder.insertHashed(wire, labels, maskOf(bit, isPublic ? 'exact' : list.match));
    if (twins && length + 4 <= MAX_NAME_OCTETS && !isTwin(wire)) {
      twin.set(wire.subarray(0, length), 4);
      builder.insert(twin, maskOf(bit, 'exact'));
    }
  });
  return { ...counts, name: list.name, category, publicSuffixes, protectedHits };
}

const BELOW = 0;
const ABOVE = 1;
const PUBLIC = 2;

/** Protected names, what lies above them, and public suffixes, under the seed of the compile. */
function guardTable(portalHosts: readonly string[], seed: Seed): TableReader {
  const builder = createTableBuilder(seed, 1024);
  for (const { name, match } of protectedNames(portalHosts)) {
    builder.insert(requireWire(name), maskOf(BELOW, match));
    const labels = name.split('.');
    for (let i = 1; i < labels.length - 1; i += 1) {
      builder.insert(requireWire(labels.slice(i).join('.')), maskOf(ABOVE, 'exact'));
    }
  }
  for (const name of NAMED_PUBLIC_SUFFIXES) {
    builder.insert(requireWire(name), maskOf(PUBLIC, 'exact'));
  }
  return openTable(builder.finish());
}

function guardOf(guards: TableReader, hashes: Uint32Array, labels: number): number {
  let bits = 0;
  for (let i = 0; i < labels; i += 1) {
    const mask = probe(guards, hashes[2 * i]!, hashes[2 * i + 1]!);
    if (mask !== 0) bits |= bitsOf(mask, i === labels - 1);
  }
  return bits;
}

function isTwin(wire: Uint8Array): boolean {
  return wire[0] === 3 && wire[1] === 0x77 && wire[2] === 0x77 && wire[3] === 0x77;
}

/** An upper bound for most lists: lines, twice for those that add twins. */
function expectedEntries(list: BlockList, text: Uint8Array): number {
  let lines = 1;
  for (let at = text.indexOf(0x0a); at !== -1; at = text.indexOf(0x0a, at + 1)) lines += 1;
  return list.format === 'hosts' && list.match === 'exact' ? 2 * lines : lines;
}
