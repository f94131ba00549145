/**
 * `/ip/dns/adlist`: names that the router refuses by itself. As the manual says, a list is a hosts file or one name a
 * line, each name takes some 75 octets of the DNS cache, a full cache ends the import, the lists are kept on the disk
 * where they fit and looked at again every four hours. More names than memory bring the board down.
 */
import type { Clock } from '../../lib/clock.ts';
import { errorMessage } from '../../lib/errors.ts';
import { parseIpv4 } from '../../lib/net.ts';
import type { Row } from '../menu/contract.ts';
import type { WritableTree } from '../menu/tree-state.ts';

export interface Adlists {
  /** Whether a list has the name; counted as a match. */
  refuses(name: string): boolean;
  /** Octets of the DNS cache that lists and names take. */
  octets(): number;
  /** Imports what was kept, then what the addresses give now. */
  start(): void;
  /** The power is gone: only what is kept on the disk stays. */
  cut(): void;
  /** Resolves when every import under way has ended. */
  settled(): Promise<void>;
}

export interface AdlistOptions {
  readonly tree: WritableTree;
  readonly clock: Clock;
  /** The text at an `http://` address; throws when it cannot be had. */
  readonly load: (url: string, verify: boolean, signal: AbortSignal) => Promise<string>;
  /** The memory is used up. */
  readonly outOfMemory: () => void;
}

interface List {
  readonly source: string;
  /** Aborted when the row is gone. */
  readonly gone: AbortController;
  names: ReadonlySet<string>;
  matches: number;
  /** The text as it is kept on the disk; null where it does not fit. */
  kept: string | null;
}

type Lists = Map<string, List>;

const MENU = '/ip/dns/adlist';
const NAME_OCTETS = 75;
/** What the cache holds before there is a name in it. */
const CACHE_BASE_OCTETS = 44 * 1024;
const CHECK_MS = 4 * 3_600_000;
/** After a failed load or a crash: the real interval is not published, and a twin must not spin. */
const RETRY_MS = 60_000;

export function createAdlists(options: AdlistOptions): Adlists {
  const { tree, clock } = options;
  const lists: Lists = new Map();
  const state = { on: false, crashed: false, pausedUntil: 0, power: new AbortController() };
  const underway = new Set<Promise<unknown>>();
  const crash = (): void => {
    state.crashed = true;
    options.outOfMemory();
  };
  const run = (row: Row, list: List, waitMs = 0): void => {
    const signal = AbortSignal.any([state.power.signal, list.gone.signal]);
    const importing = (): Promise<number> =>
      counted(underway, importList(options, lists, { row, list, signal, crash }));
    follow(importing, clock, signal, waitMs).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  };
  const runAll = (waitMs = 0): void => {
    for (const row of tree.active(MENU)) {
      const list = lists.get(row.id);
      if (list !== undefined) run(row, list, waitMs);
    }
  };
  const renew = (): void => renewPower(state);
  tree.onChange((path) => {
    if (path !== MENU) return;
    const fresh = reconcile(tree, lists);
    if (state.on) for (const { row, list } of fresh) run(row, list);
  });
  show(tree, lists);
  tree.onAction(`${MENU}/reload`, () => {
    renew();
    runAll();
  });
  tree.onAction(`${MENU}/pause`, (ms) => {
    state.pausedUntil = clock.now() + ms;
  });
  reconcile(tree, lists);
  return {
    octets: () => total(lists) * NAME_OCTETS,
    refuses: (name) => clock.now() >= state.pausedUntil && matches(lists, name),
    start() {
      state.on = true;
      renew();
      runAll(state.crashed ? RETRY_MS : 0);
      state.crashed = false;
    },
    cut() {
      state.on = false;
      renew();
      for (const list of lists.values()) Object.assign(list, { names: new Set(), matches: 0 });
      claim(tree, lists);
    },
    async settled() {
      while (underway.size > 0) await Promise.all(underway);
    },
  };
}

function renewPower(state: { power: AbortController; pausedUntil: number }): void {
  state.power.abort();
  state.power = new AbortController();
  state.pausedUntil = 0;
}

function show(tree: WritableTree, lists: Lists): void {
  tree.setLive(MENU, ({ id }) => {
    const list = lists.get(id);
    return {
      'name-count': String(list?.names.size ?? 0),
      'match-count': String(list?.matches ?? 0),
    };
  });
}

/** Forgets lists whose rows are gone or lead elsewhere now; returns those that are new. */
function reconcile(tree: WritableTree, lists: Lists): { row: Row; list: List }[] {
  const rows = tree.active(MENU);
  for (const [id, list] of lists) {
    const row = rows.find((each) => each.id === id);
    if (row !== undefined && sourceOf(row) === list.source) continue;
    list.gone.abort();
    lists.delete(id);
  }
  const fresh = rows
    .filter(({ id }) => !lists.has(id))
    .map((row) => {
      const list: List = {
        source: sourceOf(row),
        gone: new AbortController(),
        names: new Set(),
        matches: 0,
        kept: null,
      };
      lists.set(row.id, list);
      return { row, list };
    });
  claim(tree, lists);
  return fresh;
}

/** Imports now, and again and again, until the signal fires. */
async function follow(
  importing: () => Promise<number>,
  clock: Clock,
  signal: AbortSignal,
  waitMs: number,
): Promise<void> {
  if (waitMs > 0) await clock.sleep(waitMs, signal);
  while (!signal.aborted) await clock.sleep(await importing(), signal);
}

async function counted<T>(underway: Set<Promise<unknown>>, work: Promise<T>): Promise<T> {
  underway.add(work);
  try {
    return await work;
  } finally {
    underway.delete(work);
  }
}

interface Import {
  readonly row: Row;
  readonly list: List;
  readonly signal: AbortSignal;
  readonly crash: () => void;
}

/** Milliseconds until the list is to be looked at again. */
async function importList(options: AdlistOptions, lists: Lists, job: Import): Promise<number> {
  const { tree } = options;
  const { row, list, signal, crash } = job;
  const { url = '', file = '' } = row.values;
  try {
    // What the disk kept is in force before anything can be loaded.
    if (list.kept !== null && list.names.size === 0) take(tree, lists, { ...job, text: list.kept });
    if (signal.aborted) return RETRY_MS;
    const verify = row.values['ssl-verify'] !== 'false';
    const text = url === '' ? (tree.file(file) ?? '') : await options.load(url, verify, signal);
    if (!signal.aborted) take(tree, lists, { row, list, crash, text });
    return CHECK_MS;
  } catch (error) {
    if (!signal.aborted) tree.log('dns,error', `adlist ${url}: ${errorMessage(error)}`);
    return RETRY_MS;
  }
}

/** As many names as the cache has room for; none, and a crash, when the memory has not. */
function take(
  tree: WritableTree,
  lists: Lists,
  { row, list, text, crash }: Omit<Import, 'signal'> & { readonly text: string },
): void {
  list.names = new Set();
  list.kept = null;
  claim(tree, lists);
  const cache = Number(tree.single('/ip/dns')['cache-size'] ?? 0) * 1024 - CACHE_BASE_OCTETS;
  const room = Math.max(0, Math.floor(cache / NAME_OCTETS) - total(lists));
  const names = parseAdlist(text);
  if (names.length > room) tree.log('dns,error', 'adlist read: max cache size reached');
  const taken = names.slice(0, room);
  if (taken.length * NAME_OCTETS > tree.free().memory) {
    crash();
    return;
  }
  list.names = new Set(taken);
  if (row.values.url && text.length <= tree.free().disk) list.kept = text;
  claim(tree, lists);
}

function matches(lists: Lists, name: string): boolean {
  for (const list of lists.values()) {
    if (!list.names.has(name)) continue;
    list.matches += 1;
    return true;
  }
  return false;
}

/** Names of a hosts file or a plain list, in their order, each once. */
export function parseAdlist(text: string): string[] {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const [first = '', second] = line.replace(/#.*/, '').trim().split(/\s+/);
    const name = second !== undefined && isSink(first) ? second : first;
    if (/^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9-]+$/.test(name)) {
      if (parseIpv4(name) === null) names.add(name);
    }
  }
  return [...names];
}

function isSink(word: string): boolean {
  return word === '::1' || word === '::' || parseIpv4(word) !== null;
}

function sourceOf({ values }: Row): string {
  return `${values.url ?? ''} ${values.file ?? ''}`;
}

function total(lists: ReadonlyMap<string, List>): number {
  let count = 0;
  for (const { names } of lists.values()) count += names.size;
  return count;
}

function claim(tree: WritableTree, lists: ReadonlyMap<string, List>): void {
  let disk = 0;
  for (const { kept } of lists.values()) disk += kept?.length ?? 0;
  tree.claim('adlist', { disk, memory: total(lists) * NAME_OCTETS });
}
