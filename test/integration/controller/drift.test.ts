/** Hand edits on a twin: what plan says of them, and what adopt, revert and apply make of them. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adoptRow, readDrift, revertRow } from '../../../controller/drift/drift.ts';
import { rowId } from '../../../controller/drift/overrides.ts';
import { provisionRouter } from '../../../controller/provision.ts';
import type { WritableTree } from '../../../simulator/menu/tree-state.ts';
import { campaign } from '../../fixtures/campaign.ts';
import { type TwinBench, twinBench } from './twin-bench.ts';

const TAG = 'sw:';
/** Tagged as ours by somebody else. */
const EXTRA = `${TAG}hand-`;

type Row = ReturnType<WritableTree['rows']>[number];

/** Menus where a row can be taken away without taking others along. */
const LEAVES = [
  '/ip/firewall/filter',
  '/ip/firewall/nat',
  '/ip/firewall/raw',
  '/ip/hotspot/walled-garden',
  '/ip/hotspot/walled-garden/ip',
  '/ip/dns/static',
  '/interface/list/member',
  '/system/ntp/client/servers',
] as const;
/** What somebody might set on a row of ours. */
const HAND_MADE: Readonly<Record<string, readonly [string, string]>> = {
  '/ip/pool': ['ranges', '172.31.0.2-172.31.0.9'],
  '/ip/dhcp-server': ['lease-time', '7m'],
  '/ip/hotspot': ['idle-timeout', '77s'],
  '/ip/firewall/filter': ['disabled', 'yes'],
  '/ip/firewall/nat': ['disabled', 'yes'],
  '/ip/dns/static': ['disabled', 'yes'],
  '/interface/list/member': ['disabled', 'yes'],
  '/radius': ['timeout', '1s'],
  '/ip/address': ['disabled', 'yes'],
};
const SINGLES: Readonly<Record<string, readonly [string, string]>> = {
  '/ip/dns': ['cache-size', '777'],
  '/system/identity': ['name', 'diganti tangan'],
  '/system/note': ['note', 'jangan disentuh'],
  '/tool/bandwidth-server': ['enabled', 'yes'],
};

type Edit =
  | { readonly kind: 'set'; readonly path: string; readonly pick: number }
  | { readonly kind: 'single'; readonly path: string }
  | { readonly kind: 'remove'; readonly path: string; readonly pick: number }
  | { readonly kind: 'foreign'; readonly pick: number }
  | { readonly kind: 'extra'; readonly pick: number }
  | { readonly kind: 'page'; readonly pick: number };

const pick = fc.nat({ max: 1000 });
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({
    kind: fc.constant('set' as const),
    path: fc.constantFrom(...Object.keys(HAND_MADE)),
    pick,
  }),
  fc.record({
    kind: fc.constant('single' as const),
    path: fc.constantFrom(...Object.keys(SINGLES)),
  }),
  fc.record({ kind: fc.constant('remove' as const), path: fc.constantFrom(...LEAVES), pick }),
  fc.record({ kind: fc.constant('foreign' as const), pick }),
  fc.record({ kind: fc.constant('extra' as const), pick }),
  fc.record({ kind: fc.constant('page' as const), pick }),
);

const isTagged = ({ dynamic, values }: Row): boolean =>
  !dynamic && ((values.comment ?? '').startsWith(TAG) || (values.name ?? '').startsWith('sw-'));

/** Those that something wants. */
const ours = (tree: WritableTree, path: string): Row[] =>
  tree.rows(path).filter((row) => isTagged(row) && !(row.values.comment ?? '').startsWith(EXTRA));

function idOf(path: string, { values }: Row): string {
  const comment = values.comment ?? '';
  return rowId(path, comment.startsWith(TAG) ? comment.slice(TAG.length) : (values.name ?? ''));
}

/** Does the edit; gives the ids of rows of ours that it touched. */
function perform(tree: WritableTree, made: Edit): string[] {
  if (made.kind === 'single') {
    const [name, value] = SINGLES[made.path]!;
    tree.setSingle(made.path, new Map([[name, value]]));
    return [made.path];
  }
  if (made.kind === 'page') {
    const pages = tree.rows('/file').filter(({ values }) => values.name?.endsWith('login.html'));
    const name = pages[made.pick % Math.max(1, pages.length)]?.values.name;
    if (name === undefined) throw new Error('there are no pages');
    tree.writeFile(name, Buffer.from(`<p>${made.pick}</p>`));
    return [rowId('/file', name)];
  }
  if (made.kind === 'extra') {
    const path = '/ip/dns/static';
    const key = `hand-${tree.rows(path).length}-${made.pick}`;
    const values = { name: `${key}.test`, address: '192.0.2.1', comment: TAG + key };
    const id = tree.add(path, new Map(Object.entries(values)));
    return [`${rowId(path, key)}@${id.slice(1)}`];
  }
  if (made.kind === 'foreign') {
    const last = tree.rows('/ip/firewall/address-list').length;
    tree.add(
      '/ip/firewall/address-list',
      new Map([
        ['list', 'kantor'],
        ['address', `198.51.${last % 256}.${made.pick % 256}`],
      ]),
    );
    return [];
  }
  const rows = ours(tree, made.path);
  const row = rows[made.pick % Math.max(1, rows.length)];
  if (row === undefined) return [];
  const id = idOf(made.path, row);
  if (made.kind === 'remove') {
    tree.remove(made.path, [row.id]);
    return [id];
  }
  const edited = HAND_MADE[made.path]!;
  const was = row.values[edited[0]];
  tree.set(made.path, [row.id], new Map([edited]));
  // Some rows are switched off as they should be.
  return tree.find(made.path, row.id)?.values[edited[0]] === was ? [] : [id];
}

/** Everything that is not ours, in order, as print gives it. */
function foreign(tree: WritableTree): string {
  return JSON.stringify(
    [
      '/ip/firewall/filter',
      '/ip/firewall/nat',
      '/ip/firewall/address-list',
      '/ip/dns/static',
      '/queue/simple',
      '/user',
    ].map((path) => [
      path,
      tree
        .rows(path)
        .filter((row) => !row.dynamic && !isTagged(row))
        .map((row) => tree.printed(path, row)),
    ]),
  );
}

/** All that hand edits touch, ours and not. */
function configured(tree: WritableTree): unknown {
  const paths = [...new Set([...LEAVES, ...Object.keys(HAND_MADE), ...Object.keys(SINGLES)])];
  return paths.map((path) => tree.rows(path).map(({ values }) => values));
}

describe('hand edits on a provisioned twin', { timeout: 120_000 }, () => {
  let bench: TwinBench;

  beforeAll(async () => {
    bench = await twinBench();
    const { tree } = bench.twin;
    tree.add(
      '/ip/firewall/filter',
      new Map([
        ['chain', 'forward'],
        ['action', 'accept'],
        ['comment', 'kamera'],
      ]),
    );
    tree.add(
      '/ip/dns/static',
      new Map([
        ['name', 'printer.kantor'],
        ['address', '192.0.2.9'],
      ]),
    );
    const result = await provisionRouter(await bench.task());
    if (!result.empty) throw new Error(result.detail ?? 'not provisioned');
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  it('are listed exactly, made good by apply, and nothing foreign moves', async () => {
    const { tree } = bench.twin;
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async (edits) => {
        const touched = new Set<string>();
        const gone = new Set<string>();
        for (const made of edits) {
          // A row that is gone cannot be edited; what is left stands in its place.
          for (const id of perform(tree, made)) {
            touched.add(id);
            if (made.kind === 'remove') gone.add(id);
          }
        }
        const before = foreign(tree);

        const { rows } = await readDrift(await bench.task());
        expect(new Set(rows.map(({ id }) => id))).toEqual(touched);
        expect(rows).toHaveLength(touched.size);
        for (const row of rows) {
          const added = row.id.includes('@') ? 'extra' : row.path === '/file' ? 'file' : 'changed';
          expect(row.kind).toBe(gone.has(row.id) ? 'missing' : added);
        }

        const result = await provisionRouter(await bench.task());
        expect(result).toMatchObject({
          outcome: touched.size > 0 ? 'applied' : 'unchanged',
          empty: true,
        });
        expect(foreign(tree)).toBe(before);
        expect((await readDrift(await bench.task())).rows).toEqual([]);
      }),
      { ...campaign(400), endOnFailure: true },
    );
  });

  it('of any kind are kept when adopted, and ours again when reverted', async () => {
    const { tree } = bench.twin;
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        for (const made of edits) if (made.kind !== 'extra') perform(tree, made);
        const { rows } = await readDrift(await bench.task());
        const before = JSON.stringify(configured(tree));
        for (const { id } of rows) {
          expect(await adoptRow(await bench.task(), id)).toMatchObject({ kind: 'done', row: id });
        }

        expect((await readDrift(await bench.task())).rows).toEqual([]);
        expect(await provisionRouter(await bench.task())).toMatchObject({ outcome: 'unchanged' });
        expect(JSON.stringify(configured(tree))).toBe(before);

        for (const { id } of rows) {
          expect(await revertRow(await bench.task(), id)).toMatchObject({ kind: 'done', row: id });
        }
        const after = await readDrift(await bench.task());
        expect(after).toEqual({ rows: [], kept: [] });
        expect(await provisionRouter(await bench.task())).toMatchObject({ outcome: 'unchanged' });
      }),
      { ...campaign(200), endOnFailure: true },
    );
  });

  it('that are adopted are no drift any more, and apply leaves them', async () => {
    const { tree } = bench.twin;
    tree.setSingle('/ip/dns', new Map([['cache-size', '4321']]));
    const [rule] = ours(tree, '/ip/firewall/nat');
    const ruleId = idOf('/ip/firewall/nat', rule!);
    tree.remove('/ip/firewall/nat', [rule!.id]);

    const first = await adoptRow(await bench.task(), '/ip/dns');
    const second = await adoptRow(await bench.task(), ruleId);

    expect(first).toMatchObject({
      kind: 'done',
      row: '/ip/dns',
      left: [{ id: ruleId, kind: 'missing' }],
    });
    expect(second).toMatchObject({ kind: 'done', left: [] });
    expect((await bench.task()).router.provisioning).toBe('applied');
    expect(await provisionRouter(await bench.task())).toMatchObject({ outcome: 'unchanged' });
    expect(tree.single('/ip/dns')['cache-size']).toBe('4321');
    expect(
      ours(tree, '/ip/firewall/nat').map((row) => idOf('/ip/firewall/nat', row)),
    ).not.toContain(ruleId);

    expect(await revertRow(await bench.task(), '/ip/dns')).toMatchObject({
      kind: 'done',
      left: [],
    });
    expect(await revertRow(await bench.task(), ruleId)).toMatchObject({ kind: 'done', left: [] });
    expect(tree.single('/ip/dns')['cache-size']).not.toBe('4321');
    expect(ours(tree, '/ip/firewall/nat').map((row) => idOf('/ip/firewall/nat', row))).toContain(
      ruleId,
    );
    expect((await readDrift(await bench.task())).kept).toEqual([]);
    expect(await provisionRouter(await bench.task())).toMatchObject({ outcome: 'unchanged' });
  });

  it('are reverted one row at a time', async () => {
    const { tree } = bench.twin;
    tree.setSingle('/system/identity', new Map([['name', 'lain']]));
    tree.setSingle('/system/note', new Map([['note', 'lain']]));

    const outcome = await revertRow(await bench.task(), '/system/note');

    expect(outcome).toMatchObject({ kind: 'done', left: [{ id: '/system/identity' }] });
    expect(tree.single('/system/identity').name).toBe('lain');
    expect((await bench.task()).router.provisioning).toBe('drifted');
    await provisionRouter(await bench.task());
  });

  it('that narrow a rule can be kept, and a lost place in the order cannot', async () => {
    const { tree } = bench.twin;
    const path = '/ip/firewall/filter';
    const rows = ours(tree, path);
    const drop = rows.find(
      (row) => row.values.action === 'drop' && row.values['src-address'] === undefined,
    )!;
    tree.set(path, [drop.id], new Map([['src-address', '198.51.100.0/24']]));

    expect(await adoptRow(await bench.task(), idOf(path, drop))).toMatchObject({
      kind: 'done',
      left: [],
    });
    expect(await provisionRouter(await bench.task())).toMatchObject({ outcome: 'unchanged' });
    await revertRow(await bench.task(), idOf(path, drop));

    // Chains are apart: the order within one is what decides.
    const [first, second] = ours(tree, path).filter(({ values }) => values.chain === 'input');
    tree.move(path, [second!.id], first!.id);
    const moved = (await readDrift(await bench.task())).rows;
    expect(moved.map(({ kind }) => kind)).toEqual(['moved']);
    expect(await adoptRow(await bench.task(), moved[0]!.id)).toMatchObject({ kind: 'refused' });
    expect(await revertRow(await bench.task(), moved[0]!.id)).toMatchObject({
      kind: 'done',
      left: [],
    });
  });

  it('names what it cannot find', async () => {
    expect(await adoptRow(await bench.task(), 'no-such-row')).toEqual({ kind: 'none' });
    expect(await revertRow(await bench.task(), 'no-such-row')).toEqual({ kind: 'none' });
  });
});
