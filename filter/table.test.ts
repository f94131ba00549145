import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../test/fixtures/campaign.ts';
import { requireWire } from './name.ts';
import { createSuffixHasher, hashSuffixes, type Seed } from './suffix-hash.ts';
import {
  createTableBuilder,
  type FilterTable,
  lookup,
  maskOf,
  openTable,
  tableBytes,
} from './table.ts';

const SEED: Seed = [0x12345678, 0x9abcdef0];

type Entry = readonly [name: string, bit: number, match: 'exact' | 'suffix'];

function build(entries: readonly Entry[], seed = SEED): FilterTable {
  const builder = createTableBuilder(seed);
  for (const [name, bit, match] of entries) builder.insert(requireWire(name), maskOf(bit, match));
  return builder.finish();
}

const label = fc.stringMatching(/^[a-c]{1,2}$/);
const name = fc.array(label, { minLength: 2, maxLength: 5 }).map((labels) => labels.join('.'));
const entry = fc.tuple(name, fc.nat(15), fc.constantFrom('exact' as const, 'suffix' as const));

/** What the table means, said with strings. */
function bitsByModel(entries: readonly Entry[], asked: string): number {
  const covers = ([listed, , match]: Entry): boolean =>
    asked === listed || (match === 'suffix' && asked.endsWith(`.${listed}`));
  return entries.filter(covers).reduce((bits, [, bit]) => bits | (1 << bit), 0);
}

describe('the fingerprint table', () => {
  it('answers like a list of strings would', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), fc.array(name), (entries, asked) => {
        const reader = openTable(build(entries));
        for (const one of [...asked, ...entries.map(([listed]) => `a.${listed}`)]) {
          expect(lookup(reader, requireWire(one), 0)).toBe(bitsByModel(entries, one));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('finds a name wherever it stands in a packet, in any case', () => {
    const reader = openTable(build([['judi.test', 3, 'suffix']]));
    const packet = Buffer.concat([
      Buffer.alloc(12),
      Buffer.from('\x03WwW\x04JuDi\x04TEST\0\0\x01', 'latin1'),
    ]);

    expect(lookup(reader, packet, 12)).toBe(1 << 3);
  });

  it('finds nothing below an exact entry, and nothing that merely ends alike', () => {
    const reader = openTable(
      build([
        ['judi.test', 0, 'exact'],
        ['slot.test', 1, 'suffix'],
      ]),
    );

    expect(lookup(reader, requireWire('a.judi.test'), 0)).toBe(0);
    expect(lookup(reader, requireWire('myslot.test'), 0)).toBe(0);
  });

  it('ends early once a wanted category is found', () => {
    const reader = openTable(
      build([
        ['b.test', 0, 'suffix'],
        ['a.b.test', 1, 'suffix'],
      ]),
    );

    expect(lookup(reader, requireWire('a.b.test'), 0, 1)).toBe(1);
    expect(lookup(reader, requireWire('a.b.test'), 0)).toBe(3);
  });

  it('keeps every entry, without a collision, at 10 octets a slot and a load of 0.75', () => {
    const builder = createTableBuilder(SEED, 16);
    const names = Array.from({ length: 20_000 }, (_, i) => requireWire(`n${i}.x${i % 7}.test`));
    for (const wire of names) builder.insert(wire, maskOf(2, 'exact'));
    const table = builder.finish();
    const reader = openTable(table);

    expect([table.entries, builder.collisions()]).toEqual([20_000, 0]);
    expect(tableBytes(table) / table.entries).toBeLessThan(16);
    expect(names.every((wire) => lookup(reader, wire, 0) === 4)).toBe(true);
    expect(lookup(reader, requireWire('n20000.x1.test'), 0)).toBe(0);
  });

  it('crosses threads as shared memory', () => {
    const table = build([['judi.test', 5, 'suffix']]);
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(table);
    const { message } = receiveMessageOnPort(port2) as { message: FilterTable };
    port1.close();

    expect(lookup(openTable(message), requireWire('judi.test'), 0)).toBe(1 << 5);
    new Uint32Array(message.masks).fill(0);
    expect(lookup(openTable(table), requireWire('judi.test'), 0)).toBe(0);
  });

  it('notices two names on one fingerprint', () => {
    const builder = createTableBuilder(SEED);
    const first = requireWire('a.test');
    const labels = hashSuffixes(builder.hasher, first, 0);
    builder.insertHashed(first, labels, 1);
    builder.insertHashed(requireWire('b.test'), labels, 1);

    expect(builder.collisions()).toBe(1);
  });
});

describe('suffix fingerprints', () => {
  const hashesOf = (wire: Uint8Array, offset: number, seed = SEED): number[] => {
    const hasher = createSuffixHasher(seed);
    return [...hasher.hashes.subarray(0, 2 * hashSuffixes(hasher, wire, offset))];
  };

  it('give each suffix what it has on its own', () => {
    fc.assert(
      fc.property(name, (text) => {
        const labels = text.split('.');
        const all = hashesOf(requireWire(text), 0);
        for (let i = 1; i < labels.length - 1; i += 1) {
          const own = hashesOf(requireWire(labels.slice(i).join('.')), 0);
          expect(all.slice(0, own.length)).toEqual(own);
        }
      }),
    );
  });

  it('differ by label borders and by seed', () => {
    const last = (text: string, seed = SEED): string =>
      hashesOf(requireWire(text), 0, seed).slice(-2).join();
    const names = [
      'ab.c.test',
      'a.bc.test',
      'abc.test',
      'a.b.c.test',
      'aaaa.test',
      'aaaa.aaaa.test',
    ];

    expect(new Set(names.map((text) => last(text))).size).toBe(names.length);
    expect(last('abc.test', [1, 2])).not.toBe(last('abc.test', [1, 3]));
  });

  it('end at the first octet that is no label, whatever the input', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(20), (octets, offset) => {
        expect(hashesOf(octets, offset).length).toBeLessThanOrEqual(254);
      }),
      campaign(20_000),
    );
  });
});
