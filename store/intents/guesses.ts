/** How often voucher codes may be tried that nobody has: shared by all threads and processes. */
import type { WriteContext } from '../sql.ts';

export const guessWrites = {
  /**
   * Takes up to `want` of what the bucket holds at `at` beyond `reserve`. A bucket nobody has taken from is full.
   * `nextAt` is when it holds one more than that again.
   */
  async takeGuesses(
    ctx: WriteContext,
    args: {
      bucket: string;
      want: number;
      burst: number;
      reserve: number;
      refillMs: number;
      at: number;
    },
  ): Promise<{ taken: number; nextAt: number }> {
    const { bucket, burst, reserve, refillMs, at } = args;
    await ctx.lock(`guesses:${bucket}`);
    const row = await ctx.sql.get<{ full_at: number }>(
      'SELECT full_at FROM guesses WHERE router_id = ?',
      bucket,
    );
    // The bucket as one instant: when it will be full again. It holds what is not missing until then.
    const fullAt = Math.max(at, row?.full_at ?? at);
    const held = burst - Math.ceil((fullAt - at) / refillMs);
    const taken = Math.max(0, Math.min(args.want, held - reserve));
    const then = fullAt + taken * refillMs;
    if (taken > 0) {
      await ctx.sql.run(
        `INSERT INTO guesses (router_id, full_at) VALUES (?, ?)
         ON CONFLICT (router_id) DO UPDATE SET full_at = excluded.full_at`,
        bucket,
        then,
      );
    }
    return { taken, nextAt: Math.max(at, then - (burst - reserve - 1) * refillMs) };
  },

  /** What was taken and not needed. */
  async giveBackGuesses(
    { sql }: WriteContext,
    args: { bucket: string; count: number; refillMs: number },
  ): Promise<void> {
    await sql.run(
      'UPDATE guesses SET full_at = full_at - ? WHERE router_id = ?',
      args.count * args.refillMs,
      args.bucket,
    );
  },
};
