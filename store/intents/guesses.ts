/** How often a router's phones may try a voucher code that nobody has: shared by all threads and processes. */
import type { WriteContext } from '../sql.ts';

export const guessWrites = {
  /**
   * Takes up to `want` of what the router's bucket holds at `at`. A bucket nobody has taken from is full.
   * `nextAt` is when it holds one again.
   */
  async takeGuesses(
    ctx: WriteContext,
    args: { routerId: string; want: number; burst: number; refillMs: number; at: number },
  ): Promise<{ taken: number; nextAt: number }> {
    const { routerId, burst, refillMs, at } = args;
    await ctx.lock(`guesses:${routerId}`);
    const row = await ctx.sql.get<{ full_at: number }>(
      'SELECT full_at FROM guesses WHERE router_id = ?',
      routerId,
    );
    // The bucket as one instant: when it will be full again. It holds what is not missing until then.
    const fullAt = Math.max(at, row?.full_at ?? at);
    const held = burst - Math.ceil((fullAt - at) / refillMs);
    const taken = Math.max(0, Math.min(args.want, held));
    const then = fullAt + taken * refillMs;
    if (taken > 0) {
      await ctx.sql.run(
        `INSERT INTO guesses (router_id, full_at) VALUES (?, ?)
         ON CONFLICT (router_id) DO UPDATE SET full_at = excluded.full_at`,
        routerId,
        then,
      );
    }
    return { taken, nextAt: Math.max(at, then - (burst - 1) * refillMs) };
  },

  /** What was taken and not needed. */
  async giveBackGuesses(
    { sql }: WriteContext,
    args: { routerId: string; count: number; refillMs: number },
  ): Promise<void> {
    await sql.run(
      'UPDATE guesses SET full_at = full_at - ? WHERE router_id = ?',
      args.count * args.refillMs,
      args.routerId,
    );
  },
};
