/** What a command does on a router alone: beside nothing else, and without an heir when it dies. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HoldOptions, inHand } from '../../../controller/fleet/hold.ts';
import { factoryMenus } from '../../../controller/test-input.ts';
import { type TestRouter, testRouter } from '../../../controller/test-router.ts';
import { realClock } from '../../../lib/clock.ts';
import { createLogger } from '../../../lib/log.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { Router } from '../../../store/types.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';
import { ENGINES } from '../store/engines.ts';
import { queueStand } from './queue-stand.ts';

const WRITE = /\/(?:add|set|remove|move)$/;
const SOON = { timeout: 30_000, interval: 20 };

describe.each(ENGINES)('a router in hand on $name', { timeout: 120_000 }, (engine) => {
  let stack: AsyncDisposableStack;
  let place: Awaited<ReturnType<typeof engine.place>>;
  let store: Store;
  let router: TestRouter;

  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    router = stack.use(
      await testRouter({
        ...factoryMenus(),
        '/system/resource': [{ uptime: '1h', version: '7.20.8 (stable)' }],
      }),
    );
    place = stack.use(await engine.place());
    ({ store } = await openStore(place.options));
    stack.use(store);
    await store.importVillages({ villages: [village], at: AT });
    const door = { address: '127.0.0.1', apiPort: router.port, apiPassword: 'admin-pw' };
    await store.addRouter({ ...newRouter, ...door });
  });
  afterEach(() => stack[Symbol.asyncDispose]());

  const row = async (): Promise<Router> => (await store.listRouters())[0]!;
  const options = async (over: Partial<HoldOptions> = {}): Promise<HoldOptions> => ({
    ...{ store, clock: realClock, log: createLogger('test', 'silent'), router: await row() },
    ...{ link: 'x', signal: new AbortController().signal, ...over },
  });
  const applied = async (): Promise<void> => {
    await using stand = await queueStand(store);
    await stand.pass();
    await expect
      .poll(async () => {
        await stand.look();
        return (await row()).provisioning;
      }, SOON)
      .toBe('applied');
  };
  const snmp = () => router.model.menus.get('/snmp')![0]!;

  it('is left alone by the queue, and by other commands, which wait their turn', async () => {
    await using stand = await queueStand(store);
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const order: string[] = [];
    const first = inHand(await options(), async () => {
      begun.resolve();
      await end.promise;
      order.push('first');
    });
    await begun.promise;
    const job = { routerId: (await row()).id, kind: 'apply', link: 'x', urgent: true } as const;
    await store.requestJobs({ jobs: [job], at: AT });
    await stand.look();
    const said: string[] = [];
    const waits = Promise.withResolvers<void>();
    const say = (line: string): void => {
      said.push(line);
      waits.resolve();
    };
    const second = inHand(await options({ say }), async () => void order.push('second'));
    await waits.promise;

    expect(router.peer.received).toEqual([]);
    expect(said).toEqual(['kayu-ara-1 is worked on by another command; waiting']);
    end.resolve();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
    await expect
      .poll(async () => {
        await stand.look();
        return (await row()).provisioning;
      }, SOON)
      .toBe('applied');
  });

  it('that does not become free is busy, and nothing was done', async () => {
    await inHand(await options(), async () => {
      const waiting = inHand(await options({ waitMs: 0 }), () => Promise.reject(new Error('ran')));

      await expect(waiting).rejects.toMatchObject({ code: 'ROUTER_BUSY' });
    });
  });

  it('is free again after work that failed', async () => {
    const failing = inHand(await options(), () => Promise.reject(new Error('no such row')));

    await expect(failing).rejects.toThrow('no such row');
    expect(await store.listJobs({})).toEqual([]);
    await expect(inHand(await options(), async () => 7)).resolves.toBe(7);
  });

  it('is let go when the lease is lost', async () => {
    const losing: Store = Object.assign(Object.create(store), { renewLease: async () => false });

    const work = inHand(await options({ store: losing, leaseMs: 60 }), async (signal) => {
      await once(signal, 'abort');
      signal.throwIfAborted();
    });

    await expect(work).rejects.toThrow('the lease was lost');
  });

  it('of a command that was killed is written anew by the next controller', async () => {
    await applied();
    snmp().enabled = 'true';
    const child = fork(
      new URL('./killed-command.ts', import.meta.url),
      [JSON.stringify(place.options)],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    );
    router.refuse = (command) => {
      if (WRITE.test(command)) child.kill('SIGKILL');
      return null;
    };
    await once(child, 'exit');
    router.refuse = () => null;
    expect(child.signalCode).toBe('SIGKILL');
    expect(await store.listJobs({})).toMatchObject([{ kind: 'hand', state: 'running' }]);
    // Whatever the dead command had done or not.
    snmp().enabled = 'true';

    await using stand = await queueStand(store);
    await stand.look();
    expect((await row()).provisioning).toBe('applied');
    await expect
      .poll(async () => {
        await stand.look();
        return (await row()).provisioning;
      }, SOON)
      .toBe('failed');
    expect(await row()).toMatchObject({ appliedDigest: null });
    await expect
      .poll(async () => {
        await stand.pass();
        await stand.look();
        return (await row()).provisioning;
      }, SOON)
      .toBe('applied');
    expect(snmp().enabled).not.toBe('true');
    // With all secrets, for nobody knows which were there.
    expect(router.peer.received.filter(([name]) => name === '/radius/set').length).toBeGreaterThan(
      0,
    );
  });
});
