/** What every engine of the store must do with jobs and rollouts. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { ClaimJobs, NewRollout } from '../../../store/types.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';
import type { KilledHolderArgs } from './killed-holder.ts';

const LEASE_MS = 60_000;
const CLAIM: Omit<ClaimJobs, 'ids'> = {
  owner: 'a',
  at: AT,
  leaseAt: AT,
  leaseMs: LEASE_MS,
  atOnce: 8,
  perLink: 8,
};

describe.each(ENGINES)('jobs on $name', (engine) => {
  let place: Awaited<ReturnType<typeof engine.place>>;
  let store: Store;
  let routers: string[];

  beforeEach(async () => {
    place = await engine.place();
    ({ store } = await openStore(place.options));
    await store.importVillages({ villages: [village], at: AT });
    routers = [];
    for (let n = 0; n < 4; n += 1) {
      const name = `kayu-ara-${n}`;
      const made = await store.addRouter({ ...newRouter, name, address: `127.20.0.${n + 1}` });
      routers.push(made.id);
    }
  });
  afterEach(async () => {
    await store[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  const ask = (
    routerId: string,
    over: { kind?: 'apply' | 'check'; urgent?: boolean; link?: string } = {},
  ): Promise<number> =>
    store.requestJobs({
      jobs: [{ routerId, kind: 'apply', link: routerId, urgent: false, ...over }],
      at: AT,
    });
  const claimAll = async (over: Partial<ClaimJobs> = {}) => {
    const ids = (await store.listJobs({})).map((job) => job.id);
    return store.claimJobs({ ...CLAIM, ids, ...over });
  };
  const states = async (rolloutId: string): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await store.listJobs({ rolloutId })).map((job) => [
        `r${routers.indexOf(job.routerId)}`,
        job.state,
      ]),
    );
  /** Router 0, then 1, then 2 and 3. */
  const rollout = (over: Partial<NewRollout> = {}) =>
    store.startRollout({
      kind: 'apply',
      note: 'x',
      maxFailures: 0,
      hours: null,
      members: routers.map((routerId, n) => ({ routerId, link: routerId, wave: Math.min(n, 2) })),
      at: AT,
      ...over,
    });

  it('asked for twice, wait once; other kinds apart', async () => {
    expect(await ask(routers[0]!)).toBe(1);
    expect(await ask(routers[0]!)).toBe(0);
    expect(await ask(routers[0]!, { kind: 'check' })).toBe(1);
    expect(await ask('gone')).toBe(0);

    const jobs = await store.listJobs({});
    expect(jobs.map((job) => `${job.kind} ${job.state}`).toSorted()).toEqual([
      'apply waiting',
      'check waiting',
    ]);
  });

  it('of one router never run together, whatever their kind', async () => {
    await ask(routers[0]!);
    await ask(routers[0]!, { kind: 'check' });

    const first = await claimAll();
    expect(first).toHaveLength(1);
    expect(await claimAll({ owner: 'b' })).toEqual([]);
    await ask(routers[0]!);
    expect(await claimAll({ owner: 'b' })).toEqual([]);

    await store.finishJob({ id: first[0]!.id, owner: 'a', outcome: 'done', detail: null, at: AT });
    expect(await claimAll({ owner: 'b' })).toHaveLength(1);
  });

  it('keep to the limits in all and of one link', async () => {
    for (const router of routers) await ask(router, { link: 'vsat-1' });

    expect(await claimAll({ perLink: 2 })).toHaveLength(2);
    expect(await claimAll({ atOnce: 3 })).toHaveLength(1);
    expect(await claimAll({ atOnce: 3 })).toHaveLength(0);
  });

  it('are claimed once by nodes that claim at the same time', async () => {
    const { store: other } = await openStore(place.options);
    await using _closed = other;
    for (const router of routers) await ask(router);
    const ids = (await store.listJobs({})).map((job) => job.id);

    const claims = await Promise.all(
      [store, other, store, other].map((one, n) =>
        one.claimJobs({ ...CLAIM, ids, owner: `node-${n}`, atOnce: 3 }),
      ),
    );

    const claimed = claims.flat().map((job) => job.id);
    expect(new Set(claimed).size).toBe(claimed.length);
    expect(claimed.length).toBeLessThanOrEqual(3);
    const left = await claimAll({ atOnce: 3 });
    expect(claimed.length + left.length).toBe(3);
  });

  it('are taken over when the lease ran out, and the one who lost it hears so', async () => {
    await ask(routers[0]!);
    const [mine] = await claimAll();
    await store.renewLease({ id: mine!.id, owner: 'a', until: AT + 2 * LEASE_MS });

    expect(await claimAll({ owner: 'b', leaseAt: AT + 2 * LEASE_MS - 1 })).toEqual([]);
    const [theirs] = await claimAll({ owner: 'b', leaseAt: AT + 2 * LEASE_MS });

    expect(theirs).toMatchObject({ id: mine!.id, attempts: 2, leaseOwner: 'b' });
    const lost = { id: mine!.id, owner: 'a' };
    expect(await store.renewLease({ ...lost, until: AT + 9 * LEASE_MS })).toBe(false);
    expect(await store.finishJob({ ...lost, outcome: 'done', detail: null, at: AT })).toBe(false);
    expect(await store.listJobs({})).toMatchObject([{ state: 'running', leaseOwner: 'b' }]);
  });

  it('of a process that was killed are resumed', { timeout: 120_000 }, async () => {
    await ask(routers[0]!);
    const args: KilledHolderArgs = { ...place.options, claim: { ...CLAIM, owner: 'killed' } };
    const child = fork(new URL('./killed-holder.ts', import.meta.url), [JSON.stringify(args)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const [claimed] = (await once(child, 'message')) as [string[]];
    child.kill('SIGKILL');
    await once(child, 'exit');

    expect(claimed).toHaveLength(1);
    expect(await claimAll({ leaseAt: AT + LEASE_MS - 1 })).toEqual([]);
    expect(await claimAll({ leaseAt: AT + LEASE_MS })).toMatchObject([
      { id: claimed[0], routerId: routers[0], attempts: 2 },
    ]);
  });

  it('wait until they may be tried again, as one with what was asked for meanwhile', async () => {
    await ask(routers[0]!);
    const [job] = await claimAll();
    const later = { id: job!.id, owner: 'a', outcome: 'retry', detail: 'far', at: AT } as const;
    await store.finishJob({ ...later, notBefore: AT + 5000 });
    expect(await store.listJobs({})).toMatchObject([
      { state: 'waiting', notBefore: AT + 5000, attempts: 1, detail: 'far' },
    ]);

    const [again] = await claimAll();
    await ask(routers[0]!);
    await store.finishJob({ ...later, id: again!.id, notBefore: AT + 9000 });

    expect(await store.listJobs({})).toMatchObject([
      { state: 'waiting', notBefore: AT + 9000, attempts: 2 },
    ]);
  });

  it('go with their router', async () => {
    await rollout();
    await ask(routers[0]!, { kind: 'check' });

    await store.removeRouter({ routerId: routers[0]!, at: AT });

    expect((await store.listJobs({})).map((job) => job.routerId)).not.toContain(routers[0]);
  });

  describe('in rollouts', () => {
    it('are let out wave by wave, in order', async () => {
      const { id, waves } = await rollout();
      expect(waves).toBe(3);
      expect(await claimAll()).toEqual([]);
      expect(await store.openWave({ rolloutId: id, wave: 1 })).toBe(false);

      expect(await store.openWave({ rolloutId: id, wave: 0 })).toBe(true);
      expect(await store.openWave({ rolloutId: id, wave: 0 })).toBe(false);

      expect(await states(id)).toEqual({ r0: 'waiting', r1: 'held', r2: 'held', r3: 'held' });
      expect(await store.openWave({ rolloutId: id, wave: 1 })).toBe(true);
      expect(await store.openWave({ rolloutId: id, wave: 2 })).toBe(true);
      expect(await store.openWave({ rolloutId: id, wave: 3 })).toBe(false);
    });

    it('are held though asked for by others, unless it is urgent', async () => {
      const { id } = await rollout();
      await ask(routers[1]!);
      await ask(routers[2]!, { urgent: true });

      expect(await states(id)).toMatchObject({ r1: 'held', r2: 'waiting' });
      await store.changeRollout({ id, to: 'pause', at: AT });
      expect((await claimAll()).map((job) => job.routerId)).toEqual([routers[2]]);
    });

    it('take in what waited before, and refuse what another rollout has', async () => {
      await ask(routers[1]!);
      const { id } = await rollout();

      expect(await store.listJobs({})).toHaveLength(4);
      expect(await states(id)).toMatchObject({ r1: 'held' });
      await expect(rollout()).rejects.toMatchObject({ code: 'STORE_CONFLICT' });
      expect(await store.listRollouts(9)).toHaveLength(1);
    });

    it('are not begun while it is paused or stopped; what runs may end', async () => {
      const { id } = await rollout();
      await store.openWave({ rolloutId: id, wave: 0 });
      await store.openWave({ rolloutId: id, wave: 1 });
      const [running] = await claimAll({ atOnce: 1 });
      const stop = { id, to: 'stop', reason: 'too many', at: AT } as const;
      expect(await store.changeRollout(stop)).toMatchObject({
        state: 'stopped',
        reason: 'too many',
      });

      expect(await claimAll()).toEqual([]);
      expect(
        await store.finishJob({
          id: running!.id,
          owner: 'a',
          outcome: 'failed',
          detail: 'trap',
          at: AT,
        }),
      ).toBe(true);
      expect(await store.openWave({ rolloutId: id, wave: 2 })).toBe(false);

      const resume = { id, to: 'resume', maxFailures: 2, at: AT } as const;
      expect(await store.changeRollout(resume)).toMatchObject({
        state: 'running',
        maxFailures: 2,
        reason: null,
      });
      // The one that failed is tried again.
      const claimed = (await claimAll()).map((job) => job.routerId);
      expect(new Set(claimed)).toEqual(new Set(routers.slice(0, 2)));
    });

    it('aborted before they ran are kept back until the next rollout', async () => {
      const { id } = await rollout();
      await store.openWave({ rolloutId: id, wave: 0 });
      const [running] = await claimAll();
      await store.openWave({ rolloutId: id, wave: 1 });
      await store.changeRollout({ id, to: 'abort', at: AT + 1 });
      for (const router of routers) await ask(router);
      const retry = { id: running!.id, owner: 'a', outcome: 'retry', detail: 'far' } as const;
      await store.finishJob({ ...retry, at: AT });

      expect(await states(id)).toEqual({ r1: 'held', r2: 'held', r3: 'held' });
      expect((await claimAll()).map((job) => job.routerId)).toEqual([routers[0]]);
      expect(await store.changeRollout({ id, to: 'resume', at: AT })).toBeNull();

      const next = await rollout({ at: AT + 2 });
      const now = await states(next.id);
      expect(now).toEqual({ r0: 'held', r1: 'held', r2: 'held', r3: 'held' });
    });

    it('left behind by one that is done run when they can', async () => {
      const { id } = await rollout();
      for (const wave of [0, 1, 2]) await store.openWave({ rolloutId: id, wave });
      await store.changeRollout({ id, to: 'finish', at: AT });

      expect(await claimAll()).toHaveLength(4);
    });
  });
});
