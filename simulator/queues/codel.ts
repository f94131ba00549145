/**
 * CoDel (RFC 8289 §5): what has stood in a queue for longer than `targetMs` during a whole `intervalMs` is
 * dropped from the front, at a rate that grows with the square root of the drops.
 */
export interface CodelOptions {
  readonly targetMs: number;
  readonly intervalMs: number;
}

export interface Codel {
  /** Whether the packet at the front, which came at `since`, is to be dropped; `backlog` octets stay behind it. */
  drops(since: number, now: number, backlog: number): boolean;
}

/** Below one full packet there is no queue to speak of. */
const ONE_PACKET = 1514;

export function createCodel({ targetMs, intervalMs }: CodelOptions): Codel {
  let firstAboveAt: number | null = null;
  let dropping = false;
  let nextDropAt = 0;
  let count = 0;
  let lastCount = 0;

  const isAbove = (since: number, now: number, backlog: number): boolean => {
    if (now - since < targetMs || backlog <= ONE_PACKET) {
      firstAboveAt = null;
      return false;
    }
    firstAboveAt ??= now + intervalMs;
    return now >= firstAboveAt;
  };
  const lawAfter = (at: number): number => at + intervalMs / Math.sqrt(count);

  return {
    drops: (since, now, backlog) => {
      const above = isAbove(since, now, backlog);
      if (!above) {
        dropping = false;
        return false;
      }
      if (dropping) {
        if (now < nextDropAt) return false;
        count += 1;
        nextDropAt = lawAfter(nextDropAt);
        return true;
      }
      dropping = true;
      // It begins near where it left off, when it left off only a while ago.
      const recent = count - lastCount;
      count = recent > 1 && now - nextDropAt < 16 * intervalMs ? recent : 1;
      lastCount = count;
      nextDropAt = lawAfter(now);
      return true;
    },
  };
}
