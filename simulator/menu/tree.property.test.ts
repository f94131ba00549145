import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Row } from './contract.ts';
import { factoryTree } from './factory.ts';
import { Trap } from './trap.ts';
import type { WritableTree } from './tree-state.ts';

const PATHS = ['/ip/pool', '/ip/dhcp-server', '/ip/firewall/nat', '/interface/bridge'] as const;

const values = fc.record(
  {
    name: fc.constantFrom('a', 'b', 'c'),
    ranges: fc.constantFrom('10.0.0.1-10.0.0.9', 'nonsense'),
    interface: fc.constantFrom('a', 'b', 'bridge', 'ether1', 'none'),
    'address-pool': fc.constantFrom('a', 'b', 'static-only'),
    chain: fc.constantFrom('srcnat', 'dstnat'),
    comment: fc.constantFrom('', 'x'),
    disabled: fc.constantFrom('yes', 'no', 'perhaps'),
  },
  { requiredKeys: [] },
);

const step = fc.record({
  path: fc.constantFrom(...PATHS),
  verb: fc.constantFrom('add', 'add', 'set', 'remove', 'move'),
  at: fc.nat(5),
  before: fc.nat(5),
  values,
});

/** Does one step; what the tree refuses is no fault. Returns the id of a new row. */
function perform(tree: WritableTree, { path, verb, at, before, values }: StepOf): string | null {
  const attributes = new Map(Object.entries(values).filter(([, value]) => value !== undefined));
  const id = (index: number): string => tree.rows(path)[index]?.id ?? '*FFFF';
  try {
    if (verb === 'add') return tree.add(path, attributes);
    if (verb === 'set') tree.set(path, [id(at)], attributes);
    else if (verb === 'remove') tree.remove(path, [id(at)]);
    else tree.move(path, [id(at)], id(before));
  } catch (error) {
    if (!(error instanceof Trap)) throw error;
  }
  return null;
}

type StepOf = typeof step extends fc.Arbitrary<infer T> ? T : never;

const contents = (tree: WritableTree): (readonly Row[])[] => PATHS.map((path) => tree.rows(path));

it('whatever is asked, ids stay unique, names too, and references lead somewhere', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const tree = factoryTree();
      const snapshot = tree.snapshot();
      const before = contents(tree);

      const given = steps.flatMap((each) => {
        const id = perform(tree, each);
        return id === null ? [] : [`${each.path} ${id}`];
      });

      expect(new Set(given).size).toBe(given.length);
      for (const path of ['/ip/pool', '/ip/dhcp-server', '/interface'] as const) {
        const names = tree.rows(path).map((row) => row.values.name);
        expect(new Set(names).size).toBe(names.length);
      }
      for (const row of tree.rows('/ip/dhcp-server')) {
        const { interface: on = '', 'address-pool': pool = '' } = row.values;
        expect(on.startsWith('*') || tree.find('/interface', on) !== undefined).toBe(true);
        const known = pool === 'static-only' || tree.find('/ip/pool', pool) !== undefined;
        expect(pool.startsWith('*') || known).toBe(true);
        expect(row.values.invalid === 'true' || !on.startsWith('*')).toBe(true);
      }
      tree.restore(snapshot);
      expect(contents(tree)).toEqual(before);
    }),
    { numRuns: 60, seed: 20_261_124 },
  );
});
