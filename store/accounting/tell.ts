/** What a batch of accounting made stale. */
import type { WriteContext } from '../sql.ts';
import type { AccountingPlan } from './rows.ts';

export function tell({ invalidate }: Pick<WriteContext, 'invalidate'>, plan: AccountingPlan): void {
  for (const id of plan.turned) invalidate('session', id);
  const accounts = new Set<string>();
  for (const rows of [plan.added, plan.counted, plan.changed]) {
    for (const { account_id } of rows) if (account_id !== null) accounts.add(account_id);
  }
  for (const id of accounts) invalidate('usage', id);
}
