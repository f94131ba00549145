/**
 * The fingerprint table: which categories list a name, for any number of names and policies.
 *
 * Open addressing with linear probing at a load of 0.75. A slot is a 64-bit keyed fingerprint and a
 * 16-bit class; a class is one distinct 32-bit mask. That is 10 octets a slot, 13.3 MB a million
 * names. Low half of a mask: categories that cover the name and all below it; high half: categories
 * that cover the name alone.
 *
 * A table is a plain object of SharedArrayBuffers and numbers: `postMessage` shares it between
 * threads without a copy, and whoever swaps it in does so with one assignment.
 */
import { FilterError } from './errors.ts';
import {
  createSuffixHasher,
  FOLD,
  hashSuffixes,
  type Seed,
  type SuffixHasher,
} from './suffix-hash.ts';

export interface FilterTable {
  /** Two 32-bit words a slot. */
  readonly keys: SharedArrayBuffer;
  /** One 16-bit class a slot; 0 is an empty slot. */
  readonly classes: SharedArrayBuffer;
  /** One 32-bit mask a class. */
  readonly masks: SharedArrayBuffer;
  readonly capacity: number;
  readonly entries: number;
  readonly seed: Seed;
}

/** Views of a table for one thread, with the scratch space of its lookups. */
export interface TableReader {
  readonly table: FilterTable;
  readonly keys: Uint32Array;
  readonly classes: Uint16Array;
  readonly masks: Uint32Array;
  /** Slots per unit of the first fingerprint word. */
  readonly scale: number;
  readonly hasher: SuffixHasher;
}

const LOAD = 0.75;
const MAX_CLASSES = 0xffff;
/** The bits of a mask that also cover what lies below the name. */
const SUFFIX_BITS = 0xffff;

/** Mask of category `bit` (0 to 15). */
export function maskOf(bit: number, match: 'exact' | 'suffix'): number {
  return match === 'suffix' ? 1 << bit : (1 << (bit + 16)) >>> 0;
}

export function openTable(table: FilterTable): TableReader {
  return {
    table,
    keys: new Uint32Array(table.keys),
    classes: new Uint16Array(table.classes),
    masks: new Uint32Array(table.masks),
    scale: table.capacity / 2 ** 32,
    hasher: createSuffixHasher(table.seed),
  };
}

export function tableBytes(table: FilterTable): number {
  return table.keys.byteLength + table.classes.byteLength + table.masks.byteLength;
}

/** The raw mask of one fingerprint, 0 when it is not in the table. */
export function probe(reader: TableReader, first: number, second: number): number {
  const { keys, classes } = reader;
  const capacity = classes.length;
  let slot = Math.trunc(first * reader.scale);
  for (let found = classes[slot]!; found !== 0; found = classes[slot]!) {
    if (keys[2 * slot] === first && keys[2 * slot + 1] === second) return reader.masks[found]!;
    slot += 1;
    if (slot === capacity) slot = 0;
  }
  return 0;
}

/** Bits of category (0 to 15) that an entry adds for a name: `whole` when it is the name itself. */
export function bitsOf(mask: number, whole: boolean): number {
  return whole ? (mask | (mask >>> 16)) & SUFFIX_BITS : mask & SUFFIX_BITS;
}

/**
 * All categories that cover the uncompressed wire name at `offset`, as bits 0 to 15; ends early when
 * one of `wanted` is found.
 */
export function lookup(reader: TableReader, wire: Uint8Array, offset: number, wanted = 0): number {
  const count = hashSuffixes(reader.hasher, wire, offset);
  return matchHashes(reader, reader.hasher.hashes, count, wanted);
}

/** {@link lookup} for fingerprints that were computed already, under this table's seed. */
export function matchHashes(
  reader: TableReader,
  hashes: Uint32Array,
  count: number,
  wanted: number,
): number {
  let bits = 0;
  for (let i = 0; i < count; i += 1) {
    const mask = probe(reader, hashes[2 * i]!, hashes[2 * i + 1]!);
    if (mask !== 0) bits |= bitsOf(mask, i === count - 1);
    if ((bits & wanted) !== 0) break;
  }
  return bits;
}

export interface TableBuilder {
  readonly hasher: SuffixHasher;
  /** Adds a mask to the name whose fingerprints `hasher` has just computed. */
  insertHashed(wire: Uint8Array, labels: number, mask: number): void;
  insert(wire: Uint8Array, mask: number): void;
  /** Different names that fell on one fingerprint; such a table must be built again, with another seed. */
  collisions(): number;
  finish(): FilterTable;
}

interface Slots {
  readonly capacity: number;
  readonly keys: Uint32Array;
  readonly masks: Uint32Array;
  /** A second hash of the whole name, which tells a repeated name from a collision. */
  readonly checks: Uint32Array;
}

/** `expected` saves re-hashing; it is no limit. */
export function createTableBuilder(seed: Seed, expected = 1024): TableBuilder {
  const hasher = createSuffixHasher(seed);
  let slots = emptySlots(Math.ceil(Math.max(expected, 16) / LOAD));
  let entries = 0;
  let collisions = 0;

  const insertHashed = (wire: Uint8Array, labels: number, mask: number): void => {
    if (labels === 0) return;
    if (entries + 1 > slots.capacity * LOAD) slots = grown(slots);
    const first = hasher.hashes[2 * labels - 2]!;
    const second = hasher.hashes[2 * labels - 1]!;
    const check = checkOf(wire);
    const slot = slotFor(slots, first, second);
    if (slots.masks[slot] === 0) {
      entries += 1;
      slots.keys[2 * slot] = first;
      slots.keys[2 * slot + 1] = second;
      slots.checks[slot] = check;
    } else if (slots.checks[slot] !== check) {
      collisions += 1;
    }
    slots.masks[slot]! |= mask;
  };
  return {
    hasher,
    insertHashed,
    insert: (wire, mask) => insertHashed(wire, hashSuffixes(hasher, wire, 0), mask),
    collisions: () => collisions,
    finish: () => packed(slots, entries, seed),
  };
}

function emptySlots(capacity: number): Slots {
  return {
    capacity,
    keys: new Uint32Array(2 * capacity),
    masks: new Uint32Array(capacity),
    checks: new Uint32Array(capacity),
  };
}

function slotFor(slots: Slots, first: number, second: number): number {
  const { capacity, keys, masks } = slots;
  let slot = Math.trunc(first * (capacity / 2 ** 32));
  while (masks[slot] !== 0 && (keys[2 * slot] !== first || keys[2 * slot + 1] !== second)) {
    slot = slot + 1 === capacity ? 0 : slot + 1;
  }
  return slot;
}

function grown(old: Slots): Slots {
  const slots = emptySlots(old.capacity * 2);
  for (let i = 0; i < old.capacity; i += 1) {
    if (old.masks[i] === 0) continue;
    const slot = slotFor(slots, old.keys[2 * i]!, old.keys[2 * i + 1]!);
    slots.keys[2 * slot] = old.keys[2 * i]!;
    slots.keys[2 * slot + 1] = old.keys[2 * i + 1]!;
    slots.masks[slot] = old.masks[i]!;
    slots.checks[slot] = old.checks[i]!;
  }
  return slots;
}

function packed(slots: Slots, entries: number, seed: Seed): FilterTable {
  const capacity = Math.max(16, Math.ceil(entries / LOAD));
  const keyBuffer = new SharedArrayBuffer(capacity * 8);
  const classBuffer = new SharedArrayBuffer(capacity * 2);
  const keys = new Uint32Array(keyBuffer);
  const classes = new Uint16Array(classBuffer);
  const classOfMask = new Map<number, number>();
  for (let i = 0; i < slots.capacity; i += 1) {
    const mask = slots.masks[i]!;
    if (mask === 0) continue;
    const first = slots.keys[2 * i]!;
    let slot = Math.trunc(first * (capacity / 2 ** 32));
    while (classes[slot] !== 0) slot = slot + 1 === capacity ? 0 : slot + 1;
    keys[2 * slot] = first;
    keys[2 * slot + 1] = slots.keys[2 * i + 1]!;
    classes[slot] = classFor(classOfMask, mask);
  }
  const maskBuffer = new SharedArrayBuffer((classOfMask.size + 1) * 4);
  new Uint32Array(maskBuffer).set([0, ...classOfMask.keys()]);
  return { keys: keyBuffer, classes: classBuffer, masks: maskBuffer, capacity, entries, seed };
}

function classFor(classOfMask: Map<number, number>, mask: number): number {
  let found = classOfMask.get(mask);
  if (found === undefined) {
    if (classOfMask.size === MAX_CLASSES) {
      throw new FilterError('FILTER_TABLE_CLASSES', 'too many combinations of categories');
    }
    found = classOfMask.size + 1;
    classOfMask.set(mask, found);
  }
  return found;
}

/** FNV-1a of the folded name: nothing but a check, so it needs no key. */
function checkOf(wire: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < wire.length && wire[at] !== 0; at += 1) {
    hash = Math.imul(hash ^ FOLD[wire[at]!]!, 0x01000193);
  }
  return hash >>> 0;
}
