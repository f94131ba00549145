/**
 * TAI64N labels: the time stamp of a WireGuard handshake, 8 octets of seconds and 4 of nanoseconds, big-endian, so that
 * labels compare as octets (https://cr.yp.to/libtai/tai64.html). As in WireGuard's implementations TAI is taken
 * to be 10 s ahead of UTC, and nanoseconds are cut to a grid of 2^24.
 */

const BASE = 2n ** 62n + 10n;
const GRID = 0xffffff;

export function tai64n(epochMs: number): Buffer {
  const label = Buffer.alloc(12);
  const seconds = Math.floor(epochMs / 1000);
  label.writeBigUInt64BE(BASE + BigInt(seconds), 0);
  const nanoseconds = Math.round((epochMs - seconds * 1000) * 1e6);
  label.writeUInt32BE((nanoseconds & ~GRID) >>> 0, 8);
  return label;
}
