/** Accounts of children: who answers for them, and the tariff that children have. */
import type { ConsentHolder } from '../consent-types.ts';
import type { WriteContext } from '../sql.ts';
import { accountTable } from './accounts.ts';

/** Null leaves what is there. */
export async function keepChild(
  ctx: WriteContext,
  { kind, id }: ConsentHolder,
  what: { readonly guardianKey: string | null; readonly tariffId: string | null },
): Promise<void> {
  await ctx.sql.run(
    `UPDATE ${accountTable(kind)} SET child = 1, guardian_k = COALESCE(?, guardian_k),
       tariff_id = COALESCE(?, tariff_id) WHERE id = ?`,
    what.guardianKey,
    what.tariffId,
    id,
  );
  ctx.invalidate(kind, id);
}
