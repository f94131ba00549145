import fc from 'fast-check';
import { expect, it } from 'vitest';
import { drawFrom, randomAttributes, writableMenus } from '../menu/test-random.ts';
import type { WritableTree } from '../menu/tree-state.ts';
import { startTwin, type TestTwin } from './test-twin.ts';

const step = fc.record({
  verb: fc.constantFrom('add', 'add', 'set', 'remove', 'move', 'disable'),
  tape: fc.array(fc.nat(0xffff), { minLength: 61, maxLength: 61 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Files are no configuration, and `/safe-mode` tells of itself. */
const LEFT_OUT: ReadonlySet<string> = new Set(['/file', '/safe-mode']);

const written = (tree: WritableTree): string =>
  JSON.stringify(
    writableMenus(tree)
      .filter(({ path }) => !LEFT_OUT.has(path))
      .map(({ path }) => [path, tree.rows(path).filter(({ dynamic }) => !dynamic)]),
  );

function words(tree: WritableTree, { verb, tape }: Step): string[] {
  const draw = drawFrom(tape);
  const menus = writableMenus(tree);
  const menu = menus[draw(menus.length)]!;
  const rows = tree.rows(menu.path);
  const id = `=.id=${rows[draw(Math.max(rows.length, 1))]?.id ?? '*FFFF'}`;
  const attributes = [...randomAttributes(tree, menu, draw, verb === 'add')].map(
    ([name, value]) => `=${name}=${value}`,
  );
  if (menu.kind === 'single') return [`${menu.path}/set`, ...attributes];
  if (verb === 'add') return [`${menu.path}/add`, ...attributes];
  if (verb === 'set') return [`${menu.path}/set`, id, ...attributes];
  return [`${menu.path}/${verb}`, id];
}

/** Writes under safe mode and goes away; how many writes were taken. */
async function writeAndLeave(twin: TestTwin, steps: readonly Step[]): Promise<number> {
  const peer = await twin.client();
  await peer.run('/safe-mode/take');
  let taken = 0;
  for (const each of steps) {
    const { traps } = await peer.run(...words(twin.tree, each));
    if (traps.length === 0) taken += 1;
  }
  await peer[Symbol.asyncDispose]();
  await expect.poll(() => twin.tree.single('/safe-mode').enabled).toBe('false');
  return taken;
}

it('whatever a session writes under safe mode, its end brings the configuration back to the octet', async () => {
  await using twin = await startTwin();
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
      const before = written(twin.tree);

      taken += await writeAndLeave(twin, steps);

      expect(written(twin.tree)).toBe(before);
    }),
    { numRuns: 12, seed: 20_261_124 },
  );
  expect(taken).toBeGreaterThan(50);
});
