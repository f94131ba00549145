import fc from 'fast-check';
import { expect, it } from 'vitest';
import { topUpOf, validUntilAfter } from './top-up.ts';
import type { Tariff } from './types.ts';

const limit = fc.option(fc.integer({ min: 1, max: 1e12 }));
const tariff: fc.Arbitrary<Tariff> = fc
  .record({
    dailyOctets: limit,
    weeklyOctets: limit,
    monthlyOctets: limit,
    sessionOctets: limit,
    dailySeconds: limit,
    weeklySeconds: limit,
    monthlySeconds: limit,
    sessionSeconds: limit,
    validitySeconds: fc.option(fc.integer({ min: 1, max: 1e7 })),
  })
  .map((limits) => ({
    id: 't',
    name: 't',
    downKbps: null,
    upKbps: null,
    burstDownKbps: null,
    burstUpKbps: null,
    burstSeconds: null,
    devices: 1,
    whenFull: 'refuse' as const,
    fairUse: [],
    priceMinor: null,
    ...limits,
  }));
const account = fc.record({
  tariff,
  firstLoginAt: fc.option(fc.nat(1e9)),
  validUntil: fc.option(fc.nat(2e9)),
});

it('never takes anything away, and adds nothing that is not counted', () => {
  fc.assert(
    fc.property(tariff, account, (voucher, of) => {
      const added = topUpOf(voucher, of);
      if (added === null) return;
      const { octets, seconds, validitySeconds } = added;

      expect(Math.min(octets, seconds, validitySeconds)).toBeGreaterThanOrEqual(0);
      expect(octets + seconds + validitySeconds).toBeGreaterThan(0);
      const { dailyOctets, weeklyOctets, monthlyOctets } = of.tariff;
      const counts = dailyOctets !== null || weeklyOctets !== null || monthlyOctets !== null;
      expect(counts || octets === 0).toBe(true);
    }),
  );
});

it('moves the end by what is added, from now for one that has ended', () => {
  fc.assert(
    fc.property(account, fc.nat(1e6), fc.nat(3e9), (of, seconds, at) => {
      const after = validUntilAfter(of, seconds, at);
      const before = of.validUntil ?? null;

      const isRight =
        before === null
          ? (after === null) === (of.tariff.validitySeconds === null)
          : after === Math.max(before, at) + seconds * 1000;
      expect(isRight).toBe(true);
    }),
  );
});
