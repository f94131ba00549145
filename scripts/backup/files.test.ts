import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packed, unpack } from './files.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-files-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function pack(store: Uint8Array, configuration: Uint8Array): Promise<Buffer> {
  await writeFile(join(directory, 'a'), store);
  await writeFile(join(directory, 'b'), configuration);
  const parts: Uint8Array[] = [];
  const files = [
    { name: 'store', path: join(directory, 'a') },
    { name: 'smartwifi.yaml', path: join(directory, 'b') },
  ] as const;
  for await (const piece of packed(files)) parts.push(piece);
  return Buffer.concat(parts);
}

it('files come back as they were, however the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 500 }),
      fc.uint8Array({ maxLength: 500 }),
      fc.integer({ min: 1, max: 300 }),
      async (store, configuration, size) => {
        const into = await mkdtemp(join(directory, 'out-'));
        const names = await unpack(pieces(await pack(store, configuration), size), into);

        expect([...names]).toEqual(['store', 'smartwifi.yaml']);
        expect((await readFile(join(into, 'store'))).equals(store)).toBe(true);
        expect((await readFile(join(into, 'smartwifi.yaml'))).equals(configuration)).toBe(true);
      },
    ),
    { numRuns: 40 },
  );
});

it('nobody else may read what comes out', async () => {
  await unpack(pieces(Buffer.from('{"name":"store","size":1}\nx'), 7), directory);

  expect((await stat(join(directory, 'store'))).mode & 0o777).toBe(0o600);
});

it.each([
  ['a name of its own', '{"name":"../etc/passwd","size":1}\nx'],
  ['a size that is none', '{"name":"store","size":-1}\nx'],
  ['a name twice', '{"name":"store","size":1}\nx{"name":"store","size":1}\ny'],
  ['a list that ends', '{"name":"store","size":5}\nabc'],
  ['a line without an end', `{"name":"store"${' '.repeat(300)}`],
  ['no list', 'hello\n'],
])('%s is refused, and nothing is written elsewhere', async (_, text) => {
  await expect(unpack(pieces(Buffer.from(text), 4), directory)).rejects.toEqual(
    expect.objectContaining({ code: 'BACKUP_DAMAGED' }),
  );
  expect((await readdir(directory)).filter((name) => name !== 'store')).toEqual([]);
});
