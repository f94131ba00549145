/** Accounts of children: who answers for them, and the tariff that children have. */
import type { WriteContext } from '../sql.ts';

/** Null leaves what is there. */
export async function keepChild(
  ctx: WriteContext,
  subscriberId: string,
  what: { readonly guardianKey: string | null; readonly tariffId: string | null },
): Promise<void> {
  await ctx.sql.run(
    `UPDATE subscribers SET child = 1, guardian_k = COALESCE(?, guardian_k),
       tariff_id = COALESCE(?, tariff_id) WHERE id = ?`,
    what.guardianKey,
    what.tariffId,
    subscriberId,
  );
  ctx.invalidate('subscriber', subscriberId);
}
