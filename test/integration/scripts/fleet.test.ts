/** What an operator does with rollouts, while a queue works on the same store. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inHand } from '../../../controller/fleet/hold.ts';
import { inLane } from '../../../controller/fleet/lane.ts';
import { createQueue, type JobResult } from '../../../controller/fleet/queue.ts';
import { realClock } from '../../../lib/clock.ts';
import { createLogger } from '../../../lib/log.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import { newRouter, village } from '../../fixtures/rows.ts';
import { type Cli, cliIn } from './cli.fixture.ts';

const log = createLogger('test', 'silent');
const DONE: JobResult = { outcome: 'done', detail: null };
let directory: string;
let store: Store;
let cli: Cli;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smartwifi-fleet-'));
  ({ store } = await openStore({
    store: `sqlite:${join(directory, 'var/smartwifi.db')}`,
    keyFile: join(directory, 'var/store.key'),
  }));
  cli = cliIn(directory);
  await store.importVillages({ villages: [village], at: 1 });
  for (let n = 0; n < 3; n += 1) {
    const row = { ...newRouter, name: `kayu-ara-${n}`, address: `127.20.0.${n + 1}`, at: n + 1 };
    const { id } = await store.addRouter(row);
    await store.recordState({ routerId: id, state: 'up', cause: null, at: 1 });
  }
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const queueOf = (perform: () => Promise<JobResult>) =>
  createQueue({
    store,
    clock: realClock,
    log,
    random: () => 0,
    limits: { atOnce: 8, perLink: 2 },
    isUp: () => true,
    isDown: () => false,
    within: () => true,
    perform,
  });

describe('fleet', () => {
  it('rollout says what it will do, and status how it stands', async () => {
    const begun = await cli.json('fleet', 'rollout', '--all', '--canary', 'kayu-ara-1', '--detach');

    expect(begun).toMatchObject({
      state: 'running',
      wave: -1,
      maxFailures: 0,
      total: { members: 3, held: 3, done: 0 },
    });
    const [first] = await store.listJobs({ rolloutId: begun.id });
    const canary = await store.routerByName('kayu-ara-1');
    expect(first).toMatchObject({ wave: 0, routerId: canary!.id });
    expect(await cli.json('fleet', 'status')).toMatchObject([{ id: begun.id, note: 'apply' }]);
    const { out } = await cli.run('fleet', 'status', begun.id);
    expect(out).toContain(`before the first of ${begun.waves} waves: 0 of 3 done`);
  });

  it('rollout ends with 1 when it is stopped, naming the router and why', async () => {
    await using queue = queueOf(async () => ({ outcome: 'failed', detail: 'ROUTER_TRAP: no' }));
    const following = cli.run('fleet', 'rollout', '--all', '--canary', 'kayu-ara-1');
    let ended = false;
    void following.finally(() => {
      ended = true;
    });
    await expect
      .poll(
        async () => {
          await queue.look();
          return ended;
        },
        { timeout: 20_000, interval: 5 },
      )
      .toBe(true);

    const { code, out } = await following;
    expect(code).toBe(1);
    expect(out).toContain('stopped: 1 failed; 0 allowed');
    expect(out).toContain('kayu-ara-1: ROUTER_TRAP: no');
  });

  it.each([
    ['kayu-ara-0', '--all'],
    ['kayu-ara-0', '--village', village.code],
    ['--village', village.code, '--district', village.districtCode],
  ])('is not guessed at when two ways to choose routers are given: %j', async (...ways) => {
    expect(await cli.run('router', 'apply', ...ways)).toMatchObject({ code: 2 });
    expect(await store.listJobs({})).toEqual([]);
  });

  it('is what router apply does in waves', async () => {
    const run = cli.run('router', 'apply', '--all', '--canary', 'kayu-ara-2');
    await expect.poll(async () => (await store.listRollouts(1)).length).toBe(1);
    await cli.json('fleet', 'abort');

    expect(await run).toMatchObject({ code: 1, out: expect.stringContaining('aborted') });
    const canary = (await store.listJobs({})).find((job) => job.wave === 0);
    expect(canary!.routerId).toBe((await store.routerByName('kayu-ara-2'))!.id);
  });

  it('pause, resume and abort change the one that is open, and refuse what cannot be', async () => {
    await cli.json('fleet', 'rollout', '--all', '--detach');

    expect(await cli.json('fleet', 'pause')).toMatchObject({ state: 'paused' });
    expect(await cli.run('fleet', 'pause')).toMatchObject({ code: 2 });
    expect(await cli.json('fleet', 'resume', '--max-failures', '2')).toMatchObject({
      state: 'running',
      maxFailures: 2,
    });
    expect(await cli.json('fleet', 'abort')).toMatchObject({
      state: 'aborted',
      total: { held: 3 },
    });
    expect(await cli.run('fleet', 'abort')).toMatchObject({
      code: 2,
      err: 'no rollout is open',
    });
    const actions = (await store.listAudit(9)).map((entry) => entry.action);
    expect(actions).toEqual(['fleet.abort', 'fleet.resume', 'fleet.pause', 'fleet.rollout']);
  });

  it.each([
    [['--all', '--village', village.code]],
    [[]],
    [['--village', '16.06.01.9999']],
    [['--all', '--waves', '1,x']],
    [['--all', '--canary', 'somebody']],
    [['--all', '--hours', 'always']],
    [['--all', '--max-failures', 'x']],
  ])('rollout refuses %j and begins nothing', async (args) => {
    expect(await cli.run('fleet', 'rollout', ...args)).toMatchObject({ code: 2 });
    expect(await store.listRollouts(1)).toEqual([]);
  });
});

describe('work from the command line', () => {
  it('waits while a controller works on the router, and goes before what waits', async () => {
    const router = (await store.routerByName('kayu-ara-0'))!;
    const release = Promise.withResolvers<void>();
    const order: string[] = [];
    await using queue = queueOf(async () => {
      order.push('controller begins');
      await release.promise;
      order.push('controller ends');
      return DONE;
    });
    const job = { routerId: router.id, kind: 'check', link: router.id, urgent: false } as const;
    await store.requestJobs({ jobs: [job], at: 1 });
    await queue.look();

    const { signal } = new AbortController();
    const said: string[] = [];
    const say = (line: string): void => void said.push(line);
    const ours = inLane(
      { store, clock: realClock, log, router, link: router.id, signal, say },
      async () => {
        order.push('operator');
        return { value: 'ours', result: DONE };
      },
    );
    await expect.poll(() => said).toEqual(['kayu-ara-0 is being read; waiting']);
    release.resolve();

    expect(await ours).toBe('ours');
    expect(order).toEqual(['controller begins', 'controller ends', 'operator']);
    expect(await store.listJobs({})).toEqual([]);
  });

  it('that breaks off leaves the job to be done by a controller', async () => {
    const router = (await store.routerByName('kayu-ara-0'))!;
    const { signal } = new AbortController();
    const at = { store, clock: realClock, log, router, link: router.id, signal };

    await expect(inLane(at, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');

    expect(await store.listJobs({})).toMatchObject([{ state: 'waiting', detail: 'broken off' }]);
  });
});

describe('router remove', () => {
  const isThere = async (): Promise<boolean> => (await store.routerByName('kayu-ara-0')) !== null;

  it('waits until nobody works on the router, unless it is to be at once', async () => {
    const router = (await store.routerByName('kayu-ara-0'))!;
    const { signal } = new AbortController();
    const at = { store, clock: realClock, log, router, link: router.id, signal };
    const end = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const held = inHand(at, async (lease) => {
      begun.resolve();
      await end.promise;
      return lease.aborted;
    });
    await begun.promise;
    const removing = cli.run('router', 'remove', 'kayu-ara-0');
    // Another command has come and gone meanwhile.
    await cli.run('router', 'show', 'kayu-ara-1');
    expect(await isThere()).toBe(true);
    end.resolve();

    expect(await held).toBe(false);
    expect(await removing).toMatchObject({ code: 0 });
    await expect.poll(isThere).toBe(false);

    const other = (await store.routerByName('kayu-ara-1'))!;
    await inHand({ ...at, router: other, link: other.id, leaseMs: 60 }, async (lease) => {
      expect(await cli.run('router', 'remove', 'kayu-ara-1', '--now')).toMatchObject({ code: 0 });
      await expect.poll(() => lease.aborted).toBe(true);
    });
  });

  it('goes on when who worked on the router was killed', async () => {
    const options = {
      store: `sqlite:${join(directory, 'var/smartwifi.db')}`,
      keyFile: join(directory, 'var/store.key'),
    };
    const child = fork(
      new URL('../store/killed-hold.ts', import.meta.url),
      [JSON.stringify(options), 'kayu-ara-0'],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    );
    await once(child, 'message');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await store.listJobs({})).toMatchObject([{ kind: 'hand', state: 'running' }]);

    expect(await cli.run('router', 'remove', 'kayu-ara-0')).toMatchObject({ code: 0 });

    await expect.poll(isThere).toBe(false);
    expect(await store.listJobs({})).toEqual([]);
  });
});
