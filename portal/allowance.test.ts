import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowance } from './allowance.ts';
import { account, START_MS, session, tariff, usage } from './village.fixture.ts';

const known = { facts: account, usage };

describe('allowance', () => {
  it('gives the smallest of what session, day and validity leave', () => {
    // 1,800 s of 7,200 s are over; 5,340 s of the day's 14,400 s were counted, 60 s since then.
    expect(allowance(session, known, START_MS).seconds).toEqual({
      left: 5400,
      of: 7200,
      by: 'session',
    });
  });

  it('names the day when the session was cut to what the day had left', () => {
    const cut = { ...session, sessionTimeoutSeconds: 1800 + 9000 };

    expect(allowance(cut, known, START_MS).seconds).toEqual({ left: 9000, of: 14_400, by: 'day' });
  });

  it('counts the validity down to its end', () => {
    const ending = { ...account, validUntil: START_MS + 90_500 };

    expect(allowance(session, { facts: ending, usage }, START_MS).seconds).toEqual({
      left: 90,
      of: null,
      by: 'validity',
    });
  });

  it('takes both directions of the day, or of the session', () => {
    const capped = { ...session, totalLimitOctets: 200_000_000 };

    expect(allowance(session, known, START_MS).octets).toMatchObject({
      left: 620_000_000,
      by: 'day',
    });
    expect(allowance(capped, known, START_MS).octets).toMatchObject({ left: 20_000_000 });
  });

  it.each([
    ['week', { weeklyOctets: 500_000_000, weeklySeconds: 6000 }, 120_000_000, 600],
    ['month', { monthlyOctets: 400_000_000, monthlySeconds: 5400 }, 20_000_000, 0],
  ] as const)('names the %s when it leaves the least', (by, limits, octets, seconds) => {
    const facts = { ...account, tariff: { ...tariff, ...limits } };
    const left = allowance(session, { facts, usage }, START_MS);

    expect(left.octets).toMatchObject({ left: octets, by });
    expect(left.seconds).toMatchObject({ left: seconds, by });
  });

  it('counts down to a step of fair use that blocks, not to one that slows', () => {
    const fairUse = [
      { period: 'day', afterOctets: 381_000_000, rate: { downKbps: 1, upKbps: 1 } },
      { period: 'week', afterOctets: 400_000_000, rate: 'block' },
    ] as const;
    const facts = { ...account, tariff: { ...tariff, fairUse } };

    expect(allowance(session, { facts, usage }, START_MS).octets).toEqual({
      left: 20_000_000,
      of: 400_000_000,
      by: 'week',
    });
  });

  it('is unlimited where nothing limits', () => {
    const free = { ...tariff, dailySeconds: null, dailyOctets: null };
    const facts = { tariff: free, validUntil: null };
    const open = { ...session, sessionTimeoutSeconds: null };

    expect(allowance(open, { facts, usage }, START_MS)).toEqual({ seconds: null, octets: null });
  });

  it('knows the limits of the session when the account is gone', () => {
    expect(allowance(session, null, START_MS)).toEqual({
      seconds: { left: 5400, of: 7200, by: 'session' },
      octets: null,
    });
  });

  it('never goes below zero, never grows with time, and is always whole', () => {
    const amount = fc.integer({ min: 0, max: 2 ** 40 });
    const limit = fc.option(amount);
    fc.assert(
      fc.property(amount, amount, limit, limit, limit, fc.nat(10 ** 9), (...facts) => {
        const [seconds, octets, timeout, total, daily, later] = facts;
        const one = {
          startedAt: START_MS,
          seconds,
          inputOctets: octets,
          outputOctets: octets,
          sessionTimeoutSeconds: timeout,
          totalLimitOctets: total,
        };
        const who = {
          facts: {
            tariff: { ...tariff, dailySeconds: daily, dailyOctets: daily },
            validUntil: null,
          },
          usage: { ...usage, dayOctets: octets, daySeconds: seconds },
        };
        const now = allowance(one, who, START_MS);
        const then = allowance(one, who, START_MS + later);

        for (const rest of [now.seconds, now.octets, then.seconds]) {
          expect(rest === null || (Number.isInteger(rest.left) && rest.left >= 0)).toBe(true);
        }
        expect((then.seconds?.left ?? 0) <= (now.seconds?.left ?? 0)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
