import { expect, it } from 'vitest';
import { type BatcherOptions, createBatcher } from './batcher.ts';

function writing(over: Partial<BatcherOptions<number, string>> = {}) {
  const batches: number[][] = [];
  const batcher = createBatcher<number, string>({
    size: 4,
    waiting: 10,
    full: () => new Error('full'),
    write: async (events) => {
      batches.push([...events]);
      return events.map((event) => `r${event}`);
    },
    poisoned: () => true,
    ...over,
  });
  return { batcher, batches };
}

it('writes together what waits together, up to its size, and gives each its own answer', async () => {
  const { batcher, batches } = writing();
  const answers = await Promise.all([1, 2, 3, 4, 5].map((event) => batcher.add(event)));

  expect(answers).toEqual(['r1', 'r2', 'r3', 'r4', 'r5']);
  expect(batches).toEqual([[1, 2, 3, 4], [5]]);
});

it('gathers the next batch while one is written', async () => {
  const first = Promise.withResolvers<void>();
  const batches: number[][] = [];
  const { batcher } = writing({
    write: async (events) => {
      batches.push([...events]);
      if (batches.length === 1) await first.promise;
      return events.map(String);
    },
  });
  const one = batcher.add(1);
  while (batches.length === 0) await new Promise(setImmediate);
  const others = [2, 3].map((event) => batcher.add(event));
  first.resolve();
  await Promise.all([one, ...others]);

  expect(batches).toEqual([[1], [2, 3]]);
});

it('writes the others without the one that is at fault', async () => {
  const { batcher } = writing({
    size: 8,
    write: async (events) => {
      if (events.includes(3)) throw new Error('three');
      return events.map(String);
    },
  });
  const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map((event) => batcher.add(event)));

  expect(outcomes.map((o) => (o.status === 'fulfilled' ? o.value : 'refused'))).toEqual([
    '1',
    '2',
    'refused',
    '4',
    '5',
  ]);
});

it('tries once when the database is at fault, and goes on with what comes next', async () => {
  let up = false;
  let tries = 0;
  const { batcher } = writing({
    poisoned: () => false,
    write: async (events) => {
      tries += 1;
      if (!up) throw new Error('down');
      return events.map(String);
    },
  });
  const outcomes = await Promise.allSettled([1, 2].map((event) => batcher.add(event)));
  up = true;

  expect(outcomes.map((o) => o.status)).toEqual(['rejected', 'rejected']);
  expect(tries).toBe(1);
  expect(await batcher.add(3)).toBe('3');
});

it('refuses what is beyond its bound', async () => {
  const { batcher } = writing({ waiting: 2 });
  const outcomes = await Promise.allSettled([1, 2, 3].map((event) => batcher.add(event)));

  expect(outcomes.map((o) => o.status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
});

it('is disposed of once nothing waits any more', async () => {
  const { batcher, batches } = writing();
  const answers = [1, 2, 3, 4, 5].map((event) => batcher.add(event));
  await batcher[Symbol.asyncDispose]();

  expect(batches.flat()).toEqual([1, 2, 3, 4, 5]);
  await Promise.all(answers);
});
