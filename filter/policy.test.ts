import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Policy } from '../store/types.ts';
import { compileLists } from './compile.ts';
import { requireWire } from './name.ts';
import {
  ALLOWED,
  CANARY_IS_NODATA,
  CANARY_IS_NXDOMAIN,
  categoryOf,
  compilePolicy,
  DENIED,
  effectivePolicy,
  judge,
  PASS,
} from './policy.ts';
import { openTable } from './table.ts';
import { listText } from './testing/lists.ts';

const VILLAGE = '16.06.01.1009';
const DISTRICT = '16.06.01';

const row = (level: Policy['level'], code: string, rest: Partial<Policy> = {}): Policy => ({
  level,
  code,
  block: ['gambling'],
  allow: [],
  deny: [],
  ...rest,
});

const { table } = compileLists([
  listText({}, 'judi.test\ncaptive.apple.com\nicloud.com\ngo.id\n'),
  listText({ name: 'tp', category: 'trustpositif' }, 'terlarang.test\n'),
]);

function judgeUnder(rest: Partial<Policy>, portalHosts: readonly string[] = []) {
  const policy = effectivePolicy([row('village', VILLAGE, rest)], VILLAGE, DISTRICT);
  const compiled = compilePolicy(policy, portalHosts, table.seed);
  const lists = openTable(table);
  return (name: string): number => judge(lists, compiled, requireWire(name), 0);
}

describe('which policy is in force', () => {
  const rows = [row('regency', '16.06'), row('district', DISTRICT), row('village', VILLAGE)];

  it('is that of the nearest level that has a row', () => {
    const levels = [rows, rows.slice(0, 2), rows.slice(0, 1), []].map((policies) => {
      const { level, code } = effectivePolicy(policies, VILLAGE, DISTRICT);
      return [level, code];
    });

    expect(levels).toEqual([
      ['village', VILLAGE],
      ['district', DISTRICT],
      ['regency', '16.06'],
      ['none', null],
    ]);
  });

  it('does not mix levels, nor take a neighbour’s', () => {
    const policies = [row('regency', '16.06'), row('village', '16.06.01.1010', { block: [] })];

    expect(effectivePolicy(policies, VILLAGE, DISTRICT).block).toContain('gambling');
    expect(effectivePolicy(policies, '16.06.01.1010', DISTRICT).block).toEqual(['trustpositif']);
    expect(effectivePolicy(policies, '16.07.01.1001', '16.07.01').level).toBe('none');
  });

  it('is refused when it blocks a category that does not exist', () => {
    const policies = [row('village', VILLAGE, { block: ['judi'] })];

    expect(() => effectivePolicy(policies, VILLAGE, DISTRICT)).toThrow(
      expect.objectContaining({ code: 'FILTER_CATEGORY_UNKNOWN' }),
    );
  });
});

describe('the verdict', () => {
  it('is the category of the list, when the policy blocks it', () => {
    expect(categoryOf(judgeUnder({})('www.judi.test'))).toBe('gambling');
    expect(judgeUnder({ block: ['ads'] })('www.judi.test')).toBe(PASS);
  });

  it('is trustpositif whatever the policy says', () => {
    expect(categoryOf(judgeUnder({ block: [] })('terlarang.test'))).toBe('trustpositif');
  });

  it('follows the longest of allow and deny names, allow at equal length', () => {
    const verdict = judgeUnder({
      allow: ['judi.test', 'a.tolak.test', 'sama.test'],
      deny: ['tolak.test', 'b.a.tolak.test', 'sama.test', 'x.judi.test'],
    });

    expect(verdict('judi.test')).toBe(ALLOWED);
    expect(verdict('www.judi.test')).toBe(ALLOWED);
    expect(verdict('x.judi.test')).toBe(DENIED);
    expect(verdict('tolak.test')).toBe(DENIED);
    expect(verdict('a.tolak.test')).toBe(ALLOWED);
    expect(verdict('c.b.a.tolak.test')).toBe(DENIED);
    expect(verdict('sama.test')).toBe(ALLOWED);
  });

  it('never blocks a protected name, by list or by policy', () => {
    const deny = ['captive.apple.com', 'mubakab.go.id', 'portal.test', 'desa.id'];
    const verdict = judgeUnder({ deny }, ['portal.test']);

    for (const name of ['captive.apple.com', 'www.mubakab.go.id', 'portal.test', 'a.b.desa.id']) {
      expect(verdict(name)).toBe(ALLOWED);
    }
  });

  it('answers canaries even where a policy allows them', () => {
    const verdict = judgeUnder({ allow: ['use-application-dns.net', 'mask.icloud.com'] });

    expect(verdict('use-application-dns.net')).toBe(CANARY_IS_NXDOMAIN);
    expect(verdict('mask.icloud.com')).toBe(CANARY_IS_NXDOMAIN);
    expect(verdict('_dns.resolver.arpa')).toBe(CANARY_IS_NODATA);
  });

  it('agrees with the rules said in strings, for any allow and deny names', () => {
    const name = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
      .map((labels) => `${labels.join('.')}.test`);
    fc.assert(
      fc.property(fc.array(name), fc.array(name), name, (allow, deny, asked) => {
        const longest = (rules: readonly string[]): number =>
          Math.max(
            0,
            ...rules.flatMap((rule) => (`.${asked}`.endsWith(`.${rule}`) ? [rule.length] : [])),
          );
        const [a, d] = [longest(allow), longest(deny)];
        const expected = a === 0 && d === 0 ? PASS : a >= d ? ALLOWED : DENIED;

        expect(judgeUnder({ allow, deny })(asked)).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});
