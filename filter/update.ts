/**
 * Brings one list up to date: fetch, guard, write, say what became of it. Whatever goes wrong, the last
 * good text stays where it is and the row says why in `error`. The caller saves the row.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorMessage } from '../lib/errors.ts';
import type { BlockList } from '../store/types.ts';
import type { ListText } from './compile.ts';
import { FilterError } from './errors.ts';
import { guardList } from './guard-list.ts';

export interface UpdateOptions {
  readonly list: BlockList;
  /** Where the texts lie, one `<name>.txt` a list. */
  readonly directory: string;
  readonly fetch: typeof globalThis.fetch;
  /** Epoch ms. */
  readonly now: () => number;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly maxOctets?: number;
  /** An operator has looked at it: a drop in size is meant. */
  readonly acceptShrink?: boolean;
}

/** TrustPositif, the largest list in use, has 207 MB. */
const MAX_OCTETS = 512 * 1024 * 1024;
const TIMEOUT_MS = 120_000;

/**
 * The list's new row. `error` is null when the text was taken or had not changed, else `CODE: message`
 * with entries, digest and time of the last good one. Throws only `FILTER_LIST_NAME`.
 */
export async function updateList(options: UpdateOptions): Promise<BlockList> {
  const { list } = options;
  const path = listPath(options.directory, list.name);
  try {
    const text = await readSource(options);
    const counts = guardList(text, {
      format: list.format,
      previous: list.entries,
      acceptShrink: options.acceptShrink ?? false,
    });
    const sha256 = digest(text);
    if (sha256 !== list.sha256 || !(await isFile(path))) await writeWhole(path, options, text);
    return { ...list, entries: counts.names, sha256, updatedAt: options.now(), error: null };
  } catch (error) {
    const code = error instanceof FilterError ? error.code : 'FILTER_LIST_FETCH';
    return { ...list, error: `${code}: ${errorMessage(error)}` };
  }
}

export interface ListProblem {
  readonly list: BlockList;
  readonly error: FilterError;
}

/**
 * The last good texts, for `compileLists`. A list that was never updated has none; one whose file is gone
 * or is not what was written is a problem that somebody must hear of, because it blocks nothing.
 */
export async function loadLists(
  directory: string,
  lists: readonly BlockList[],
): Promise<{ lists: ListText[]; problems: ListProblem[] }> {
  const loaded: ListText[] = [];
  const problems: ListProblem[] = [];
  for (const list of lists) {
    if (list.sha256 === null) continue;
    try {
      const text = await readFile(listPath(directory, list.name));
      if (digest(text) !== list.sha256) {
        throw new FilterError('FILTER_LIST_DAMAGED', `the file of list ${list.name} was changed`);
      }
      loaded.push({ list, text });
    } catch (cause) {
      problems.push({ list, error: damaged(list, cause) });
    }
  }
  return { lists: loaded, problems };
}

/** `FILTER_LIST_NAME` unless the name is letters, digits, `.`, `_`, `-`. */
export function listPath(directory: string, name: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(name)) {
    throw new FilterError('FILTER_LIST_NAME', `"${name}" cannot name a list`);
  }
  return join(directory, `${name}.txt`);
}

function damaged(list: BlockList, cause: unknown): FilterError {
  if (cause instanceof FilterError) return cause;
  return new FilterError(
    'FILTER_LIST_DAMAGED',
    `the file of list ${list.name} cannot be read: ${errorMessage(cause)}`,
    { cause },
  );
}

async function readSource(options: UpdateOptions): Promise<Uint8Array> {
  const { source } = options.list;
  const limit = options.maxOctets ?? MAX_OCTETS;
  if (source.startsWith('https://')) return await download(source, limit, options);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source) && !source.startsWith('file://')) {
    throw new FilterError('FILTER_LIST_SOURCE', `"${source}" is neither https:// nor a file`);
  }
  const path = source.startsWith('file://') ? fileURLToPath(source) : source;
  const { size } = await stat(path);
  if (size > limit) throw tooLarge(limit);
  return await readFile(path);
}

async function download(url: string, limit: number, options: UpdateOptions): Promise<Uint8Array> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
  const signal =
    options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  const response = await options.fetch(url, { signal, redirect: 'follow' });
  if (!response.ok || response.body === null) {
    throw new FilterError('FILTER_LIST_FETCH', `the source answered ${response.status}`);
  }
  if (response.url !== '' && !response.url.startsWith('https://')) {
    throw new FilterError('FILTER_LIST_SOURCE', 'the source leads away from https://');
  }
  const chunks: Uint8Array[] = [];
  let octets = 0;
  for await (const chunk of response.body) {
    octets += chunk.length;
    if (octets > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, octets);
}

/** All of it or nothing: a new file, on the disk before it takes the old one's name. */
async function writeWhole(path: string, options: UpdateOptions, text: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(options.directory, { recursive: true });
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new FilterError('FILTER_LIST_WRITE', errorMessage(cause), { cause });
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function digest(text: Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

function tooLarge(limit: number): FilterError {
  return new FilterError('FILTER_LIST_TOO_LARGE', `the source holds more than ${limit} octets`);
}
