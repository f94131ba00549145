/**
 * What accounts have used, remembered for the question whether a person may go online: it is asked several
 * times within seconds (page, form, login, retransmit), and every read is a statement, on PostgreSQL a round
 * trip. Only an answer that lets someone on may come from here.
 *
 * A store that tells every change is believed until it does. Where other nodes write without telling, an
 * entry is kept for 5 s, and only the portal is answered from it: the login itself reads anew.
 */
import type { Clock } from '../lib/clock.ts';
import type { Store } from '../store/contract.ts';
import type { Account, AccountUsage } from '../store/types.ts';
import { boundedMap } from './bounded-map.ts';

export interface UsageCache extends Disposable {
  /** Whether {@link known} is what a read would give. */
  readonly exact: boolean;
  /** Undefined when nothing is remembered of that day, or it is too old. */
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
  readonly store: Pick<Store, 'usage' | 'usageTold' | 'onInvalidate'>;
  readonly clock: Clock;
}): UsageCache {
  const { store, clock } = deps;
  const entries = boundedMap<Entry>(CAPACITY);
  const exact = store.usageTold;
  const stop = store.onInvalidate((kind, id) => {
    if (kind !== 'usage') return;
    if (id === '*') entries.clear();
    else entries.delete(id);
  });
  return {
    exact,
    [Symbol.dispose]: stop,
    known: (accountId, day) => {
      const entry = entries.get(accountId);
      if (entry === undefined || entry.usage === null || entry.day !== day) return undefined;
      if (exact) return entry.usage;
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
