import { describe, expect, it } from 'vitest';
import { readThrough } from './cache.ts';

it('loads once, and again after it was cleared', async () => {
  let loads = 0;
  const cache = readThrough(async (key) => `${key}${++loads}`);

  expect([await cache.get('a'), await cache.get('a')]).toEqual(['a1', 'a1']);
  cache.drop('*');
  expect(await cache.get('a')).toBe('a2');
});

it('does not keep what was read before an invalidation and arrived after it', async () => {
  const loads: PromiseWithResolvers<string>[] = [];
  const cache = readThrough(() => {
    loads.push(Promise.withResolvers<string>());
    return loads.at(-1)!.promise;
  });
  const before = cache.get('a');
  cache.drop('*');
  loads[0]!.resolve('old');
  await before;
  const after = cache.get('a');
  loads[1]!.resolve('new');

  expect(await after).toBe('new');
});

it('keeps as many as it may of what was used last, and drops the others', async () => {
  const loaded: string[] = [];
  const cache = readThrough(async (key) => loaded.push(key), { capacity: 2 });
  for (const key of ['a', 'b', 'a', 'c', 'a', 'c', 'd', 'e', 'f', 'a']) await cache.get(key);

  expect(loaded).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'a']);
});

it('keeps nothing and trusts nothing while it is bypassed', async () => {
  let loads = 0;
  let bypassed = false;
  const cache = readThrough(async (key) => `${key}${++loads}`, { bypassed: () => bypassed });
  await cache.get('a');
  bypassed = true;
  const past = [await cache.get('a'), await cache.get('b')];
  bypassed = false;

  expect(past).toEqual(['a2', 'b3']);
  expect([await cache.get('a'), await cache.get('b')]).toEqual(['a1', 'b4']);
});

it('asks again for what there was none of, where it must not keep that', async () => {
  const rows: (string | null)[] = [null, 'new'];
  const cache = readThrough(async () => rows.shift() ?? null, { keepNone: false });

  expect([await cache.get('a'), await cache.get('a'), await cache.get('a')]).toEqual([
    null,
    'new',
    'new',
  ]);
});

describe('a change of one', () => {
  const rows = (): { load: (key: string) => Promise<{ id: string } | null>; loads: string[] } => {
    const loads: string[] = [];
    const load = async (key: string): Promise<{ id: string } | null> => {
      loads.push(key);
      return { id: `id of ${key}` };
    };
    return { load, loads };
  };

  it('drops it alone', async () => {
    const { load, loads } = rows();
    const cache = readThrough(load, { idOf: (row) => row?.id ?? null });
    for (const key of ['a', 'b']) await cache.get(key);

    cache.drop('id of a');
    cache.drop('id of nobody');
    for (const key of ['a', 'b']) await cache.get(key);

    expect(loads).toEqual(['a', 'b', 'a']);
  });

  it('drops it also when it was used again after many others', async () => {
    const { load, loads } = rows();
    const cache = readThrough(load, { idOf: (row) => row?.id ?? null, capacity: 2 });
    for (const key of ['a', 'b', 'c', 'a']) await cache.get(key);

    cache.drop('id of a');
    await cache.get('a');

    expect(loads).toEqual(['a', 'b', 'c', 'a']);
  });

  it('drops everything where values have no ids', async () => {
    const { load, loads } = rows();
    const cache = readThrough(load);
    for (const key of ['a', 'b']) await cache.get(key);

    cache.drop('id of a');
    for (const key of ['a', 'b']) await cache.get(key);

    expect(loads).toEqual(['a', 'b', 'a', 'b']);
  });

  it('is never kept from a read that began before it', async () => {
    const waiting: PromiseWithResolvers<{ id: string }>[] = [];
    const cache = readThrough(
      () => {
        waiting.push(Promise.withResolvers<{ id: string }>());
        return waiting.at(-1)!.promise;
      },
      { idOf: (row) => row.id },
    );
    const before = cache.get('a');
    cache.drop('1');
    waiting[0]!.resolve({ id: '1' });
    await before;
    const after = cache.get('a');
    waiting[1]!.resolve({ id: '2' });

    expect(await after).toEqual({ id: '2' });
  });
});
