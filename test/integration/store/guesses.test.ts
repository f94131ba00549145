import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/contract.ts';
import { AT } from '../../fixtures/rows.ts';
import { ENGINES } from './engines.ts';

const MINUTE = 60_000;
const TAKE = { bucket: 'r1', want: 4, burst: 10, reserve: 0, refillMs: MINUTE, at: AT };

describe.each(ENGINES)('guesses on $name', (engine) => {
  let opened: Awaited<ReturnType<typeof engine.open>>;
  let store: Store;

  beforeEach(async () => {
    opened = await engine.open();
    store = opened.store;
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('come out of a full bucket until it is empty, and the store says when there is one again', async () => {
    const taken = [];
    for (let i = 0; i < 4; i += 1) taken.push(await store.takeGuesses(TAKE));

    expect(taken.map((share) => share.taken)).toEqual([4, 4, 2, 0]);
    expect(taken.at(-1)?.nextAt).toBe(AT + MINUTE);
    expect(await store.takeGuesses({ ...TAKE, at: AT + MINUTE - 1 })).toMatchObject({ taken: 0 });
    expect(await store.takeGuesses({ ...TAKE, at: AT + MINUTE })).toMatchObject({ taken: 1 });
  });

  it('never fill a bucket beyond its size', async () => {
    await store.takeGuesses(TAKE);

    const much = await store.takeGuesses({ ...TAKE, want: 100, at: AT + 1000 * MINUTE });

    expect(much.taken).toBe(10);
  });

  it('are given out once, whoever asks at the same time', async () => {
    const shares = await Promise.all(Array.from({ length: 8 }, () => store.takeGuesses(TAKE)));

    expect(shares.reduce((sum, { taken }) => sum + taken, 0)).toBe(10);
  });

  it('come back when they were not needed', async () => {
    await store.takeGuesses({ ...TAKE, want: 10 });

    await store.giveBackGuesses({ bucket: 'r1', count: 3, refillMs: MINUTE });

    expect(await store.takeGuesses({ ...TAKE, want: 10 })).toMatchObject({ taken: 3 });
  });

  it('leave what is kept for others, who find it there', async () => {
    const spare = { ...TAKE, want: 10, reserve: 3 };

    const first = await store.takeGuesses(spare);
    const none = await store.takeGuesses({ ...spare, at: AT + MINUTE - 1 });
    const one = await store.takeGuesses({ ...spare, at: AT + MINUTE });
    const kept = await store.takeGuesses({ ...TAKE, want: 10, at: AT + MINUTE });
    const later = await store.takeGuesses({ ...spare, at: AT + 4 * MINUTE });

    expect([first, none, one, kept, later].map(({ taken }) => taken)).toEqual([7, 0, 1, 3, 0]);
    expect([first, none, later].map(({ nextAt }) => nextAt - AT)).toEqual([
      MINUTE,
      MINUTE,
      5 * MINUTE,
    ]);
  });

  it('are each router’s own', async () => {
    await store.takeGuesses({ ...TAKE, want: 10 });

    expect(await store.takeGuesses({ ...TAKE, bucket: 'r2' })).toMatchObject({ taken: 4 });
  });
});
