/**
 * What was proven of an account counts until all access to it is ended: by a new password, a proof of its number, or
 * a withdrawal. Tickets keep which epoch they are of; at the login, the store has the last word.
 */
import type { Account } from '../store/types.ts';
import type { PortalDeps } from './context.ts';
import type { Admitted } from './hand-back.ts';

type Facts = Pick<Account, 'epoch'> | null;

/** For a ticket: nothing more of the account than that. */
export function claimOf({ kind, id, epoch = 0 }: Admitted): Admitted {
  return { kind, id, epoch };
}

/** Pure. Newer than the facts is none: another node may know of them later. */
export function isStale({ epoch = 0 }: Pick<Admitted, 'epoch'>, facts: Facts): boolean {
  return facts !== null && epoch < (facts.epoch ?? 0);
}

/** Whether what was proven then still counts. Costs a cached read. */
export async function stillHolds(deps: PortalDeps, account: Admitted): Promise<boolean> {
  return !isStale(account, await deps.store.account(account.kind, account.id));
}

/** Who has just set a password has proven more than what it ended. */
export async function asItIs({ store }: PortalDeps, { kind, id }: Admitted): Promise<Admitted> {
  return claimOf((await store.account(kind, id)) ?? { kind, id });
}
