/** How often a voucher code may be tried that nobody has. Part of the contract: {@link ./types.ts}. */

export interface GuessStore {
  /**
   * Takes up to `want` of a bucket of `burst`, a router's or one that has a name of its own, which regains one each
   * `refillMs`. `reserve` stay in it; `nextAt` is when it holds one more than that again. One bucket for all
   * threads and processes, and a restart does not fill it.
   */
  takeGuesses(args: {
    bucket: string;
    want: number;
    burst: number;
    reserve: number;
    refillMs: number;
    at: number;
  }): Promise<{ taken: number; nextAt: number }>;
  /** What was taken and not needed. */
  giveBackGuesses(args: { bucket: string; count: number; refillMs: number }): Promise<void>;
}
