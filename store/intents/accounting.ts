/** One accounting packet on its own, on SQLite; what waits together goes the same way as one batch. */
import type { WriteContext } from '../sql.ts';
import { recordBatch } from '../sqlite/accounting.ts';
import type { AccountingEvent } from '../types.ts';

export const accountingWrites = {
  async recordAccounting(
    ctx: WriteContext,
    event: AccountingEvent,
  ): Promise<{ sessionId: string }> {
    const [recorded] = await recordBatch(ctx, [event]);
    return recorded!;
  },
};
