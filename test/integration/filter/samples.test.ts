/** Real lists, when the sample folder lies beside the repository: counts, collisions, false positives. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Category, categoryBits } from '../../../filter/categories.ts';
import { compileLists } from '../../../filter/compile.ts';
import { guardList } from '../../../filter/guard-list.ts';
import { requireWire } from '../../../filter/name.ts';
import { emptyTable } from '../../../filter/policy.ts';
import { lookup, openTable } from '../../../filter/table.ts';
import { listRow } from '../../../filter/testing/lists.ts';
import type { BlockList } from '../../../store/types.ts';

const FOLDER = join(import.meta.dirname, '../../../../shared/data/lists');
const present = existsSync(FOLDER);
if (!present) console.warn('skipped: no sample lists at ../shared/data/lists');

const SAMPLES: readonly [file: string, row: Partial<BlockList>, names: number][] = [
  ['adult-hagezi-nsfw.domains.txt', { category: 'adult' }, 114_081],
  ['adult-sinfonietta.hosts.txt', { category: 'adult', format: 'hosts', match: 'exact' }, 61_181],
  ['gambling-indonesia-004.domains.txt', { category: 'gambling' }, 88_683],
  ['bypass-hagezi-doh.domains.txt', { category: 'bypass' }, 3367],
];
const TOP = 'top-tranco10k.domains.txt';

const read = (file: string): Buffer => readFileSync(join(FOLDER, file));

/** Distinct names by strings alone, `www.` twins included; no regard to protected names. */
function distinctNames(): Set<string> {
  return new Set(
    SAMPLES.flatMap(([file, { format }]) =>
      read(file)
        .toString()
        .toLowerCase()
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .flatMap((line) => (format === 'hosts' ? line.split(/\s+/).slice(1) : [line.trim()]))
        .filter((name) => /\.[a-z][^.]*$/.test(name))
        .flatMap((name) =>
          format === 'hosts' && !name.startsWith('www.') ? [name, `www.${name}`] : [name],
        ),
    ),
  );
}

describe.skipIf(!present)('the sample lists', { timeout: 60_000 }, () => {
  const compiled = present
    ? compileLists(
        SAMPLES.map(([file, row]) => ({ list: listRow({ name: file, ...row }), text: read(file) })),
        { topSites: read(TOP) },
      )
    : null;
  const table = compiled?.table ?? emptyTable([0, 0]);
  const report = compiled?.report ?? { entries: 0, bytes: 0, suspicious: [], protectedEntries: [] };

  it('pass the guard, every name read', () => {
    for (const [file, row, names] of SAMPLES) {
      const { format } = listRow(row);
      expect(guardList(read(file), { format, previous: names }).names).toBe(names);
    }
  });

  it('make as many entries as there are names: no collision, at most 16 MB a million', () => {
    const left = report.protectedEntries.filter(({ relation }) => relation === 'below');

    expect(table.entries).toBe(distinctNames().size - left.length);
    expect(report.bytes / report.entries).toBeLessThanOrEqual(16);
  });

  it('hold state names, which are reported and left out', () => {
    expect(report.protectedEntries.map(({ name }) => name)).toContain('sulbarprov.go.id');
    expect(lookup(openTable(table), requireWire('sulbarprov.go.id'), 0)).toBe(0);
  });

  it('hit popular names only where the category says they should', () => {
    const reader = openTable(table);
    const top = read(TOP)
      .toString()
      .split('\n')
      .filter((line) => line !== '');
    const hits = (category: Category): string[] =>
      top.filter((name) => lookup(reader, requireWire(name), 0) & categoryBits([category]));
    const flagged = (category: Category): Set<string> =>
      new Set(report.suspicious.flatMap((one) => (one.category === category ? [one.name] : [])));

    // Adult sites are popular: most are in both lists; the rest is what people must look at.
    const adult = hits('adult');
    expect(adult.filter((name) => !flagged('adult').has(name)).length).toBeGreaterThan(350);
    expect(flagged('adult').size / top.length).toBeLessThan(0.025);
    // The others have one list each, so every popular name in them is flagged; they are few.
    for (const category of ['gambling', 'bypass'] as const) {
      expect(hits(category).length).toBeLessThanOrEqual(10);
      expect([...flagged(category)].every((name) => hits(category).includes(name))).toBe(true);
    }
  });

  it.each([
    ...['google.com', 'www.youtube.com', 'wikipedia.org', 'whatsapp.net', 'facebook.com'],
    ...['tokopedia.com', 'ui.ac.id', 'detik.com', 'kemdikbud.go.id', 'co.id', 'blogspot.com'],
  ])('leave %s alone', (name) => {
    expect(lookup(openTable(table), requireWire(name), 0)).toBe(0);
  });
});
