/** Work on the clock: the stale sweep, and the hardening of imported passwords. */
import { describe, expect, it } from 'vitest';
import { steppedClock } from '../../../lib/clock.ts';
import { hardenPasswords } from '../../../radius/harden.ts';
import { createPasswordHasher, parseHardened } from '../../../radius/password.ts';
import { SILENT, START_MS } from '../../../radius/radius.fixture.ts';
import { staleBefore, startStaleSweep } from '../../../radius/stale.ts';

const HOUR = 3_600_000;

describe('stale sessions', () => {
  const options = {
    store: { closeStaleSessions: async () => 0 },
    clock: steppedClock(START_MS),
    log: SILENT,
    interimSeconds: 300,
  };

  it('are those that missed three reports, and logins that never began', () => {
    expect(staleBefore(options, START_MS, START_MS + HOUR)).toEqual({
      before: START_MS + HOUR - 900_000,
      openingBefore: START_MS + HOUR - 120_000,
      at: START_MS + HOUR,
    });
  });

  it('are none while this server has not listened for as long itself', () => {
    expect(staleBefore(options, START_MS, START_MS + 899_999).before).toBe(0);
    expect(staleBefore(options, START_MS, START_MS + 900_000).before).toBe(START_MS);
  });

  it('are swept again and again, also after a failure', async () => {
    const clock = steppedClock(START_MS);
    const sweeps: number[] = [];
    const closeStaleSessions = async ({ at }: { at: number }): Promise<number> => {
      sweeps.push(at);
      if (sweeps.length === 1) throw new Error('disk full');
      return 1;
    };
    await using _ = startStaleSweep({ ...options, clock, store: { closeStaleSessions } });
    for (let i = 0; i < 3; i += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(60_000);
    }
    await new Promise((resolve) => setImmediate(resolve));

    expect(sweeps).toEqual([0, 1, 2, 3].map((n) => START_MS + n * 60_000));
  });
});

describe('hardening', () => {
  const K = 'ab'.repeat(32);

  it('turns every waiting password into argon2id over its k, and pauses after each', async () => {
    const rows = new Map([
      ['a', `k$${K}`],
      ['b', `k$${K}`],
    ]);
    const pauses: number[] = [];
    const done = await hardenPasswords(
      {
        unhardenedSubscribers: async () =>
          [...rows]
            .filter(([, passwordHash]) => passwordHash.startsWith('k$'))
            .map(([id, passwordHash]) => ({ id, passwordHash })),
        hardenPassword: async ({ id, was, passwordHash }) => {
          if (rows.get(id) === was) rows.set(id, passwordHash);
        },
      },
      async (workedMs) => void pauses.push(workedMs),
    );

    const stored = parseHardened(rows.get('a')!)!;
    const derived = await createPasswordHasher({ concurrency: 1, queueLimit: 0 }).derive(
      K,
      stored.salt,
    );
    expect(done).toBe(2);
    expect(derived).toEqual(stored.tag);
    expect(rows.get('b')).not.toBe(rows.get('a'));
    expect(pauses).toHaveLength(2);
    expect(Math.min(...pauses)).toBeGreaterThan(0);
  });

  it.each([
    'k$abc',
    'argon2id$',
    'argon2id$AAAA$AAAA',
    `argon2id$${'A'.repeat(22)}$${'A'.repeat(43)}$x`,
  ])('reads no hash out of %s', (stored) => {
    expect(parseHardened(stored)).toBeNull();
  });
});

describe('the password hasher', () => {
  it('works on so many at once, lets so many wait, and refuses the rest at once', async () => {
    const hasher = createPasswordHasher({ concurrency: 1, queueLimit: 1 });
    const salt = new Uint8Array(16);

    const [first, second, third] = [1, 2, 3].map(() => hasher.derive('00', salt));

    expect(third).toBeNull();
    expect(await first).toEqual(await second);
    expect(await hasher.derive('00', salt)).toHaveLength(32);
  });
});
