import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorize, type LoginFacts, limitsNow } from './authorize.ts';
import { CHECKS } from './checks.ts';
import { codeOf, facts, MAC, NOW, online, TEN } from './facts.fixture.ts';

describe('whatever the facts', () => {
  const limit = fc.option(fc.nat({ max: 100_000 }), { nil: null });
  const session = fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: null });
  const used = fc.nat({ max: 60_000 });
  const rate = fc.record({
    downKbps: fc.integer({ min: 1, max: 9000 }),
    upKbps: fc.integer({ min: 1, max: 9000 }),
  });
  const period = fc.constantFrom('day', 'week', 'month');
  /** As the command line takes them: a later step is never faster. */
  const fairUse = fc
    .tuple(
      fc.array(fc.record({ period, afterOctets: fc.nat({ max: 120_000 }), rate }), {
        maxLength: 4,
      }),
      fc.array(fc.record({ period, afterOctets: fc.nat({ max: 120_000 }) }), { maxLength: 3 }),
    )
    .map(([steps, blocks]) => {
      let [downKbps, upKbps] = [9000, 9000];
      const slower = steps.map((step) => {
        downKbps = Math.min(downKbps, step.rate.downKbps);
        upKbps = Math.min(upKbps, step.rate.upKbps);
        return { ...step, rate: { downKbps, upKbps } };
      });
      return [...slower, ...blocks.map((block) => ({ ...block, rate: 'block' as const }))];
    });
  const anyTariff = fc.record({
    downKbps: fc.option(fc.integer({ min: 1, max: 9000 }), { nil: null }),
    upKbps: fc.option(fc.integer({ min: 1, max: 9000 }), { nil: null }),
    sessionSeconds: session,
    sessionOctets: session,
    dailySeconds: limit,
    dailyOctets: limit,
    weeklySeconds: limit,
    weeklyOctets: limit,
    monthlySeconds: limit,
    monthlyOctets: limit,
    validitySeconds: fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: null }),
    devices: fc.integer({ min: 1, max: 3 }),
    whenFull: fc.constantFrom('refuse', 'replace'),
    fairUse,
  });
  const anyUsage = fc.record({
    dayOctets: used,
    daySeconds: used,
    weekOctets: used,
    weekSeconds: used,
    monthOctets: used,
    monthSeconds: used,
    open: fc.uniqueArray(fc.constantFrom(MAC, 'B', 'C', 'D')).map((macs) => macs.map(online)),
  });
  const anyFacts = fc
    .record({
      tariff: anyTariff,
      usage: anyUsage,
      validIn: fc.option(fc.integer({ min: -5_000, max: 200_000 }), { nil: null }),
      hours: fc.constantFrom(undefined, 'closed', 'mon-sun 00:00-24:00', 'mon 09:00-11:00'),
    })
    .map((r) =>
      facts({
        tariff: r.tariff,
        account: { validUntil: r.validIn === null ? null : NOW + r.validIn * 10 },
        usage: r.usage,
        minuteOfWeek: TEN,
        ...(r.hours === undefined ? {} : { hours: r.hours }),
      }),
    );
  const OCTETS = ['dayOctets', 'weekOctets', 'monthOctets'] as const;
  const SECONDS = ['daySeconds', 'weekSeconds', 'monthSeconds'] as const;
  const LIMITS = {
    dayOctets: 'dailyOctets',
    weekOctets: 'weeklyOctets',
    monthOctets: 'monthlyOctets',
    daySeconds: 'dailySeconds',
    weekSeconds: 'weeklySeconds',
    monthSeconds: 'monthlySeconds',
  } as const;
  const leftOf = (given: LoginFacts, key: keyof typeof LIMITS): number =>
    (given.account.tariff[LIMITS[key]] ?? Number.POSITIVE_INFINITY) - given.usage[key];
  const kbps = (text: string | null): number[] =>
    (text ?? '0/0').split('/').map((word) => Number.parseInt(word, 10) || Infinity);

  it('a grant never exceeds what is left of any limit, and is never nothing', () => {
    fc.assert(
      fc.property(anyFacts, (given) => {
        const decision = authorize(given, NOW);
        if (decision.kind === 'reject') return;
        const { sessionTimeoutSeconds: seconds, totalLimitOctets: octets } = decision.grant;
        const { tariff: t, validUntil } = given.account;

        expect(seconds ?? 1).toBeGreaterThan(0);
        expect(octets ?? 1).toBeGreaterThan(0);
        for (const key of OCTETS)
          expect(octets ?? Infinity).toBeLessThanOrEqual(leftOf(given, key));
        for (const key of SECONDS) {
          expect(seconds ?? Infinity).toBeLessThanOrEqual(leftOf(given, key));
        }
        expect(octets ?? Infinity).toBeLessThanOrEqual(t.sessionOctets ?? Infinity);
        expect(seconds ?? Infinity).toBeLessThanOrEqual(t.sessionSeconds ?? Infinity);
        const validMs = validUntil === null ? Infinity : validUntil - NOW;
        expect(seconds ?? Infinity).toBeLessThanOrEqual(validMs / 1000);
      }),
    );
  });

  it('some limit is exactly what is granted: nothing is held back', () => {
    fc.assert(
      fc.property(anyFacts, (given) => {
        const decision = authorize(given, NOW);
        if (decision.kind === 'reject' || decision.grant.totalLimitOctets === null) return;
        const { tariff: t } = given.account;
        const blocks = t.fairUse
          .filter(({ rate: slow }) => slow === 'block')
          .map((step) => step.afterOctets - given.usage[`${step.period}Octets`]);
        const least = Math.min(
          ...OCTETS.map((key) => leftOf(given, key)),
          t.sessionOctets ?? Infinity,
          ...blocks,
        );

        expect(decision.grant.totalLimitOctets).toBe(least);
      }),
    );
  });

  it('more use never gives more: no login, no octet, no second, no kilobit', () => {
    const more = fc.record({
      dayOctets: fc.nat({ max: 90_000 }),
      daySeconds: fc.nat({ max: 90_000 }),
    });
    fc.assert(
      fc.property(anyFacts, more, (given, extra) => {
        const usage = { ...given.usage };
        for (const key of OCTETS) usage[key] += extra.dayOctets;
        for (const key of SECONDS) usage[key] += extra.daySeconds;
        const after = authorize({ ...given, usage }, NOW);
        if (after.kind === 'reject') return;
        const before = authorize(given, NOW);

        if (before.kind === 'reject') throw new Error('more use let someone in');
        const octets = before.grant.totalLimitOctets ?? Infinity;
        const seconds = before.grant.sessionTimeoutSeconds ?? Infinity;
        expect(after.grant.totalLimitOctets ?? Infinity).toBeLessThanOrEqual(octets);
        expect(after.grant.sessionTimeoutSeconds ?? Infinity).toBeLessThanOrEqual(seconds);
        const rates = kbps(before.grant.rate);
        for (const [i, one] of kbps(after.grant.rate).entries()) {
          expect(one).toBeLessThanOrEqual(rates[i]!);
        }
      }),
    );
  });

  it('the code of a refusal is that of the first check that fails', () => {
    fc.assert(
      fc.property(anyFacts, (given) => {
        const failing = CHECKS.find((check) => {
          const left = check.left(given, NOW);
          return left !== null && left < (check.measure === 'until' ? 1000 : 1);
        });

        expect(codeOf(authorize(given, NOW))).toBe(failing?.code ?? 'accept');
      }),
    );
  });

  it('a session that just began goes on with what its login was granted', () => {
    fc.assert(
      fc.property(anyFacts, (given) => {
        const decision = authorize(given, NOW);
        if (decision.kind === 'reject') return;
        const { validUntil: _, ...limits } = decision.grant;
        const begun = { startedAt: NOW, seconds: 0, inputOctets: 0, outputOctets: 0 };

        expect(limitsNow({ ...given, session: begun }, NOW)).toEqual({ kind: 'go', limits });
      }),
    );
  });

  it('an open session may never use more than is left of its account', () => {
    const use = fc.record({
      seconds: fc.nat({ max: 50_000 }),
      inputOctets: fc.nat({ max: 50_000 }),
      outputOctets: fc.nat({ max: 50_000 }),
    });
    fc.assert(
      fc.property(anyFacts, use, (given, reported) => {
        const open = { ...reported, startedAt: NOW - reported.seconds * 1000 };
        const verdict = limitsNow({ ...given, session: open }, NOW);
        if (verdict.kind === 'end') return;
        const { sessionTimeoutSeconds: seconds, totalLimitOctets: octets } = verdict.limits;

        const usedOctets = reported.inputOctets + reported.outputOctets;
        for (const key of OCTETS) {
          expect((octets ?? Infinity) - usedOctets).toBeLessThanOrEqual(leftOf(given, key));
        }
        for (const key of SECONDS) {
          expect((seconds ?? Infinity) - reported.seconds).toBeLessThanOrEqual(leftOf(given, key));
        }
        expect(octets ?? Infinity).toBeGreaterThan(usedOctets);
        expect(seconds ?? Infinity).toBeGreaterThan(reported.seconds);
      }),
    );
  });

  it('a phone that is already online is never refused for the number of devices', () => {
    fc.assert(
      fc.property(anyFacts, (given) => {
        const alone = { ...given, usage: { ...given.usage, open: [online(MAC)] } };

        expect(codeOf(authorize(alone, NOW))).not.toBe('SW-DEVICES');
      }),
    );
  });
});
