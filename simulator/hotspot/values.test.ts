import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  durationMs,
  formatDuration,
  inRange,
  parseRange,
  parseRateLimit,
  timeoutMs,
} from './values.ts';

describe('durations', () => {
  it.each([
    ['1w2d3h4m5s', 788_645_000],
    ['200ms', 200],
    ['0s', 0],
    ['5', 5000],
    ['00:05:00', 300_000],
    ['none', null],
    ['', null],
    ['5x', null],
  ])('%s is %s ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it('are read as they were printed', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), (seconds) => {
        expect(durationMs(formatDuration(seconds * 1000))).toBe(seconds * 1000);
      }),
    );
  });

  it('of zero switch a timeout off', () => {
    expect(timeoutMs('0s')).toBeNull();
  });
});

describe('Mikrotik-Rate-Limit', () => {
  it.each([
    ['2M/5M', 2e6, 5e6],
    ['512k', 512e3, 512e3],
    ['1M/2M 2M/4M 1M/2M 8/8', 1e6, 2e6],
    ['0/5M', null, 5e6],
    ['', null, null],
  ])('%s is rx %s, tx %s', (text, rxBps, txBps) => {
    expect(parseRateLimit(text)).toEqual({ rxBps, txBps });
  });
});

describe('address ranges', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['10.0.0.1/24', '10.0.0.200', true],
    ['10.0.0.9-10.0.0.11', '10.0.0.10', true],
    ['0.0.0.0/0', '255.255.255.255', true],
  ])('%s and %s: %s', (text, address, within) => {
    expect(inRange(parseRange(text)!, address)).toBe(within);
  });

  it.each(['dns.google', '10.0.0.0/33', '10.0.0.1-x'])('%s is none', (text) => {
    expect(parseRange(text)).toBeNull();
  });
});
