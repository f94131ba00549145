import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlockList, Policy } from '../store/types.ts';
import { campaign } from '../test/fixtures/campaign.ts';
import { compileLists } from './compile.ts';
import { type Explanation, explain } from './explain.ts';
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
import { listRow } from './testing/lists.ts';
import { loadLists, updateList } from './update.ts';

const VILLAGE = '16.06.01.1009';
const DISTRICT = '16.06.01';
const NAMES = ['judi.test', 'a.judi.test', 'www.iklan.test', 'co.id', 'x.go.id', 'web.app'];

const TEXTS: readonly [Partial<BlockList>, string][] = [
  [{ name: 'judi', match: 'suffix' }, '# x\nlain.test\njudi.test\nco.id\nx.go.id\n*.web.app\n'],
  [
    { name: 'iklan', category: 'ads', format: 'hosts', match: 'exact' },
    '0.0.0.0 iklan.test www.dua.test a.judi.test\n0.0.0.0 captive.apple.com\n',
  ],
];

let directory = '';
let lists: BlockList[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-explain-'));
  lists = await Promise.all(
    TEXTS.map(([row, text]) =>
      updateList({
        list: listRow(row),
        directory,
        fetch: async () => new Response(text),
        now: () => 0,
      }),
    ),
  );
});

afterAll(() => rm(directory, { recursive: true }));

const policyOf = (rest: Partial<Policy>): Policy => ({
  level: 'district',
  code: DISTRICT,
  block: ['gambling', 'ads'],
  allow: [],
  deny: [],
  ...rest,
});

function why(name: string, rest: Partial<Policy> = {}): Promise<Explanation> {
  return explain(name, {
    village: VILLAGE,
    district: DISTRICT,
    policies: [policyOf(rest)],
    lists,
    directory,
    portalHosts: ['portal.test'],
  });
}

describe('explain', () => {
  it('names list, line and entry, and the level the policy came from', async () => {
    expect(await why('WWW.Judi.test.')).toEqual({
      name: 'www.judi.test',
      verdict: 'blocked',
      reason: 'gambling',
      decider: { kind: 'list', list: 'judi', category: 'gambling', line: 3, entry: 'judi.test' },
      policy: { level: 'district', code: DISTRICT, block: ['trustpositif', 'gambling', 'ads'] },
      listed: [{ list: 'judi', category: 'gambling', line: 3, entry: 'judi.test' }],
    });
  });

  it('shows what lists say even when the policy lets it pass', async () => {
    const told = await why('iklan.test', { block: [] });

    expect([told.verdict, told.decider.kind]).toEqual(['allowed', 'none']);
    expect(told.listed.map(({ list, line }) => [list, line])).toEqual([['iklan', 1]]);
  });

  it.each([
    ['a.judi.test', { allow: ['judi.test'], deny: ['test.test'] }, 'allowed', 'allow', 'judi.test'],
    ['b.baik.test', { deny: ['baik.test'] }, 'blocked', 'deny', 'baik.test'],
    ['www.mubakab.go.id', { deny: ['go.id'] }, 'allowed', 'protected', '*.go.id'],
    ['portal.test', {}, 'allowed', 'protected', 'portal.test'],
    ['mask.icloud.com', {}, 'canary', 'canary', 'mask.icloud.com'],
  ])('says of %s under %o: %s by %s', async (name, rest, verdict, kind, rule) => {
    const told = await why(name, rest);

    expect([told.verdict, told.decider]).toEqual([verdict, { kind, rule }]);
  });

  it('refuses what is no name', async () => {
    await expect(why('bukan nama')).rejects.toMatchObject({ code: 'FILTER_NAME_INVALID' });
  });

  it('agrees with the verdict of the table, whatever the policy', async () => {
    const { table } = compileLists((await loadLists(directory, lists)).lists, {
      portalHosts: ['portal.test'],
    });
    const base = fc.constantFrom(
      ...[
        ...NAMES,
        'iklan.test',
        'dua.test',
        'www.dua.test',
        'captive.apple.com',
        'mask.icloud.com',
      ],
      ...['_dns.resolver.arpa', 'portal.test', 'baik.test', 'toko.co.id', 'www.www.dua.test'],
    );
    const name = fc
      .tuple(fc.constantFrom('', 'www.', 'a.', 'a.b.'), base)
      .map((both) => both.join(''));
    const names = fc.array(name, { maxLength: 3 });
    const block = fc.subarray(['gambling', 'ads', 'adult']);
    await fc.assert(
      fc.asyncProperty(name, block, names, names, async (asked, blocked, allow, deny) => {
        const rest = { block: blocked, allow, deny };
        const compiled = compilePolicy(
          effectivePolicy([policyOf(rest)], VILLAGE, DISTRICT),
          ['portal.test'],
          table.seed,
        );
        const verdict = judge(openTable(table), compiled, requireWire(asked), 0);
        const told = await why(asked, rest);

        expect([told.verdict, told.reason]).toEqual(inWords(verdict));
      }),
      campaign(1000),
    );
  });
});

function inWords(verdict: number): [Explanation['verdict'], Explanation['reason']] {
  if (verdict === PASS || verdict === ALLOWED) return ['allowed', null];
  if (verdict === CANARY_IS_NXDOMAIN || verdict === CANARY_IS_NODATA) return ['canary', null];
  return ['blocked', verdict === DENIED ? 'deny' : categoryOf(verdict)];
}
