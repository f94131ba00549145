/**
 * Several phones share an account's day, and each NAS only knows the limit it was given at login. After
 * each report the sum is looked at; once it is spent, all open sessions of the account are asked to end.
 * One phone alone is left to its NAS, which has the very limit.
 */
import type { Clock } from '../lib/clock.ts';
import { errorCode, errorMessage } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Store } from '../store/contract.ts';
import { spentLimit } from './authorize.ts';

export interface OverspendDeps {
  readonly store: Pick<Store, 'session' | 'account' | 'usage' | 'requestDisconnect'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface OverspendCheck {
  /** Looks after the reply; nothing waits for it. A session that is being looked at is not looked at twice. */
  check(sessionId: string, day: string): void;
  settled(): Promise<void>;
}

/** Looked at the same time; what comes on top waits for its next report. */
const MAX_CHECKS = 256;

export function createOverspendCheck(deps: OverspendDeps): OverspendCheck {
  const running = new Map<string, Promise<void>>();
  return {
    check: (sessionId, day) => {
      if (running.has(sessionId) || running.size >= MAX_CHECKS) return;
      const work = endIfSpent(deps, sessionId, day)
        .catch((error: unknown) => {
          const about = { code: errorCode(error), reason: errorMessage(error) };
          deps.log.error(about, 'limit not checked');
        })
        .finally(() => running.delete(sessionId));
      running.set(sessionId, work);
    },
    settled: async () => {
      await Promise.all(running.values());
    },
  };
}

async function endIfSpent(
  { store, clock }: OverspendDeps,
  sessionId: string,
  day: string,
): Promise<void> {
  const session = await store.session(sessionId);
  if (session?.accountId == null || session.accountKind === null) return;
  const usage = await store.usage(session.accountKind, session.accountId, day);
  if (usage.open.length < 2) return;
  const account = await store.account(session.accountKind, session.accountId);
  const reason = account === null ? null : spentLimit(account, usage);
  if (reason === null) return;
  const at = clock.now();
  for (const open of usage.open) await store.requestDisconnect({ sessionId: open.id, reason, at });
}
