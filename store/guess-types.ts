/** How often a voucher code may be tried that nobody has. Part of the contract: {@link ./types.ts}. */

export interface GuessStore {
  /**
   * Takes up to `want` of a router's bucket of `burst`, which regains one each `refillMs`; `nextAt` is when
   * it holds one again. One bucket for all threads and processes, and a restart does not fill it.
   */
  takeGuesses(args: {
    routerId: string;
    want: number;
    burst: number;
    refillMs: number;
    at: number;
  }): Promise<{ taken: number; nextAt: number }>;
  /** What was taken and not needed. */
  giveBackGuesses(args: { routerId: string; count: number; refillMs: number }): Promise<void>;
}
