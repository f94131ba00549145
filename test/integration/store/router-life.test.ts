/** What every engine does with a router that leaves service: its state ends, its work ends, and the trail says so. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import type { Router } from '../../../store/types.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const HOUR = 3_600_000;

describe.each(ENGINES)('a router on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;
  let router: Router;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
    await store.importVillages({ villages: [village], at: AT });
    router = await store.addRouter(newRouter);
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  const state = (to: 'up' | 'down', at: number) =>
    store.recordState({ routerId: router.id, state: to, cause: null, at });
  const retire = (life: 'lost' | 'released', over: { by?: string } = {}) =>
    store.retireRouter({
      ...{ routerId: router.id, life, reason: 'dicuri', by: 'ani', at: AT + HOUR },
      ...over,
    });
  const shelve = (life: 'active' | 'spare', at: number) =>
    store.shelveRouter({ routerId: router.id, life, reason: 'cadangan', by: 'ani', at });
  const downSeconds = async (at: number): Promise<number> =>
    (await store.stateSeconds(at)).find((row) => row.state === 'down')?.seconds ?? 0;

  it.each(['lost', 'released'] as const)(
    'that is %s is down no longer than until then',
    async (life) => {
      await state('down', AT);
      await retire(life);

      expect(await store.stateIntervals(router.id)).toMatchObject([
        { state: 'down', startedAt: AT, endedAt: AT + HOUR },
      ]);
      expect(await store.currentStates()).toEqual([]);
      expect(await downSeconds(AT + 100 * HOUR)).toBe(3600);
    },
  );

  it('on the shelf is in no state, whatever a look that was under way says, and is in one again after', async () => {
    await state('down', AT);
    await shelve('spare', AT + HOUR);

    expect(await state('down', AT + HOUR + 5)).toBe(false);
    expect(await store.currentStates()).toEqual([]);

    await shelve('active', AT + 2 * HOUR);
    expect(await state('up', AT + 3 * HOUR)).toBe(true);
    expect(await downSeconds(AT + 9 * HOUR)).toBe(3600);
    expect(await store.currentStates()).toMatchObject([{ state: 'up', since: AT + 3 * HOUR }]);
  });

  it('whose interval has just begun leaves none without length', async () => {
    await state('down', AT + HOUR);
    await retire('lost');

    expect(await store.stateIntervals(router.id)).toEqual([]);
  });

  it('that goes takes its waiting work along', async () => {
    const job = { routerId: router.id, kind: 'apply', link: 'x', urgent: false } as const;
    await store.requestJobs({ jobs: [job], at: AT });
    await retire('lost');

    expect(await store.listJobs({})).toEqual([]);
  });

  it('is in the audit trail with who did it and why, and the chain holds', async () => {
    const { id: routerId } = router;
    await store.pinRouter({ routerId, serial: 'S1', board: 'hEX', certificate: null, at: AT });
    await shelve('spare', AT);
    await shelve('active', AT);
    await store.revealServiceAccount({ routerId, by: 'budi', reason: 'terowongan mati', at: AT });
    await retire('lost');

    const trail = (await store.listAudit(9)).toReversed();
    expect(trail.map(({ actor, action, detail }) => [actor, action, detail])).toEqual([
      ['ani', 'router.spare', 'cadangan'],
      ['ani', 'router.active', 'cadangan'],
      ['budi', 'router.service-account', 'terowongan mati'],
      ['ani', 'router.lost', 'board S1 (hEX): dicuri'],
    ]);
    expect(trail.every(({ subject }) => subject === router.name)).toBe(true);
    expect(await store.verifyAudit()).toBeNull();
    expect(await shelve('active', AT)).toBe(false);
    expect(await store.listAudit(9)).toHaveLength(4);
  });

  it('is not changed at all when the trail cannot be written', async () => {
    const before = await store.routerCredentials(router.id);

    await expect(retire('lost', { by: null as never })).rejects.toThrow(/actor/);

    expect(await store.routerCredentials(router.id)).toEqual(before);
    expect(await store.listRouters()).toHaveLength(1);
    expect(await store.listAudit(9)).toEqual([]);
  });

  it('keeps the certificate that it was pinned with until another is read', async () => {
    const pin = (certificate: string | null) =>
      store.pinRouter({ routerId: router.id, serial: 'S1', board: 'hEX', certificate, at: AT });
    const kept = async () => (await store.routerCredentials(router.id))?.pin?.certificate;
    await pin('aa'.repeat(32));
    expect(await pin(null)).toEqual({ outcome: 'same' });
    expect(await kept()).toBe('aa'.repeat(32));
    await pin('bb'.repeat(32));
    expect(await kept()).toBe('bb'.repeat(32));
  });

  it('is spoken to with TLS when that is said, at its port', async () => {
    expect(await store.routerCredentials(router.id)).not.toHaveProperty('apiSsl');
    await store.setApiSsl({ routerId: router.id, apiSsl: true, apiPort: 8729 });

    expect(await store.routerCredentials(router.id)).toMatchObject({ apiSsl: true });
    expect(await store.routerByName(router.name)).toMatchObject({ apiPort: 8729 });
    expect(await store.setApiSsl({ routerId: 'x', apiSsl: true, apiPort: 1 })).toBe(false);
  });
});
