/** A change that concerns many routers meets one of them first, also after a restart of the controller. */
import { describe, expect, it } from 'vitest';
import { factoryMenus } from '../../../controller/test-input.ts';
import { type TestRouter, testRouter } from '../../../controller/test-router.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import { AT, newRouter, newTariff, village } from '../../fixtures/rows.ts';
import { ENGINES } from '../store/engines.ts';
import { queueStand } from './queue-stand.ts';

const SOON = { timeout: 30_000, interval: 20 };
const COUNT = 4;

type Stand = Awaited<ReturnType<typeof queueStand>>;

/** Asks and looks until nothing is waiting or running. */
async function settle(store: Store, stand: Stand): Promise<void> {
  await stand.pass();
  await expect
    .poll(async () => {
      await stand.look();
      const jobs = await store.listJobs({});
      return jobs.filter((job) => job.state === 'waiting' || job.state === 'running').length;
    }, SOON)
    .toBe(0);
}

async function digests(store: Store): Promise<(string | null)[]> {
  return (await store.listRouters()).map((router) => router.appliedDigest);
}

async function fleet(store: Store, stack: AsyncDisposableStack): Promise<TestRouter[]> {
  await store.importVillages({ villages: [village], at: AT });
  const routers: TestRouter[] = [];
  for (let n = 0; n < COUNT; n += 1) {
    const router = stack.use(
      await testRouter({
        ...factoryMenus(),
        '/system/resource': [{ uptime: '1h', version: '7.20.8 (stable)' }],
      }),
    );
    routers.push(router);
    const door = { apiPort: router.port, apiPassword: 'admin-pw' };
    await store.addRouter({
      ...newRouter,
      ...door,
      name: `kayu-ara-${n}`,
      address: `127.0.0.${n + 1}`,
    });
  }
  return routers;
}

describe('a change of the whole fleet', { timeout: 120_000 }, () => {
  it('reaches a canary alone, and is held back from the rest', async () => {
    await using stack = new AsyncDisposableStack();
    const place = stack.use(await ENGINES[0]!.place());
    const { store } = await openStore(place.options);
    stack.use(store);
    await fleet(store, stack);
    {
      await using stand = await queueStand(store);
      await settle(store, stand);
    }
    const before = await digests(store);
    expect((await store.listRouters()).map((router) => router.provisioning)).toEqual(
      Array(COUNT).fill('applied'),
    );
    expect(await store.listRollouts(1)).toEqual([]);

    // Leases of phones outlast the longest session: every router has to change.
    await store.createTariff({ ...newTariff, sessionSeconds: 400_000 });
    await using stand = await queueStand(store);
    await settle(store, stand);
    expect(await digests(store)).toEqual(before);
    await settle(store, stand);

    const after = await digests(store);
    expect(after.filter((digest, n) => digest !== before[n])).toHaveLength(1);
    expect(await store.listRollouts(1)).toMatchObject([{ state: 'running', wave: 0 }]);
    const held = (await store.listJobs({})).filter((job) => job.state === 'held');
    expect(held).toHaveLength(COUNT - 1);
    await settle(store, stand);
    expect(await digests(store)).toEqual(after);
  });

  it('to what cannot be a configuration is recorded as failed, and stops no other router', async () => {
    await using stack = new AsyncDisposableStack();
    const place = stack.use(await ENGINES[0]!.place());
    const { store } = await openStore(place.options);
    stack.use(store);
    await fleet(store, stack);
    {
      await using stand = await queueStand(store);
      await settle(store, stand);
    }
    const [first, second] = await store.listRouters();
    const bad = { level: 'router', code: first!.id, secret: false, at: AT } as const;
    await store.setSetting({ ...bad, name: 'link.rtt-ms', value: 'slow' });
    const door = { routerId: second!.id, digest: null, detail: null, at: AT };
    await store.recordProvisioning({ ...door, provisioning: 'drifted' });

    await using stand = await queueStand(store);
    await stand.pass();
    await stand.look();

    await expect
      .poll(async () => (await store.listRouters()).map((router) => router.provisioning), SOON)
      .toEqual(['failed', 'applied', 'applied', 'applied']);
  });

  it('made by hand on a router while no controller ran is undone by the next', async () => {
    await using stack = new AsyncDisposableStack();
    const place = stack.use(await ENGINES[0]!.place());
    const { store } = await openStore(place.options);
    stack.use(store);
    const [router] = await fleet(store, stack);
    {
      await using stand = await queueStand(store);
      await settle(store, stand);
    }
    router!.model.menus.get('/snmp')![0]!.enabled = 'true';

    await using stand = await queueStand(store);
    await settle(store, stand);
    await settle(store, stand);

    expect(router!.model.menus.get('/snmp')![0]!.enabled).not.toBe('true');
    expect(await store.listRollouts(1)).toEqual([]);
  });
});
