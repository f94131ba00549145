import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { desired } from './desired/desired.ts';
import { duration } from './desired/menu.ts';
import { durationSeconds, normalise } from './normalise.ts';
import { input } from './test-input.ts';

describe('normalise', () => {
  it.each([
    ['disabled', 'yes', 'true'],
    ['disabled', undefined, 'false'],
    ['disabled', '', 'no'],
    ['lease-time', '4h', '04:00:00'],
    ['lease-time', '1d', '1d00:00:00'],
    ['timeout', '3s', '3000ms'],
    ['login-by', 'http-pap,mac', 'mac,http-pap'],
    ['policy', 'read,write', 'write,read,!ftp,!telnet'],
    ['address', '10.0.0.1', '10.0.0.1/32'],
    ['cache-size', '8192', '08192'],
    ['ssid', '', undefined],
  ])('takes %s %s and %s as one', (property, a, b) => {
    expect(normalise(property, a)).toBe(normalise(property, b));
  });

  it.each([
    ['dst-port', '53,67', '67,53'],
    ['lease-time', '4h', '4m'],
    ['address', '10.0.0.1/24', '10.0.0.1'],
    ['limit', '10,20:packet', '10,21:packet'],
  ])('tells %s %s from %s', (property, a, b) => {
    expect(normalise(property, a)).not.toBe(normalise(property, b));
  });

  it('is idempotent', () => {
    const values = desired(input()).menus.flatMap((menu) =>
      menu.rows.flatMap((row) => Object.entries(row.values)),
    );
    for (const [property, value] of values) {
      const once = normalise(property, value);
      expect(normalise(property, once)).toBe(once);
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        const once = normalise('x', text);
        expect(normalise('x', once)).toBe(once);
      }),
    );
  });

  it('reads durations as it writes them', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), (seconds) => {
        expect(durationSeconds(duration(seconds))).toBe(seconds);
      }),
    );
  });
});
