/**
 * What accounts have used, remembered for the portal's question. It asks for the same account several
 * times within seconds (page, form, retransmit), and every read is a statement, on PostgreSQL a round
 * trip. Only an answer that lets someone on may come from here: the login itself reads anew, and its
 * commit counts the devices. A login that this process opens is known here at once, accounting after 5 s.
 */
import type { Clock } from '../lib/clock.ts';
import type { Store } from '../store/contract.ts';
import type { Account, AccountUsage } from '../store/types.ts';
import { boundedMap } from './bounded-map.ts';

export interface UsageCache {
  /** Undefined when nothing is remembered of that day, or it is older than 5 s. */
  known(accountId: string, day: string): AccountUsage | undefined;
  /** From the store; remembered. */
  read(account: Pick<Account, 'kind' | 'id'>, day: string): Promise<AccountUsage>;
  /** Something of the account was written, or is about to be. */
  forget(accountId: string): void;
}

interface Entry {
  readonly day: string;
  /** Null while it is being read. */
  usage: AccountUsage | null;
  until: number;
}

const CAPACITY = 32_768;
const KEPT_MS = 5000;

export function createUsageCache(deps: {
  readonly store: Pick<Store, 'usage'>;
  readonly clock: Clock;
}): UsageCache {
  const { store, clock } = deps;
  const entries = boundedMap<Entry>(CAPACITY);
  return {
    known: (accountId, day) => {
      const entry = entries.get(accountId);
      if (entry === undefined || entry.usage === null || entry.day !== day) return undefined;
      const left = entry.until - clock.now();
      // A clock that was put back must not keep an entry alive.
      return left > 0 && left <= KEPT_MS ? entry.usage : undefined;
    },
    read: async ({ kind, id }, day) => {
      const entry: Entry = { day, usage: null, until: 0 };
      entries.set(id, entry);
      const usage = await store.usage(kind, id, day);
      // A read that began before the account was forgotten is not kept: its entry is gone.
      entry.until = clock.now() + KEPT_MS;
      entry.usage = usage;
      return usage;
    },
    forget: (accountId) => entries.delete(accountId),
  };
}
