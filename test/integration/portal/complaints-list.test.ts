/** Each complaint of the reference that we know of has a test named after it, wherever that stands. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const REFERENCE = resolve(ROOT, '../shared/reference/portal.md');
/** Of those who run networks: their tests are named after what they do. None of them is about the portal. */
const OPERATORS: Readonly<Record<string, string>> = {
  'openwisp-controller#1142': 'draft, review and apply: test/integration/controller',
  'openwisp-controller#988': 'backup and export: test/integration/controller',
  'openwisp-config#72': 'backup: test/integration/controller',
  'openwisp-config#206': 'backup: test/integration/controller',
  'openwisp-firmware-upgrader#379':
    'upgrades of routers that are away: test/integration/controller',
  'openwisp-firmware-upgrader#380': 'upgrades at a time: test/integration/controller',
  'openwisp-controller#719': 'a second factor: there is no console yet',
  'phpnuxbill#312': 'accounts of operators: there is no console yet',
  'phpnuxbill#315': 'accounts of operators: there is no console yet',
};
const FOLDERS =
  'config console controller filter lib portal radius scripts settings simulator store test';

/** Words that stand before a number and are none. */
const NO_PROJECT = new Set(['', 'PR', 'and', 'earlier']);

/** `project#12` of every thread in a text; `#13` after it is of the same project, and so is `PR#14`. */
function threadsIn(text: string): string[] {
  let project = '';
  return [...text.matchAll(/(?:([A-Za-z][\w./-]*?)\s?)?(?:PR)?#(\d+)/g)].map(
    ([, named, number]) => {
      const name = named?.split('/').at(-1) ?? '';
      if (!NO_PROJECT.has(name)) project = name.toLowerCase();
      return `${project}#${number}`;
    },
  );
}

function titles(): string[] {
  return FOLDERS.split(' ')
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
    )
    .flatMap((source) => [...source.matchAll(/\bit(?:\.each\([^)]*\))?\(\s*(['"`])(.*?)\1/g)])
    .map(([, , title]) => title!);
}

it.each([
  ['openNDS/openNDS#720, #476 and PR#1: x', ['opennds#720', 'opennds#476', 'opennds#1']],
  ['hotspotbilling/phpnuxbill PR#445 (2026); pfsense/docs#90', ['phpnuxbill#445', 'docs#90']],
  ['packetfence#7703 (earlier #4635)', ['packetfence#7703', 'packetfence#4635']],
])('reads %j', (text, threads) => {
  expect(threadsIn(text)).toEqual(threads);
});

const there = existsSync(REFERENCE);
if (!there) console.log('skipped: ../shared/reference/portal.md is not here');

describe.skipIf(!there)('the complaints of the reference', () => {
  const reference = there ? readFileSync(REFERENCE, 'utf8') : '';
  const pains = /## 4\. Pains[\s\S]*?(?=\n## 5)/.exec(reference)?.[0] ?? '';
  const threads = [...new Set(pains.split('\n').flatMap(threadsIn))];
  const tested = new Set(titles().flatMap(threadsIn));

  it('are found', () => {
    expect(threads.length).toBeGreaterThan(70);
  });

  it('are those of citizens, but for what is said of others', () => {
    expect(threads).toEqual(expect.arrayContaining(Object.keys(OPERATORS)));
  });

  it.each(threads.filter((thread) => !(thread in OPERATORS)))(
    '%s has a test named after it',
    (thread) => {
      expect([...tested]).toContain(thread);
    },
  );
});
