/**
 * Before a phone is refused because others hold all slots: is the oldest of them still there? A router
 * that lost power says nothing of the sessions that it lost (architecture, pains of others: a subscriber
 * locked out by a session that is no more).
 */
import type { Clock } from '../lib/clock.ts';
import type { AccountUsage, OpenSession } from '../store/types.ts';
import { boundedMap } from './bounded-map.ts';
import type { Probe } from './probe.ts';

/** Whether a slot was found free; then usage must be read again. Never rejects if the probe does not. */
export type FreeSlot = (accountId: string, usage: AccountUsage, mac: string) => Promise<boolean>;

/** An account asks one question in so long: who is refused tries again at once. */
const EVERY_MS = 30_000;
/** Machine time that a login waits: its NAS gives up after 3 s. */
const PATIENCE_MS = 1500;
const REMEMBERED = 8192;

export function createDeviceProbe(deps: {
  readonly clock: Clock;
  readonly probe?: Probe | undefined;
}): FreeSlot {
  const { clock, probe } = deps;
  const asked = boundedMap<number>(REMEMBERED);
  return async (accountId, usage, mac) => {
    const oldest = oldestOf(usage, mac);
    if (probe === undefined || oldest === null) return false;
    const now = clock.now();
    if (Math.abs(now - (asked.get(accountId) ?? Number.NEGATIVE_INFINITY)) < EVERY_MS) return false;
    asked.set(accountId, now);
    const patience = Promise.withResolvers<'unknown'>();
    const timer = setTimeout(() => patience.resolve('unknown'), PATIENCE_MS).unref();
    try {
      return (await Promise.race([probe(oldest.id), patience.promise])) === 'gone';
    } finally {
      clearTimeout(timer);
    }
  };
}

function oldestOf({ open }: AccountUsage, mac: string): OpenSession | null {
  let oldest: OpenSession | null = null;
  for (const session of open) {
    if (session.mac === mac) continue;
    if (oldest === null || session.startedAt < oldest.startedAt) oldest = session;
  }
  return oldest;
}
