import { describe, expect, it } from 'vitest';
import { checkTogether, limitsOf } from './tariff.ts';

describe('the options of a tariff', () => {
  it('set limits in their units, and only those that are given', () => {
    const options = {
      'down-kbps': '5000',
      'session-minutes': '0.5',
      'session-mb': '100',
      'weekly-mb': '1500',
      'monthly-minutes': '600',
      'validity-hours': '24',
      devices: '3',
      'when-full': 'replace',
      'fair-use': 'day:1GB=block',
    };

    expect(limitsOf({ options })).toEqual({
      downKbps: 5000,
      sessionSeconds: 30,
      sessionOctets: 100_000_000,
      weeklyOctets: 1_500_000_000,
      monthlySeconds: 36_000,
      validitySeconds: 86_400,
      devices: 3,
      whenFull: 'replace',
      fairUse: [{ period: 'day', afterOctets: 1_000_000_000, rate: 'block' }],
    });
  });

  it('take a limit away with none', () => {
    expect(limitsOf({ options: { 'daily-mb': 'none', 'fair-use': 'none' } })).toEqual({
      dailyOctets: null,
      fairUse: [],
    });
  });

  it.each([
    [{ 'down-kbps': '1.5' }, '--down-kbps expects a number'],
    [{ 'daily-mb': '0' }, '--daily-mb must lie between'],
    [{ devices: '0' }, '--devices must lie between 1'],
    [{ 'when-full': 'kick' }, '--when-full is refuse or replace, not kick'],
  ])('are refused: %j', (options, problem) => {
    expect(() => limitsOf({ options })).toThrow(problem);
  });
});

describe('limits that need each other', () => {
  it.each([
    [{ burstDownKbps: 9 }, '--burst-down-kbps needs --down-kbps'],
    [{ burstUpKbps: 9, upKbps: 9 }, '--burst-up-kbps 9 does not exceed --up-kbps 9'],
    [{ burstUpKbps: 9, upKbps: 8 }, '--burst-up-kbps needs --burst-seconds'],
    [{ burstSeconds: 9 }, '--burst-seconds needs --burst-down-kbps or --burst-up-kbps'],
  ])('%j: %s', (limits, problem) => {
    expect(() => checkTogether(limits)).toThrow(problem);
  });

  it('are right together', () => {
    const limits = { downKbps: 8, burstDownKbps: 9, burstSeconds: 10, upKbps: null };

    expect(() => checkTogether(limits)).not.toThrow();
  });
});
