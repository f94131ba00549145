import { describe, expect, it } from 'vitest';
import { categoryBits, firstCategory } from './categories.ts';
import { compileLists } from './compile.ts';
import { requireWire } from './name.ts';
import { lookup, openTable } from './table.ts';
import { listText } from './testing/lists.ts';

const GAMBLING = categoryBits(['gambling']);
const ADS = categoryBits(['ads']);

function lookupIn(lists: Parameters<typeof compileLists>[0]): (name: string) => number {
  const reader = openTable(compileLists(lists).table);
  return (name) => lookup(reader, requireWire(name), 0);
}

describe('what an entry covers', () => {
  it('is the name and all below it in suffix mode', () => {
    const find = lookupIn([listText({ match: 'suffix' }, 'judi.test\n')]);

    expect([find('judi.test'), find('a.b.judi.test'), find('bukanjudi.test')]).toEqual([
      GAMBLING,
      GAMBLING,
      0,
    ]);
  });

  it('is the name and its www twin for a hosts list in exact mode', () => {
    const find = lookupIn([
      listText({ format: 'hosts', match: 'exact' }, '0.0.0.0 judi.test www.slot.test\n'),
    ]);

    expect([find('judi.test'), find('www.judi.test'), find('m.judi.test')]).toEqual([
      GAMBLING,
      GAMBLING,
      0,
    ]);
    expect([find('www.slot.test'), find('slot.test'), find('www.www.slot.test')]).toEqual([
      GAMBLING,
      0,
      0,
    ]);
  });

  it('is the name alone for a domains list in exact mode', () => {
    const find = lookupIn([listText({ match: 'exact' }, 'judi.test\n')]);

    expect([find('judi.test'), find('www.judi.test')]).toEqual([GAMBLING, 0]);
  });

  it('never grows to a public suffix', () => {
    const find = lookupIn([
      listText({ match: 'suffix' }, 'co.id\nblogspot.com\nweb.app\ncom.sg\n'),
    ]);

    for (const suffix of ['co.id', 'blogspot.com', 'web.app', 'com.sg']) {
      expect([find(suffix), find(`toko.${suffix}`)]).toEqual([GAMBLING, 0]);
    }
  });

  it('adds up over lists, each with its own mode', () => {
    const find = lookupIn([
      listText({ name: 'a', match: 'exact' }, 'judi.test\n'),
      listText({ name: 'b', category: 'ads', match: 'suffix' }, 'judi.test\n'),
    ]);

    expect([find('judi.test'), find('x.judi.test')]).toEqual([GAMBLING | ADS, ADS]);
  });
});

describe('the report', () => {
  it('names entries at or below protected names, which are left out, and those above', () => {
    const text = 'captive.apple.com\nslot.desa-x.desa.id\napple.com\nportal.wifi.test\njudi.test\n';

    const { table, report } = compileLists([listText({}, text)], {
      portalHosts: ['portal.wifi.test', '10.0.0.1'],
    });

    expect(
      report.protectedEntries.map(({ line, name, relation }) => [line, name, relation]),
    ).toEqual([
      [1, 'captive.apple.com', 'below'],
      [2, 'slot.desa-x.desa.id', 'below'],
      [3, 'apple.com', 'above'],
      [4, 'portal.wifi.test', 'below'],
    ]);
    expect(report.lists[0]).toMatchObject({ names: 5, protectedHits: 4 });
    expect(table.entries).toBe(2);
  });

  it('flags popular names that only one list of a category holds', () => {
    const topSites = Buffer.from('163.test\nterkenal.test\n');
    const { report } = compileLists(
      [
        listText({ name: 'a' }, '163.test\nterkenal.test\nlain.test\n'),
        listText({ name: 'b' }, 'terkenal.test\n'),
      ],
      { topSites },
    );

    expect(report.suspicious).toEqual([
      { name: '163.test', category: 'gambling', list: 'a', line: 1 },
    ]);
  });

  it('refuses a category that does not exist', () => {
    expect(() => compileLists([listText({ category: 'gamling' }, 'a.test\n')])).toThrow(
      expect.objectContaining({ code: 'FILTER_CATEGORY_UNKNOWN' }),
    );
  });
});

it('of several categories the first by rank is the reason', () => {
  expect(firstCategory(categoryBits(['ads', 'adult', 'malware']))).toBe('malware');
});
