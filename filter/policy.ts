/**
 * What a village may reach, and the verdict on one name. Pure: rows in, decisions out.
 *
 * Precedence, first that applies: canary names, protected names, the policy's own allow and deny names
 * (longest wins; allow wins at equal length), the lists of the categories that the policy blocks.
 * `explain.ts` tells the same story in words and must agree.
 */
import type { Policy, PolicyLevel } from '../store/types.ts';
import {
  type Category,
  categoryBits,
  firstCategory,
  LOCKED,
  requireCategory,
} from './categories.ts';
import { requireWire } from './name.ts';
import { CANARIES, protectedNames } from './protected.ts';
import { hashSuffixes, type Seed } from './suffix-hash.ts';
import {
  bitsOf,
  createTableBuilder,
  type FilterTable,
  maskOf,
  matchHashes,
  openTable,
  probe,
  type TableReader,
} from './table.ts';

/** `none`: no level has a policy, so only the locked categories are blocked. */
export type EffectiveLevel = PolicyLevel | 'none';

export interface EffectivePolicy {
  readonly level: EffectiveLevel;
  /** Kemendagri code of the level that decides; null for `none`. */
  readonly code: string | null;
  /** Locked categories included. */
  readonly block: readonly Category[];
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** Codes nest: `16.06.01.1009` lies in district `16.06.01`, which lies in regency `16.06`. */
export function regencyOf(villageCode: string): string {
  return villageCode.split('.').slice(0, 2).join('.');
}

/** The nearest of village, district and regency that has a row. `FILTER_CATEGORY_UNKNOWN`. */
export function effectivePolicy(
  policies: readonly Policy[],
  village: string,
  district: string,
): EffectivePolicy {
  const at = (level: PolicyLevel, code: string): Policy | undefined =>
    policies.find((policy) => policy.level === level && policy.code === code);
  const row =
    at('village', village) ?? at('district', district) ?? at('regency', regencyOf(village));
  if (row === undefined) {
    return { level: 'none', code: null, block: LOCKED, allow: [], deny: [] };
  }
  return {
    level: row.level,
    code: row.code,
    block: [...new Set([...LOCKED, ...row.block.map(requireCategory)])],
    allow: row.allow,
    deny: row.deny,
  };
}

const ALLOW = 0;
const DENY = 1;
const PROTECTED = 2;
const CANARY_NXDOMAIN = 3;
const CANARY_NODATA = 4;

/** A policy ready for the hot path. */
export interface CompiledPolicy {
  readonly policy: EffectivePolicy;
  /** Bits of the categories that are blocked. */
  readonly blockBits: number;
  /** The tiny table that is asked first: canaries, protected, allowed and denied names. */
  readonly rules: TableReader;
}

/** `seed` must be that of the list table, so that one hash pass serves both. `FILTER_NAME_INVALID`. */
export function compilePolicy(
  policy: EffectivePolicy,
  portalHosts: readonly string[],
  seed: Seed,
): CompiledPolicy {
  const builder = createTableBuilder(seed, 128);
  const add = (name: string, bit: number, match: 'exact' | 'suffix'): void =>
    builder.insert(requireWire(name), maskOf(bit, match));
  for (const { name, answer } of CANARIES) {
    add(name, answer === 'nxdomain' ? CANARY_NXDOMAIN : CANARY_NODATA, 'suffix');
  }
  for (const { name, match } of protectedNames(portalHosts)) add(name, PROTECTED, match);
  for (const name of policy.allow) add(name, ALLOW, 'suffix');
  for (const name of policy.deny) add(name, DENY, 'suffix');
  return {
    policy,
    blockBits: categoryBits(policy.block),
    rules: openTable(builder.finish()),
  };
}

/** Nothing speaks against the name; names it leads to are still judged. */
export const PASS = -1;
/** A rule names it: whatever it leads to is reachable too. */
export const ALLOWED = -2;
export const DENIED = -3;
export const CANARY_IS_NXDOMAIN = -4;
export const CANARY_IS_NODATA = -5;

/** One of the constants above, or the bit of the category that blocks the name (0 to 15). */
export type Verdict = number;

/** The verdict on the uncompressed wire name at `offset`. No strings, no allocation. */
export function judge(
  lists: TableReader,
  compiled: CompiledPolicy,
  wire: Uint8Array,
  offset: number,
): Verdict {
  const { hasher } = lists;
  const count = hashSuffixes(hasher, wire, offset);
  const ruled = judgeByRules(compiled.rules, hasher.hashes, count);
  if (ruled !== PASS) return ruled;
  const bits = matchHashes(lists, hasher.hashes, count, 0) & compiled.blockBits;
  return bits === 0 ? PASS : 31 - Math.clz32(bits & -bits);
}

/** The category of a verdict that is not negative. */
export function categoryOf(verdict: Verdict): Category {
  return firstCategory(1 << verdict);
}

function judgeByRules(rules: TableReader, hashes: Uint32Array, count: number): Verdict {
  let all = 0;
  let longest = 0;
  for (let i = 0; i < count; i += 1) {
    const mask = probe(rules, hashes[2 * i]!, hashes[2 * i + 1]!);
    if (mask === 0) continue;
    const bits = bitsOf(mask, i === count - 1);
    all |= bits;
    if ((bits & ((1 << ALLOW) | (1 << DENY))) !== 0) longest = bits;
  }
  if (all === 0) return PASS;
  if ((all & (1 << CANARY_NXDOMAIN)) !== 0) return CANARY_IS_NXDOMAIN;
  if ((all & (1 << CANARY_NODATA)) !== 0) return CANARY_IS_NODATA;
  if ((all & (1 << PROTECTED)) !== 0) return ALLOWED;
  if ((longest & (1 << ALLOW)) !== 0) return ALLOWED;
  return (longest & (1 << DENY)) === 0 ? PASS : DENIED;
}

/** A table without names, for a server that has no list yet. */
export function emptyTable(seed: Seed): FilterTable {
  return createTableBuilder(seed).finish();
}
