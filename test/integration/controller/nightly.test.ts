/** A backup at night beside whatever else is done to a router, by this process or another. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNightlyBackups } from '../../../controller/backup/nightly.ts';
import { inHand } from '../../../controller/fleet/hold.ts';
import { realClock } from '../../../lib/clock.ts';
import { createLogger } from '../../../lib/log.ts';
import { ADMIN, startTwin, type TestTwin } from '../../../simulator/api/test-twin.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { Router } from '../../../store/types.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';
import { ENGINES } from '../store/engines.ts';
import { nightlyOptions } from './nightly-options.ts';
import { queueStand } from './queue-stand.ts';

const SOON = { timeout: 30_000, interval: 10 };

describe.each(ENGINES)('a backup at night on $name', { timeout: 60_000 }, (engine) => {
  let stack: AsyncDisposableStack;
  let place: Awaited<ReturnType<typeof engine.place>>;
  let store: Store;
  let twin: TestTwin;

  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    twin = stack.use(await startTwin());
    place = stack.use(await engine.place());
    ({ store } = await openStore(place.options));
    stack.use(store);
    await store.importVillages({ villages: [village], at: AT });
    const door = { address: '127.0.0.1', apiPort: twin.api.port };
    await store.addRouter({
      ...{ ...newRouter, ...door },
      ...{ apiUser: ADMIN.name, apiPassword: ADMIN.password },
    });
  });
  afterEach(() => stack[Symbol.asyncDispose]());

  const row = async (): Promise<Router> => (await store.listRouters())[0]!;
  const hold = async () => ({
    ...{ store, clock: realClock, log: createLogger('test', 'silent'), router: await row() },
    ...{ link: 'x', signal: new AbortController().signal },
  });
  const backups = async (): Promise<number> => (await store.listBackups((await row()).id)).length;
  const jobs = async () => (await store.listJobs({})).map(({ kind, state }) => `${kind} ${state}`);
  const applied = async (): Promise<void> => {
    await using stand = await queueStand(store);
    await stand.pass();
    const state = async (): Promise<string> => {
      await stand.look();
      return (await row()).provisioning;
    };
    await expect.poll(state, SOON).toBe('applied');
  };

  it('waits while somebody writes to the router, and is made when he is done', async () => {
    const tried: string[] = [];
    const holdRouter: Store['holdRouter'] = async (args) => {
      const result = await store.holdRouter(args);
      tried.push(result.outcome);
      return result;
    };
    const counted: string[] = [];
    const options = {
      ...nightlyOptions(store, { holdRouter }),
      counted: (outcome: string) => void counted.push(outcome),
    };
    await using nightly = createNightlyBackups(options);
    await inHand(await hold(), async () => {
      await nightly.pass([await row()]);
      await expect.poll(() => tried, SOON).toEqual(['busy']);
    });
    expect(await backups()).toBe(0);

    const again = async (): Promise<number> => {
      options.clock.advance(60_000);
      await nightly.pass([await row()]);
      return await backups();
    };
    await expect.poll(again, SOON).toBe(1);
    expect(tried).toEqual(['busy', 'held']);
    expect(counted).toEqual(['new']);
    await expect.poll(jobs, SOON).toEqual([]);
  });

  it('keeps the queue and other commands off until it is saved', async () => {
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const saveBackup: Store['saveBackup'] = async (args) => {
      begun.resolve();
      await end.promise;
      return await store.saveBackup(args);
    };
    await using nightly = createNightlyBackups(nightlyOptions(store, { saveBackup }));
    await using stand = await queueStand(store);
    await nightly.pass([await row()]);
    await begun.promise;
    const job = { routerId: (await row()).id, kind: 'apply', link: 'x', urgent: true } as const;
    await store.requestJobs({ jobs: [job], at: AT });

    await stand.look();
    const hasty = inHand({ ...(await hold()), waitMs: 0 }, async () => undefined);
    await expect(hasty).rejects.toMatchObject({ code: 'ROUTER_BUSY' });
    expect((await jobs()).toSorted()).toEqual(['apply waiting', 'read running']);

    end.resolve();
    const state = async (): Promise<string> => {
      await stand.look();
      return (await row()).provisioning;
    };
    await expect.poll(state, SOON).toBe('applied');
  });

  it('is made once, however many controllers there are', async () => {
    const reasons: string[] = [];
    const saveBackup: Store['saveBackup'] = (args) => {
      reasons.push(args.reason);
      return store.saveBackup(args);
    };
    const routers = [await row()];
    // The second found it due before the first was done.
    const latest = await store.latestBackups();
    let first = true;
    const latestBackups: Store['latestBackups'] = async () => {
      const answer = first ? latest : await store.latestBackups();
      first = false;
      return answer;
    };
    await using one = createNightlyBackups(nightlyOptions(store, { saveBackup }));
    await one.pass(routers);
    await expect.poll(backups, SOON).toBe(1);
    await expect.poll(jobs, SOON).toEqual([]);
    await using other = createNightlyBackups(nightlyOptions(store, { saveBackup, latestBackups }));
    await other.pass(routers);
    await expect.poll(() => first, SOON).toBe(false);
    await expect.poll(jobs, SOON).toEqual([]);
    await other[Symbol.asyncDispose]();

    expect(reasons).toEqual(['nightly']);
  });

  it('whose process was killed lets the router go, unchanged, and is made by the next', async () => {
    await applied();
    const { appliedDigest, appliedAt } = await row();
    const child = fork(
      new URL('./killed-nightly.ts', import.meta.url),
      [JSON.stringify(place.options)],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    );
    await once(child, 'message');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await jobs()).toEqual(['read running']);
    const before = await backups();

    await using stand = await queueStand(store);
    const left = async (): Promise<string[]> => {
      await stand.look();
      return await jobs();
    };
    await expect.poll(left, SOON).toEqual([]);
    expect(await row()).toMatchObject({ provisioning: 'applied', appliedDigest, appliedAt });
    await using nightly = createNightlyBackups(nightlyOptions(store));
    await nightly.pass([await row()]);

    await expect.poll(backups, SOON).toBe(before + 1);
  });
});
