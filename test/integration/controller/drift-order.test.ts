/** Rows moved, added, changed and taken away by hand in menus where the order decides, ours and those of others. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDrift } from '../../../controller/drift/drift.ts';
import { rowId } from '../../../controller/drift/overrides.ts';
import type { DriftRow } from '../../../controller/drift/rows.ts';
import { provisionRouter } from '../../../controller/provision.ts';
import type { WritableTree } from '../../../simulator/menu/tree-state.ts';
import { campaign } from '../../fixtures/campaign.ts';
import { AT, village } from '../../fixtures/rows.ts';
import { type TwinBench, twinBench } from './twin-bench.ts';

const TAG = 'sw:';
type Row = ReturnType<WritableTree['rows']>[number];

/** Menus with an order that we have rows in, and what somebody else may have there. */
const MENUS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/ip/firewall/filter': { chain: 'forward', action: 'accept', protocol: 'tcp' },
  '/ip/firewall/nat': { chain: 'dstnat', action: 'accept', protocol: 'udp' },
  '/ip/firewall/mangle': { chain: 'prerouting', action: 'passthrough' },
  '/ip/hotspot/walled-garden': { action: 'allow', 'dst-host': 'kantor.example' },
  '/ip/hotspot/walled-garden/ip': { action: 'accept', 'dst-address': '198.51.100.7' },
  '/ip/hotspot/ip-binding': { type: 'bypassed' },
};
const PATHS = Object.keys(MENUS);
/**
 * Each row here is of one device: their order decides nothing, and there may be no two alike, so that one which lost
 * its comment would stand in the way of its successor.
 */
const UNIQUE = '/ip/hotspot/ip-binding';
const PART = {
  rows: [
    ...[1, 2, 3].map((n) => ({
      menu: '/ip/hotspot/ip-binding',
      key: `printer-${n}`,
      values: { 'mac-address': `AA:BB:CC:00:00:0${n}`, type: 'bypassed' },
    })),
    ...[1, 2, 3].map((n) => ({
      menu: '/ip/hotspot/walled-garden/ip',
      key: `situs-${n}`,
      values: { action: 'accept', 'dst-host': `situs-${n}.example` },
    })),
    ...[25, 465].map((port) => ({
      menu: '/ip/firewall/filter',
      key: `surat-${port}`,
      values: { action: 'drop', protocol: 'tcp', 'dst-port': String(port) },
    })),
  ],
};

type Edit = {
  readonly kind: 'move' | 'remove' | 'disable' | 'comment' | 'add';
  readonly path: string;
  readonly pick: number;
  readonly to: number;
};

const edit: fc.Arbitrary<Edit> = fc.record({
  // Moves are what this is about.
  kind: fc.constantFrom('move', 'move', 'move', 'remove', 'disable', 'comment', 'add'),
  path: fc.constantFrom(...PATHS),
  pick: fc.nat({ max: 1000 }),
  to: fc.nat({ max: 1000 }),
});

const isOurs = ({ values }: Row): boolean => (values.comment ?? '').startsWith(TAG);
const keyOf = ({ values }: Row): string => (values.comment ?? '').slice(TAG.length);
const rowsOf = (tree: WritableTree, path: string): Row[] =>
  tree.rows(path).filter(({ dynamic }) => !dynamic);

/** Does the edit; gives the id of the row of ours that is not as it was, or not there. */
function perform(tree: WritableTree, { kind, path, pick, to }: Edit): string | null {
  const rows = rowsOf(tree, path);
  if (kind === 'add') {
    const mac = `AA:00:00:00:${hex(pick >> 8)}:${hex(pick)}`;
    const own = path === UNIQUE ? { 'mac-address': mac } : {};
    const id = tree.add(
      path,
      new Map(Object.entries({ ...MENUS[path], ...own, comment: `k${pick}` })),
    );
    tree.move(path, [id], rows[to % (rows.length + 1)]?.id);
    return null;
  }
  const row = rows[pick % Math.max(1, rows.length)];
  if (row === undefined) return null;
  const touched = isOurs(row) ? rowId(path, keyOf(row)) : null;
  if (kind === 'move') {
    const target = rows[to % (rows.length + 1)];
    if (target?.id !== row.id) tree.move(path, [row.id], target?.id);
    return null;
  }
  if (kind === 'remove') tree.remove(path, [row.id]);
  else if (kind === 'disable') {
    if (row.values.disabled === 'true') return null;
    tree.set(path, [row.id], new Map([['disabled', 'yes']]));
  } else if (path !== UNIQUE || touched === null) {
    // Without our tag it is somebody else's from now on.
    tree.set(path, [row.id], new Map([['comment', `catatan ${pick}`]]));
  } else return null;
  return touched;
}

const hex = (n: number): string => (n & 255).toString(16).padStart(2, '0').toUpperCase();

/** What is not ours, in order, as print gives it. */
const foreign = (tree: WritableTree): string =>
  JSON.stringify(
    PATHS.map((path) => [
      path,
      rowsOf(tree, path)
        .filter((row) => !isOurs(row))
        .map((row) => tree.printed(path, row)),
    ]),
  );

/** Keys of ours by menu and chain, in order: chains know nothing of each other. */
function orders(tree: WritableTree): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const path of PATHS.filter((one) => one !== UNIQUE)) {
    for (const row of rowsOf(tree, path).filter(isOurs)) {
      const chain = `${path} ${row.values.chain ?? ''}`;
      found.set(chain, [...(found.get(chain) ?? []), rowId(path, keyOf(row))]);
    }
  }
  return found;
}

/** Whether two of these stand the other way round than they should. */
const areTurned = (order: readonly string[], wanted: readonly string[], a: string, b: string) =>
  order.indexOf(a) - order.indexOf(b) > 0 !== wanted.indexOf(a) - wanted.indexOf(b) > 0;

/** Listed for its place alone: out of place. Not listed: in place among its like. */
function checkMoves(
  now: ReadonlyMap<string, readonly string[]>,
  wanted: ReadonlyMap<string, readonly string[]>,
  listed: ReadonlySet<string>,
  touched: ReadonlySet<string>,
): void {
  for (const [chain, order] of now) {
    const due = wanted.get(chain)!;
    const silent = order.filter((id) => !listed.has(id));
    expect(silent).toEqual(due.filter((id) => silent.includes(id)));
    for (const id of order.filter((one) => listed.has(one) && !touched.has(one))) {
      const turned = order.filter((one) => one !== id && areTurned(order, due, id, one));
      expect([id, turned.length > 0]).toEqual([id, true]);
    }
  }
}

describe('hand edits in menus with an order', { timeout: 600_000 }, () => {
  let bench: TwinBench;

  beforeAll(async () => {
    bench = await twinBench({ version: '7.20.8', board: 'hap-ax2' });
    const place = { level: 'village', code: village.code, secret: false, at: AT } as const;
    for (const name of ['link.down-kbps', 'link.up-kbps']) {
      await bench.store.setSetting({ ...place, name, value: '10000' });
    }
    const document = JSON.stringify(PART);
    await bench.store.setPart({
      level: 'regency',
      code: '16.06',
      name: 'kantor',
      document,
      at: AT,
    });
    const result = await provisionRouter(await bench.task());
    if (!result.empty) throw new Error(result.detail ?? 'not provisioned');
    for (const path of PATHS) perform(bench.twin.tree, { kind: 'add', path, pick: 7, to: 0 });
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  it('are listed row by row, and made good without a touch to what others have there', async () => {
    const { tree } = bench.twin;
    const wanted = orders(tree);
    expect([...wanted.values()].filter((keys) => keys.length > 1).length).toBeGreaterThan(4);
    let moved = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 8 }), async (edits) => {
        const touched = new Set(edits.flatMap((made) => perform(tree, made) ?? []));
        const theirs = foreign(tree);
        const now = orders(tree);

        const { rows } = await readDrift(await bench.task());

        const listed = new Set(rows.map(({ id }) => id));
        expect([...touched].filter((id) => !listed.has(id))).toEqual([]);
        const onlyMoved = (row: DriftRow): boolean => row.kind === 'moved';
        expect(
          rows
            .filter((row) => !onlyMoved(row))
            .map(({ id }) => id)
            .toSorted(),
        ).toEqual([...touched].toSorted());
        checkMoves(now, wanted, listed, touched);
        const strays = rows.filter(onlyMoved);
        expect(strays.map(({ path }) => path)).not.toContain(UNIQUE);
        moved += strays.length;

        expect(await provisionRouter(await bench.task())).toMatchObject({
          outcome: rows.length > 0 ? 'applied' : 'unchanged',
          empty: true,
        });
        expect(foreign(tree)).toBe(theirs);
        expect(orders(tree)).toEqual(wanted);
      }),
      { ...campaign(600), endOnFailure: true },
    );
    expect(moved).toBeGreaterThan(10);
  });
});
