import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectBoot, type UptimeReading } from './boot.ts';

const reading = (sentAt: number, uptimeSeconds: number, latencyMs = 0): UptimeReading => ({
  sentAt,
  receivedAt: sentAt + latencyMs,
  uptimeSeconds,
});

describe('detectBoot', () => {
  it('records the start that it meets first', () => {
    expect(detectBoot(reading(1_000_000, 99), null, null)).toBe(900_000);
  });

  it('sees a start although the uptime has grown past the last one', () => {
    const before = reading(1_000_000, 20);

    expect(detectBoot(reading(1_060_000, 40), before, 980_000)).toBe(1_019_000);
  });

  it('compares with the stored start when the controller itself is new', () => {
    expect(detectBoot(reading(10_000_000, 5000), null, 4_999_000)).toBeNull();
    expect(detectBoot(reading(10_000_000, 60), null, 4_999_000)).toBe(9_939_000);
  });

  it('never takes a slow answer or rounding for a start', () => {
    const latency = fc.integer({ min: 0, max: 60_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(latency, latency), { maxLength: 20 }), (looks) => {
        let previous: UptimeReading | null = null;
        let at = 500_000;
        for (const [there, back] of looks) {
          // The router booted at 0 and reads its uptime in between.
          const now: UptimeReading = {
            sentAt: at,
            receivedAt: at + there + back,
            uptimeSeconds: Math.floor((at + there) / 1000),
          };
          expect(detectBoot(now, previous, previous === null ? -1000 : 0)).toBeNull();
          previous = now;
          at += there + back + 30_000;
        }
      }),
    );
  });
});
