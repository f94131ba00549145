/** A controller that dies in the middle of an apply: another one brings the router to its end. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { factoryMenus } from '../../../controller/test-input.ts';
import { testRouter } from '../../../controller/test-router.ts';
import { openStore } from '../../../store/open.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';
import { ENGINES } from '../store/engines.ts';
import { queueStand } from './queue-stand.ts';

const WRITE = /\/(?:add|set|remove|move)$/;
const SOON = { timeout: 30_000, interval: 20 };

describe.each(ENGINES)('a controller on $name', (engine) => {
  it.each([1, 25, 70])(
    'killed at write %i leaves a job that is begun again',
    {
      timeout: 120_000,
    },
    async (writes) => {
      await using router = await testRouter({
        ...factoryMenus(),
        '/system/resource': [{ uptime: '1h', version: '7.20.8 (stable)' }],
      });
      await using place = await engine.place();
      const { store } = await openStore(place.options);
      await using _closed = store;
      await store.importVillages({ villages: [village], at: AT });
      const door = { address: '127.0.0.1', apiPort: router.port, apiPassword: 'admin-pw' };
      await store.addRouter({ ...newRouter, ...door });
      const child = fork(
        new URL('./killed-controller.ts', import.meta.url),
        [JSON.stringify(place.options)],
        { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
      );
      let seen = 0;
      router.refuse = (command) => {
        if (WRITE.test(command)) seen += 1;
        if (seen === writes) child.kill('SIGKILL');
        return null;
      };
      await once(child, 'exit');
      expect(child.signalCode).toBe('SIGKILL');
      expect(await store.listRouters()).toMatchObject([{ provisioning: 'new' }]);
      expect(await store.listJobs({})).toMatchObject([{ state: 'running', attempts: 1 }]);

      await using stand = await queueStand(store);
      // Asked for already: the job of the dead one is it.
      expect(await stand.pass()).toBe(false);
      await expect
        .poll(async () => {
          await stand.look();
          const [row] = await store.listRouters();
          return row!.provisioning;
        }, SOON)
        .toBe('applied');
      await stand[Symbol.asyncDispose]();

      expect(await store.listJobs({})).toEqual([]);
      expect(router.model.menus.get('/ip/hotspot')).toMatchObject([{ name: 'sw-hs1' }]);
    },
  );
});
