import { describe, expect, it } from 'vitest';
import { steppedClock } from '../lib/clock.ts';
import type { Store } from '../store/contract.ts';
import type { AccountUsage, InvalidationKind } from '../store/types.ts';
import { usage } from './facts.fixture.ts';
import { createUsageCache } from './usage-cache.ts';

const account = { kind: 'voucher', id: 'v1' } as const;
const DAY = '2026-11-24';

function setup({ usageTold = false } = {}) {
  const clock = steppedClock();
  const waiting: ((usage: AccountUsage) => void)[] = [];
  const listeners = new Set<Parameters<Store['onInvalidate']>[0]>();
  const say = (kind: InvalidationKind, id: string): void => {
    for (const listener of listeners) listener(kind, id);
  };
  const cache = createUsageCache({
    store: {
      usage: () => new Promise((resolve) => waiting.push(resolve)),
      usageTold,
      onInvalidate: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    clock,
  });
  const answer = (dayOctets: number): void => waiting.shift()!({ ...usage, dayOctets });
  const read = async (dayOctets: number): Promise<void> => {
    const reading = cache.read(account, DAY);
    answer(dayOctets);
    await reading;
  };
  return { cache, clock, answer, read, say, listeners };
}

describe('usage', () => {
  it('is remembered for five seconds of its day, and for its account alone', async () => {
    const { cache, clock, read } = setup();
    await read(7);

    clock.advance(4999);
    expect(cache.known('v1', DAY)?.dayOctets).toBe(7);
    expect(cache.known('v1', '2026-11-25')).toBeUndefined();
    expect(cache.known('v2', DAY)).toBeUndefined();
    clock.advance(1);
    expect(cache.known('v1', DAY)).toBeUndefined();
  });

  it('is believed for the whole day where every change is told', async () => {
    const { cache, clock, read, say } = setup({ usageTold: true });
    await read(7);

    clock.advance(3_600_000);
    say('usage', 'v2');
    say('session', 'v1');
    expect(cache.known('v1', DAY)?.dayOctets).toBe(7);
    expect(cache.known('v1', '2026-11-25')).toBeUndefined();
    say('usage', 'v1');
    expect(cache.known('v1', DAY)).toBeUndefined();
    await read(8);
    say('usage', '*');
    expect(cache.known('v1', DAY)).toBeUndefined();
  });

  it('listens no more once it is disposed of', () => {
    const { cache, listeners } = setup();

    cache[Symbol.dispose]();

    expect(listeners.size).toBe(0);
  });

  it('is forgotten when its account is written', async () => {
    const { cache, read } = setup();
    await read(7);

    cache.forget('v1');

    expect(cache.known('v1', DAY)).toBeUndefined();
  });

  it('is not kept when its account was written while it was read', async () => {
    const { cache, answer } = setup();
    const reading = cache.read(account, DAY);

    cache.forget('v1');
    answer(7);

    expect((await reading).dayOctets).toBe(7);
    expect(cache.known('v1', DAY)).toBeUndefined();
  });

  it('of a later read stands when an earlier one comes in after it', async () => {
    const { cache, answer } = setup();
    const first = cache.read(account, DAY);
    cache.forget('v1');
    const second = cache.read(account, DAY);
    answer(1);
    await first;

    expect(cache.known('v1', DAY)).toBeUndefined();
    answer(2);
    await second;
    expect(cache.known('v1', DAY)?.dayOctets).toBe(2);
  });
});
