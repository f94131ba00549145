/** Plan and apply against the twin, over a link: what is written, what is left, what is never shown. */
import { afterEach, describe, expect, it } from 'vitest';
import { planRouter, provisionRouter } from '../../../controller/provision.ts';
import { type ApplyStand, applyStand, type StandOptions } from './apply-stand.ts';

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function stand(options: StandOptions = {}): Promise<ApplyStand> {
  const made = await applyStand(options);
  open.push(made);
  return made;
}

describe('a router from factory state', { timeout: 60_000 }, () => {
  it.each(['7.16.2', '7.18.2', '7.20.8', '7.24'])(
    'with RouterOS %s comes to an empty plan and keeps nothing of the way there',
    async (version) => {
      const { task, tree } = await stand({ version });

      const first = await provisionRouter(task());
      const { changes } = await planRouter(task());

      expect(first).toMatchObject({ outcome: 'applied', empty: true, detail: null });
      expect(changes).toEqual([]);
      expect(tree.rows('/system/scheduler')).toEqual([]);
      expect(tree.fileBytes('sw-prechange.backup')).toBeUndefined();
    },
  );
});
