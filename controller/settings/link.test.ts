import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cadenceFor,
  inFlightFor,
  type LinkProfile,
  SWITCH_SECONDS,
  timeoutsFor,
  undecidedSeconds,
} from './link.ts';
import { OWN_TRAFFIC_OCTETS, ownTraffic, USUAL_LOAD } from './traffic.ts';

const VSAT: LinkProfile = { downKbps: 2000, upKbps: 512, rttMs: 600, meteredGb: 50 };
const FIBRE: LinkProfile = { downKbps: 50_000, upKbps: 50_000, rttMs: 20, meteredGb: null };
const kbps = fc.option(fc.integer({ min: 64, max: 10_000_000 }));
const link: fc.Arbitrary<LinkProfile> = fc.record({
  downKbps: kbps,
  upKbps: kbps,
  rttMs: fc.integer({ min: 1, max: 3000 }),
  meteredGb: fc.option(fc.integer({ min: 1, max: 100_000 })),
});

describe('time-outs', () => {
  it('outlast a satellite whose queue is full, and do not drag on fibre', () => {
    expect(timeoutsFor(VSAT)).toEqual({
      radiusMs: 3400,
      watchMs: 2200,
      connectMs: 5600,
      commandMs: 17_000,
      pollMs: 17_000,
    });
    expect(timeoutsFor(FIBRE)).toMatchObject({ radiusMs: 3000, watchMs: 2000, pollMs: 10_000 });
  });

  it('never fall below two round trips', () => {
    fc.assert(
      fc.property(link, (one) => {
        for (const ms of Object.values(timeoutsFor(one))) expect(ms).toBeGreaterThan(2 * one.rttMs);
      }),
    );
  });
});

describe('the cadence', () => {
  it.each([
    ['a satellite', VSAT, 60, 300],
    ['a satellite that is not metered', { ...VSAT, meteredGb: null }, 30, 300],
    ['4G', { ...FIBRE, downKbps: 8000, upKbps: 4000 }, 30, 120],
    ['fibre', FIBRE, 30, 60],
    ['a link that nobody has described', { ...FIBRE, downKbps: null, upKbps: null }, 30, 60],
  ])('of %s', (_name, one, livenessSeconds, vitalsSeconds) => {
    expect(cadenceFor(one)).toMatchObject({ livenessSeconds, vitalsSeconds });
  });

  it('stays within 30 to 60 s for life, 60 to 300 s for vitals, and switches in time', () => {
    fc.assert(
      fc.property(link, (one) => {
        const cadence = cadenceFor(one);

        expect(cadence.livenessSeconds).toBeGreaterThanOrEqual(30);
        expect(cadence.livenessSeconds).toBeLessThanOrEqual(60);
        expect(cadence.vitalsSeconds).toBeGreaterThanOrEqual(60);
        expect(cadence.vitalsSeconds).toBeLessThanOrEqual(300);
        const first = cadence.watchSeconds + timeoutsFor(one).watchMs / 1000;
        expect(first + undecidedSeconds(one)).toBeLessThan(SWITCH_SECONDS);
        expect(cadence.watchMisses).toBeGreaterThan(1);
      }),
    );
  });
});

describe('our own traffic', () => {
  it('stays under 150 MB a month on every metered link', () => {
    fc.assert(
      fc.property(link, (one) => {
        const metered = { ...one, meteredGb: one.meteredGb ?? 10 };

        expect(ownTraffic(cadenceFor(metered)).octets).toBeLessThan(OWN_TRAFFIC_OCTETS);
      }),
    );
  });

  it('would not, at the cadence of fibre', () => {
    expect(ownTraffic(cadenceFor(FIBRE)).octets).toBeGreaterThan(OWN_TRAFFIC_OCTETS);
  });

  it('is the sum of its parts, each of which costs something', () => {
    const { octets, parts } = ownTraffic(cadenceFor(VSAT));

    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(octets);
    expect(Math.min(...Object.values(parts))).toBeGreaterThan(0);
  });

  it('grows with whatever is done more often', () => {
    const cadence = cadenceFor(VSAT);
    const before = ownTraffic(cadence).octets;
    const often = (change: Partial<typeof cadence>) => ownTraffic({ ...cadence, ...change }).octets;

    expect(often({ livenessSeconds: 30 })).toBeGreaterThan(before);
    expect(often({ vitalsSeconds: 60 })).toBeGreaterThan(before);
    expect(often({ watchSeconds: 20 })).toBeGreaterThan(before);
    expect(often({ watchesPortal: true })).toBeGreaterThan(before);
    expect(ownTraffic(cadence, { ...USUAL_LOAD, sessionsPerDay: 300 }).octets).toBeGreaterThan(
      before,
    );
  });
});

describe('inFlightFor', () => {
  it('fills a long round trip with commands of 20 ms, and no more than that', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), (rttMs) => {
        const inFlight = inFlightFor({ ...VSAT, rttMs });

        expect(inFlight).toBeGreaterThanOrEqual(8);
        expect(inFlight).toBeLessThanOrEqual(32);
        expect(inFlight === 8 || inFlight * 20 <= rttMs).toBe(true);
      }),
    );
    expect(inFlightFor(VSAT)).toBe(30);
  });
});
