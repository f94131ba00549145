/** Queues of controllers on one store: what is done, by whom, and in which order. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createQueue, type JobResult, type Queue } from '../../../controller/fleet/queue.ts';
import { type SteppedClock, steppedClock } from '../../../lib/clock.ts';
import { createLogger } from '../../../lib/log.ts';
import type { Store } from '../../../store/contract.ts';
import { openStore } from '../../../store/open.ts';
import type { Job } from '../../../store/types.ts';
import { AT, newRouter, village } from '../../fixtures/rows.ts';

const SOON = { timeout: 20_000, interval: 5 };
const DONE: JobResult = { outcome: 'done', detail: null };
const open: AsyncDisposable[] = [];

let store: Store;
let clock: SteppedClock;
let routers: string[];
let down: Set<string>;
/** What was begun, by router number. */
let begun: number[];

beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'smartwifi-queue-'));
  open.push({ [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) });
  const at = { store: `sqlite:${join(directory, 'store.db')}`, keyFile: join(directory, 'key') };
  ({ store } = await openStore(at));
  open.push(store);
  clock = steppedClock(AT);
  down = new Set();
  begun = [];
  routers = [];
  await store.importVillages({ villages: [village], at: AT });
  for (let n = 0; n < 5; n += 1) {
    const row = { ...newRouter, name: `kayu-ara-${n}`, address: `127.20.0.${n + 1}` };
    routers.push((await store.addRouter(row)).id);
  }
});
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

function queueOf(
  perform: (job: Job, signal: AbortSignal) => Promise<JobResult>,
  leaseMs = 60_000,
): Queue {
  const queue = createQueue({
    store,
    clock,
    log: createLogger('test', 'silent'),
    random: () => 0,
    limits: { atOnce: 8, perLink: 2 },
    isUp: (id) => !down.has(id),
    isDown: (id) => down.has(id),
    within: (hours) => hours === 'now',
    perform: async (job, signal) => {
      begun.push(routers.indexOf(job.routerId));
      return perform(job, signal);
    },
    leaseMs,
  });
  open.push(queue);
  return queue;
}

const ask = (...numbers: number[]): Promise<number> =>
  store.requestJobs({
    jobs: numbers.map((n) => ({
      routerId: routers[n]!,
      kind: 'apply',
      link: routers[n]!,
      urgent: false,
    })),
    at: clock.now(),
  });
const openJobs = async (): Promise<readonly Job[]> =>
  (await store.listJobs({})).filter((job) => job.endedAt === null);
/** Looks until nothing runs any more. */
const settle = async (queue: Queue): Promise<void> => {
  await queue.look();
  await expect
    .poll(async () => (await store.listJobs({})).some((job) => job.state === 'running'), SOON)
    .toBe(false);
};

describe('a queue', () => {
  it('leaves a router that is offline, and does its work when it is back', async () => {
    const queue = queueOf(async () => DONE);
    down.add(routers[1]!);
    await ask(0, 1);
    await settle(queue);
    expect(begun).toEqual([0]);

    down.clear();
    await settle(queue);

    expect(begun).toEqual([0, 1]);
    expect(await openJobs()).toEqual([]);
  });

  it('tries again what did not succeed, each time after a longer wait', async () => {
    const queue = queueOf(async () => ({ outcome: 'retry', detail: 'far away' }));
    await ask(0);
    const waits: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      await settle(queue);
      const [job] = await openJobs();
      expect(job).toMatchObject({ state: 'waiting', detail: 'far away', attempts: n + 1 });
      waits.push((job!.notBefore - clock.now()) / 1000);
      clock.advance(job!.notBefore - clock.now() - 1);
      await settle(queue);
      expect(begun).toHaveLength(n + 1);
      clock.advance(1);
    }

    expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900]);
  });

  it('stops work whose lease somebody else has taken, and says nothing of it', async () => {
    const stopped = Promise.withResolvers<void>();
    const queue = queueOf((_job, signal) => {
      signal.addEventListener('abort', () => stopped.resolve());
      return stopped.promise.then(() => DONE);
    }, 60);
    await ask(0);
    await queue.look();
    const ids = (await store.listJobs({})).map((job) => job.id);

    await store.claimJobs({
      ids,
      owner: 'other',
      at: AT,
      leaseAt: Date.now() + 3_600_000,
      leaseMs: 3_600_000,
      atOnce: 8,
      perLink: 8,
    });
    await stopped.promise;
    await queue[Symbol.asyncDispose]();

    expect(await openJobs()).toMatchObject([{ state: 'running', leaseOwner: 'other' }]);
  });

  it('that ends gives its work back, and another does it at once', async () => {
    const queue = queueOf(
      (_job, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('stopped')));
        }),
    );
    await ask(0);
    await queue.look();
    await queue[Symbol.asyncDispose]();
    expect(await openJobs()).toMatchObject([{ state: 'waiting', notBefore: clock.now() }]);

    await settle(queueOf(async () => DONE));

    expect(await openJobs()).toEqual([]);
    expect(begun).toEqual([0, 0]);
  });

  it('and another share the work, and no router is worked on twice', async () => {
    const release = Promise.withResolvers<void>();
    const both = [1, 2].map(() => queueOf(() => release.promise.then(() => DONE)));
    await ask(0, 1, 2, 3, 4);

    await Promise.all(both.map((queue) => queue.look()));
    await Promise.all(both.map((queue) => queue.look()));
    release.resolve();
    await settle(both[0]!);

    expect(inOrder(begun)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('a rollout', () => {
  const start = (over: { hours?: string; maxFailures?: number } = {}) =>
    store.startRollout({
      kind: 'apply',
      note: 'x',
      maxFailures: 0,
      hours: null,
      members: routers.map((routerId, n) => ({ routerId, link: routerId, wave: Math.min(n, 2) })),
      at: clock.now(),
      ...over,
    });
  /** As often as the controller would look in some minutes. */
  const minutes = async (queue: Queue, count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      // Lets a wave out, begins it, and sees what became of it.
      await settle(queue);
      await settle(queue);
      clock.advance(60_000);
    }
  };

  it('goes wave by wave to its end, each after the last was watched', async () => {
    const { id } = await start();
    const queue = queueOf(async () => DONE);

    await minutes(queue, 1);
    expect(begun).toEqual([0]);
    await minutes(queue, 1);
    expect(begun).toEqual([0, 1]);
    await minutes(queue, 2);

    expect(inOrder(begun)).toEqual([0, 1, 2, 3, 4]);
    expect(await store.listRollouts(1)).toMatchObject([{ id, state: 'done' }]);
  });

  it('stops at a canary that fails, and nobody else is touched until it is resumed', async () => {
    const { id } = await start();
    let result: JobResult = { outcome: 'failed', detail: 'ROUTER_TRAP: no' };
    const queue = queueOf(async () => result);
    await minutes(queue, 5);
    expect(begun).toEqual([0]);
    expect(await store.listRollouts(1)).toMatchObject([
      { state: 'stopped', reason: '1 failed; 0 allowed' },
    ]);
    await ask(1, 2, 3, 4);
    await minutes(queue, 1);
    expect(begun).toEqual([0]);

    result = DONE;
    await store.changeRollout({ id, to: 'resume', at: clock.now() });
    await minutes(queue, 1);
    expect(begun).toEqual([0, 0]);
    await minutes(queue, 3);

    expect(inOrder(begun)).toEqual([0, 0, 1, 2, 3, 4]);
    expect(await store.listRollouts(1)).toMatchObject([{ id, state: 'done' }]);
  });

  it('stops when a canary is down after its change', async () => {
    await start();
    const queue = queueOf(async (job) => {
      down.add(job.routerId);
      return DONE;
    });

    await minutes(queue, 4);

    expect(begun).toEqual([0]);
    expect(await store.listRollouts(1)).toMatchObject([{ state: 'stopped' }]);
  });

  it('keeps to its hours, and never runs in hours that cannot be read', async () => {
    await start({ hours: 'later' });
    await minutes(
      queueOf(async () => DONE),
      3,
    );
    expect(begun).toEqual([]);
  });
});

function inOrder(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b);
}
