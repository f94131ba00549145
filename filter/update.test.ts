import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BlockList } from '../store/types.ts';
import { listRow } from './testing/lists.ts';
import { listPath, loadLists, updateList } from './update.ts';

const NOW = 1_790_000_000_000;

interface Folder extends AsyncDisposable {
  readonly path: string;
}

async function folder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'smartwifi-lists-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** A source that answers with a text or a status. */
function answering(answer: string | number): typeof globalThis.fetch {
  return async () =>
    typeof answer === 'string' ? new Response(answer) : new Response('no', { status: answer });
}

function update(
  directory: string,
  list: BlockList,
  fetch: typeof globalThis.fetch,
  rest: { acceptShrink?: boolean; maxOctets?: number } = {},
): Promise<BlockList> {
  return updateList({ list, directory, fetch, now: () => NOW, ...rest });
}

describe('an update', () => {
  it('takes a good text: file, counts, digest and time', async () => {
    await using dir = await folder();

    const row = await update(dir.path, listRow(), answering('a.test\nb.test\n'));

    expect(row).toMatchObject({ entries: 2, updatedAt: NOW, error: null });
    expect(await readFile(join(dir.path, 'contoh.txt'), 'utf8')).toBe('a.test\nb.test\n');
    expect(await readdir(dir.path)).toEqual(['contoh.txt']);
  });

  it('reads a source that is a file', async () => {
    await using dir = await folder();
    const source = join(dir.path, 'asal.hosts');
    await writeFile(source, '0.0.0.0 a.test\n');

    const row = await update(dir.path, listRow({ source, format: 'hosts' }), answering(500));

    expect(row).toMatchObject({ entries: 1, error: null });
  });

  it.each([
    ['FILTER_LIST_HTML', '<html><body>Not found</body></html>'],
    ['FILTER_LIST_EMPTY', ''],
    ['FILTER_LIST_INVALID', 'a.test\nno name\n'],
    ['FILTER_LIST_SHRUNK', 'a.test\n'],
    ['FILTER_LIST_FETCH', 404],
    ['FILTER_LIST_TOO_LARGE', `${'a.test\n'.repeat(200)}`],
  ])('that is %s keeps the last good text and says why', async (code, answer) => {
    await using dir = await folder();
    const good = await update(dir.path, listRow(), answering('a.test\nb.test\nc.test\n'));

    const row = await update(dir.path, good, answering(answer), { maxOctets: 1000 });

    expect(row).toEqual({ ...good, error: expect.stringMatching(`^${code}: `) });
    expect(await readFile(join(dir.path, 'contoh.txt'), 'utf8')).toBe('a.test\nb.test\nc.test\n');
  });

  it('that fails on the way, or has no usable source, says so', async () => {
    await using dir = await folder();
    const broken: typeof globalThis.fetch = () => Promise.reject(new TypeError('fetch failed'));

    const failed = await update(dir.path, listRow(), broken);
    const plain = await update(dir.path, listRow({ source: 'http://a.test/' }), broken);

    expect(failed.error).toBe('FILTER_LIST_FETCH: fetch failed');
    expect(plain.error).toMatch(/^FILTER_LIST_SOURCE: /);
    expect(failed.sha256).toBeNull();
  });

  it('may shrink when an operator says so, and clears the error', async () => {
    await using dir = await folder();
    const good = await update(dir.path, listRow(), answering('a.test\nb.test\nc.test\n'));
    const refused = await update(dir.path, good, answering('a.test\n'));

    const row = await update(dir.path, refused, answering('a.test\n'), { acceptShrink: true });

    expect(row).toMatchObject({ entries: 1, error: null });
  });

  it('does not write outside its directory', () => {
    for (const name of ['../x', 'a/b', '.x', '', 'x'.repeat(65)]) {
      expect(() => listPath('lists', name)).toThrow(
        expect.objectContaining({ code: 'FILTER_LIST_NAME' }),
      );
    }
  });
});

describe('loading', () => {
  it('gives good texts, and names those that are missing or changed', async () => {
    await using dir = await folder();
    const make = (name: string) => update(dir.path, listRow({ name }), answering('a.test\n'));
    const [good, changed, missing] = [await make('baik'), await make('ubah'), await make('hilang')];
    await writeFile(join(dir.path, 'ubah.txt'), 'b.test\n');
    await rm(join(dir.path, 'hilang.txt'));

    const { lists, problems } = await loadLists(dir.path, [good, changed, missing, listRow()]);

    expect(lists.map(({ list }) => list.name)).toEqual(['baik']);
    expect(problems.map(({ list, error }) => [list.name, error.code])).toEqual([
      ['ubah', 'FILTER_LIST_DAMAGED'],
      ['hilang', 'FILTER_LIST_DAMAGED'],
    ]);
  });
});
