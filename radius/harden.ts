/**
 * Turns imported passwords (`k$…`) into argon2id, one after another, with a pause of nineteen times the
 * work after each: an import of thousands never takes more than a twentieth of a core.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Store } from '../store/contract.ts';
import { hardenedPassword, unhardenedKey } from './password.ts';
import { startPeriodic } from './periodic.ts';

export interface HardeningOptions {
  readonly store: Pick<Store, 'unhardenedSubscribers' | 'hardenPassword'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Pause between two looks for new imports, on the clock; 30 000 by default. */
  readonly pollMs?: number;
}

const BATCH = 50;
const PAUSE_RATIO = 19;

export function startHardening(options: HardeningOptions): AsyncDisposable {
  return startPeriodic({
    clock: options.clock,
    log: options.log,
    everyMs: options.pollMs ?? 30_000,
    name: 'password hardening',
    work: async (signal) => {
      const done = await hardenPasswords(options.store, rest(signal));
      if (done > 0) options.log.info({ done }, 'passwords hardened');
    },
  });
}

/** Until none is left; `pause` is told the machine time that each one took. Returns how many. */
export async function hardenPasswords(
  store: HardeningOptions['store'],
  pause: (workedMs: number) => Promise<void>,
): Promise<number> {
  let done = 0;
  for (;;) {
    const rows = await store.unhardenedSubscribers(BATCH);
    for (const { id, passwordHash } of rows) {
      const k = unhardenedKey(passwordHash);
      if (k === null) continue;
      const startedAt = performance.now();
      await store.hardenPassword({
        id,
        was: passwordHash,
        passwordHash: await hardenedPassword(k),
      });
      done += 1;
      await pause(performance.now() - startedAt);
    }
    if (rows.length < BATCH) return done;
  }
}

function rest(signal: AbortSignal): (workedMs: number) => Promise<void> {
  return async (workedMs) => {
    await delay(workedMs * PAUSE_RATIO, undefined, { signal });
  };
}
