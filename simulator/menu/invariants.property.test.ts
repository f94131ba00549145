import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factoryTree } from './factory.ts';
import type { Menu, Property } from './schema-parse.ts';
import { drawFrom, randomAttributes, writableMenus } from './test-random.ts';
import { Trap } from './trap.ts';
import type { WritableTree } from './tree-state.ts';

const step = fc.record({
  verb: fc.constantFrom('add', 'add', 'add', 'set', 'set', 'remove', 'move'),
  tape: fc.array(fc.nat(0xffff), { minLength: 61, maxLength: 61 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const RUNS = { numRuns: 60, seed: 20_261_124 };
const BOARDS = ['hap-ax2', 'hap-lite', 'hap-ac2'] as const;
const VERSIONS = ['7.16.2', '7.18.2', '7.20.8', '7.24'] as const;
const scenario = fc.record({
  version: fc.constantFrom(...VERSIONS),
  board: fc.constantFrom(...BOARDS),
  steps: fc.array(step, { minLength: 1, maxLength: 40 }),
});

/** All that a router keeps, to the octet. */
const written = (tree: WritableTree): string =>
  JSON.stringify(
    writableMenus(tree)
      .filter(({ path }) => path !== '/file')
      .map(({ path }) => [path, tree.rows(path)]),
  );

/** Does one step; true when the router took it. */
function perform(tree: WritableTree, { verb, tape }: Step): boolean {
  const draw = drawFrom(tape);
  const menus = writableMenus(tree);
  const menu = menus[draw(menus.length)]!;
  const rows = tree.rows(menu.path);
  const id = (): string => rows[draw(Math.max(rows.length, 1))]?.id ?? '*FFFF';
  try {
    if (menu.kind === 'single') {
      tree.setSingle(menu.path, randomAttributes(tree, menu, draw, false));
    } else if (verb === 'set') {
      tree.set(menu.path, [id()], randomAttributes(tree, menu, draw, false));
    } else if (verb === 'remove') tree.remove(menu.path, [id()]);
    else if (verb === 'move' && menu.ordered) tree.move(menu.path, [id()], id());
    else if (menu.kind === 'list') {
      tree.add(menu.path, randomAttributes(tree, menu, draw, true));
    }
  } catch (error) {
    if (!(error instanceof Trap)) throw error;
    return false;
  }
  return true;
}

const treeOf = ({ version, board }: { version: string; board: string }): WritableTree =>
  factoryTree({ version, board, now: () => 1_764_000_000_000 });

describe('whatever is written', () => {
  it('ids and names stay unique, required values present, references lead somewhere', () => {
    fc.assert(
      fc.property(scenario, ({ steps, ...made }) => {
        const tree = treeOf(made);

        for (const each of steps) perform(tree, each);

        const wrong = writableMenus(tree).flatMap((menu) => [
          ...duplicates(tree, menu),
          ...strays(tree, menu),
        ]);
        expect(wrong).toEqual([]);
      }),
      RUNS,
    );
  });

  it('a refused write changes nothing, and no write disturbs the order of other rows', () => {
    fc.assert(
      fc.property(scenario, ({ steps, ...made }) => {
        const tree = treeOf(made);
        for (const each of steps) {
          const before = written(tree);
          const order = orders(tree);

          const taken = perform(tree, each);

          expect(taken || written(tree) === before).toBe(true);
          expect(each.verb === 'move' ? [] : disturbed(order, orders(tree))).toEqual([]);
        }
      }),
      RUNS,
    );
  });

  it('what print says can be written back and is said again', () => {
    fc.assert(
      fc.property(scenario, ({ steps, ...made }) => {
        const tree = treeOf(made);
        for (const each of steps) perform(tree, each);

        const said = written(tree);
        for (const menu of writableMenus(tree)) sayAgain(tree, menu);

        expect(written(tree)).toBe(said);
      }),
      RUNS,
    );
  });

  it('a rollback brings the tree back to the octet', () => {
    fc.assert(
      fc.property(scenario, fc.nat(39), ({ steps, ...made }, at) => {
        const tree = treeOf(made);
        for (const each of steps.slice(0, at)) perform(tree, each);
        const snapshot = tree.snapshot();
        const before = written(tree);
        for (const each of steps.slice(at)) perform(tree, each);

        tree.restore(snapshot);

        expect(written(tree)).toBe(before);
      }),
      RUNS,
    );
  });
});

/** Ids and unique values that two rows share. */
function duplicates(tree: WritableTree, menu: Menu): string[] {
  const rows = tree.rows(menu.path);
  const ids = (menu.interfaceType === null ? rows : tree.rows('/interface')).map(({ id }) => id);
  const keys = menu.unique.flatMap(({ names }) =>
    rows
      .filter(({ values }) => names.some((name) => values[name]))
      .map(({ values }) => names.map((name) => `${name}=${values[name] ?? ''}`).join(' ')),
  );
  return [ids, keys].flatMap((all) =>
    all.filter((one, index) => all.indexOf(one) !== index).map((one) => `${menu.path} ${one}`),
  );
}

/** Required values that are missing and references that lead nowhere. */
function strays(tree: WritableTree, menu: Menu): string[] {
  const rows = tree.rows(menu.path).filter(({ dynamic }) => !dynamic);
  return [...menu.properties.values()].flatMap((property) =>
    rows
      .map(({ values }) => values[property.name] ?? '')
      .filter((value) => (value === '' ? property.required : !leads(tree, property, value)))
      .map((value) => `${menu.path} ${property.name}=${value}`),
  );
}

function leads(tree: WritableTree, { type }: Property, value: string): boolean {
  if (type.base !== 'ref') return true;
  return value.split(',').every((part) => {
    const name = part.replace(/^!/, '');
    const known = type.words.includes(name) || tree.find(type.ref, name) !== undefined;
    return known || name.startsWith('*');
  });
}

function orders(tree: WritableTree): Map<string, string[]> {
  return new Map(
    writableMenus(tree).map(({ path }) => [path, tree.rows(path).map(({ id }) => id)]),
  );
}

/** Menus in which rows that were and are stand in another order. */
function disturbed(
  before: ReadonlyMap<string, string[]>,
  after: ReadonlyMap<string, string[]>,
): string[] {
  return [...before]
    .filter(([path, ids]) => {
      const now = after.get(path) ?? [];
      const stayed = ids.filter((id) => now.includes(id));
      return stayed.join() !== now.filter((id) => ids.includes(id)).join();
    })
    .map(([path]) => path);
}

/** Sets every row to what it shows already. */
function sayAgain(tree: WritableTree, menu: Menu): void {
  for (const row of tree.rows(menu.path)) {
    if (row.dynamic || menu.path === '/file') continue;
    const said = Object.entries(row.values).filter(([name, value]) => {
      const property = menu.properties.get(name);
      // What only a radio's driver says of itself.
      if (property === undefined || property.readOnly) return false;
      const lost = property.type.base === 'ref' && value.includes('*');
      return !lost && !(value === '' && property.unsettable);
    });
    if (menu.kind === 'single') tree.setSingle(menu.path, new Map(said));
    else tree.set(menu.path, [row.id], new Map(said));
  }
}
