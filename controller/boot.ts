/**
 * Whether a router has started anew, from two readings of its uptime. Pure. A reading between `sentAt`
 * and `receivedAt` puts the start at `sentAt - uptime` or later, and at `receivedAt - uptime` or
 * earlier; a boot is seen only when the new earliest lies after the old latest, so that a slow answer
 * never looks like one. Router time is not used: without a battery it is wrong after a power cut.
 */
export interface UptimeReading {
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly uptimeSeconds: number;
}

const TOLERANCE_MS = 5000;
/** Against a start that was stored by an earlier process, months of clock drift included. */
const STORED_TOLERANCE_MS = 120_000;
const DRIFT = 0.001;

/** The earliest instant of the start. */
export function bootAtOf(reading: UptimeReading): number {
  // The router rounds down to whole seconds.
  return reading.sentAt - (reading.uptimeSeconds + 1) * 1000;
}

/** The start to record, or null when nothing new happened. */
export function detectBoot(
  reading: UptimeReading,
  previous: UptimeReading | null,
  storedBootAt: number | null,
): number | null {
  const bootAt = bootAtOf(reading);
  if (previous !== null) {
    const latest = previous.receivedAt - previous.uptimeSeconds * 1000;
    const drift = DRIFT * (reading.receivedAt - previous.receivedAt);
    return bootAt > latest + TOLERANCE_MS + drift ? bootAt : null;
  }
  if (storedBootAt === null) return bootAt;
  const drift = DRIFT * Math.max(0, reading.receivedAt - storedBootAt);
  return bootAt > storedBootAt + STORED_TOLERANCE_MS + drift ? bootAt : null;
}
