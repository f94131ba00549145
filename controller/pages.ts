/** The pages that the hotspot serves, read from `pages/`; those in `pages/down/` while the server is away. */
import { readdir, readFile } from 'node:fs/promises';
import type { Page } from './desired/types.ts';

const FOLDER = new URL('./pages/', import.meta.url);

export async function loadPages(): Promise<Page[]> {
  const found = await readdir(FOLDER, { recursive: true });
  const names = found
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.html'))
    .toSorted();
  return Promise.all(
    names.map(async (name) => ({ name, contents: await readFile(new URL(name, FOLDER), 'utf8') })),
  );
}
