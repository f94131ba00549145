/**
 * A gateway that fails is left alone for a while: citizens wait for the next one, not for its time-outs.
 * After the pause one message tries whether it is back. Pure, but for the state that it holds.
 */
export interface Circuit {
  /** False: leave it alone. True lets one through when the pause is over. */
  admits(nowMs: number): boolean;
  worked(): void;
  failed(nowMs: number): void;
}

/** In a row. */
const FAILURES = 3;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 600_000;

export function createCircuit(): Circuit {
  let failures = 0;
  let closedUntil = 0;
  let pauseMs = FIRST_PAUSE_MS;
  return {
    admits: (nowMs) => {
      if (failures < FAILURES) return true;
      if (nowMs < closedUntil) return false;
      closedUntil = nowMs + pauseMs;
      return true;
    },
    worked: () => {
      failures = 0;
      pauseMs = FIRST_PAUSE_MS;
    },
    failed: (nowMs) => {
      failures += 1;
      if (failures < FAILURES) return;
      closedUntil = nowMs + pauseMs;
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    },
  };
}
