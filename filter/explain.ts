/**
 * Why a name is blocked or not, in the words of the rule that decides: for the CLI, for the block page,
 * for an operator who is asked. It tells the story of `policy.ts` again, from texts instead of
 * fingerprints, so it also finds which line of which list it was.
 */
import { createReadStream } from 'node:fs';
import { errorCode } from '../lib/errors.ts';
import type { BlockList, Policy } from '../store/types.ts';
import { type BlockReason, CATEGORIES, type Category, isCategory } from './categories.ts';
import { fromWire, requireWire } from './name.ts';
import { type OnName, parseList } from './parse-list.ts';
import { type EffectivePolicy, effectivePolicy } from './policy.ts';
import { CANARIES, protectedNames } from './protected.ts';
import { isPublicSuffix } from './public-suffixes.ts';
import { listPath } from './update.ts';

/** A line of a list that covers the name. */
export interface ListedAt {
  readonly list: string;
  readonly category: Category;
  readonly line: number;
  /** The entry as it decides: a parent, the name itself, or the name without its `www.`. */
  readonly entry: string;
}

export type Decider =
  | { readonly kind: 'canary' | 'protected' | 'allow' | 'deny'; readonly rule: string }
  | ({ readonly kind: 'list' } & ListedAt)
  /** No rule speaks of the name, or only lists of categories that the policy does not block. */
  | { readonly kind: 'none' };

export interface Explanation {
  /** Lower-case, punycode. */
  readonly name: string;
  readonly verdict: 'allowed' | 'blocked' | 'canary';
  /** What blocks it; null when nothing does. */
  readonly reason: BlockReason | null;
  readonly decider: Decider;
  /** Where the policy came from: the level that has a row, and its code. */
  readonly policy: Pick<EffectivePolicy, 'level' | 'code' | 'block'>;
  /** Every entry that covers the name, of blocked categories and others, at most one a list. */
  readonly listed: readonly ListedAt[];
}

export interface ExplainOptions {
  /** Kemendagri codes of the place that asks. */
  readonly village: string;
  readonly district: string;
  readonly policies: readonly Policy[];
  readonly lists: readonly BlockList[];
  /** Where the texts of the lists lie. */
  readonly directory: string;
  readonly portalHosts?: readonly string[];
}

/** `FILTER_NAME_INVALID`; a list whose file is missing covers nothing, as in the table. */
export async function explain(text: string, options: ExplainOptions): Promise<Explanation> {
  const name = fromWire(requireWire(text));
  const policy = effectivePolicy(options.policies, options.village, options.district);
  const listed: ListedAt[] = [];
  for (const list of options.lists) {
    const found = await findInList(name, list, options);
    if (found !== null) listed.push(found);
  }
  listed.sort((a, b) => CATEGORIES.indexOf(a.category) - CATEGORIES.indexOf(b.category));
  const decider = decide(name, policy, listed, options.portalHosts ?? []);
  return {
    name,
    ...outcomeOf(decider),
    decider,
    policy: { level: policy.level, code: policy.code, block: policy.block },
    listed,
  };
}

function decide(
  name: string,
  policy: EffectivePolicy,
  listed: readonly ListedAt[],
  portalHosts: readonly string[],
): Decider {
  const canary = CANARIES.find((one) => covers(one.name, name));
  if (canary !== undefined) return { kind: 'canary', rule: canary.name };
  const guarded = protectedBy(name, portalHosts);
  if (guarded !== null) return { kind: 'protected', rule: guarded };
  const allow = longest(policy.allow, name);
  const deny = longest(policy.deny, name);
  if (allow !== null && allow.length >= (deny?.length ?? 0)) return { kind: 'allow', rule: allow };
  if (deny !== null) return { kind: 'deny', rule: deny };
  const entry = listed.find(({ category }) => policy.block.includes(category));
  return entry === undefined ? { kind: 'none' } : { kind: 'list', ...entry };
}

function outcomeOf(decider: Decider): Pick<Explanation, 'verdict' | 'reason'> {
  switch (decider.kind) {
    case 'canary':
      return { verdict: 'canary', reason: null };
    case 'deny':
      return { verdict: 'blocked', reason: 'deny' };
    case 'list':
      return { verdict: 'blocked', reason: decider.category };
    case 'protected':
    case 'allow':
    case 'none':
      return { verdict: 'allowed', reason: null };
  }
}

/** The rule that protects a name, `*.` in front when it covers what lies below. */
function protectedBy(name: string, portalHosts: readonly string[]): string | null {
  for (const { name: rule, match } of protectedNames(portalHosts)) {
    if (match === 'suffix' && covers(rule, name)) return `*.${rule}`;
    if (match === 'exact' && plain(rule) === name) return rule;
  }
  return null;
}

function plain(text: string): string {
  return fromWire(requireWire(text));
}

/** Whether `name` is `rule` or lies below it. */
function covers(rule: string, name: string): boolean {
  const canonical = plain(rule);
  return name === canonical || name.endsWith(`.${canonical}`);
}

function longest(rules: readonly string[], name: string): string | null {
  const fitting = rules.filter((rule) => covers(rule, name)).map(plain);
  return fitting.toSorted((a, b) => b.length - a.length)[0] ?? null;
}

/** The first line of a list that covers the name as the compiler would have it. */
async function findInList(
  name: string,
  list: BlockList,
  options: ExplainOptions,
): Promise<ListedAt | null> {
  const { category } = list;
  if (list.sha256 === null || !isCategory(category)) return null;
  const wanted = entriesThatCover(name, list, options.portalHosts ?? []);
  let found: ListedAt | null = null;
  const onName: OnName = (wire, length, line) => {
    if (found !== null || !wanted.sizes.has(length)) return;
    const entry = fromWire(wire);
    if (wanted.names.has(entry)) found = { list: list.name, category, line, entry };
  };
  for await (const { text, firstLine } of wholeLines(listPath(options.directory, list.name))) {
    parseList(text, { format: list.format, firstLine }, onName);
    if (found !== null) break;
  }
  return found;
}

/** Entries that the compiler would have applied and that then cover the name. */
function entriesThatCover(
  name: string,
  list: BlockList,
  portalHosts: readonly string[],
): { names: ReadonlySet<string>; sizes: ReadonlySet<number> } {
  const candidates = [name];
  if (list.match === 'suffix') {
    const labels = name.split('.');
    const parents = labels.slice(1, -1).map((_, i) => labels.slice(i + 1).join('.'));
    candidates.push(...parents.filter((parent) => !isPublicSuffix(parent)));
  } else if (list.format === 'hosts' && name.startsWith('www.') && !name.startsWith('www.www.')) {
    candidates.push(name.slice(4));
  }
  const names = new Set(candidates.filter((entry) => protectedBy(entry, portalHosts) === null));
  return { names, sizes: new Set([...names].map((entry) => entry.length + 2)) };
}

/** Pieces of a file that end at a line's end, so that a large list neither fills memory nor stalls the loop. */
async function* wholeLines(path: string): AsyncGenerator<{ text: Uint8Array; firstLine: number }> {
  let rest: Uint8Array = Buffer.alloc(0);
  let firstLine = 1;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      const text = Buffer.concat([rest, chunk as Buffer]);
      const end = text.lastIndexOf(0x0a) + 1;
      if (end > 0) yield { text: text.subarray(0, end), firstLine };
      firstLine += linesIn(text.subarray(0, end));
      rest = text.subarray(end);
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  if (rest.length > 0) yield { text: rest, firstLine };
}

function linesIn(text: Uint8Array): number {
  let lines = 0;
  for (let at = text.indexOf(0x0a); at !== -1; at = text.indexOf(0x0a, at + 1)) lines += 1;
  return lines;
}
