import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FairUseStep } from '../store/types.ts';
import { fairUseProblem, formatFairUse, parseFairUse } from './fair-use.ts';

describe('fair use', () => {
  it('reads steps, down before up, and blocks', () => {
    expect(parseFairUse('day:500MB=1M/512k, month:20GB=block')).toEqual([
      { period: 'day', afterOctets: 500_000_000, rate: { downKbps: 1000, upKbps: 512 } },
      { period: 'month', afterOctets: 20_000_000_000, rate: 'block' },
    ]);
  });

  it.each([
    ['', '"" is no step'],
    ['day:500MB', 'is no step; write day:500MB=1M/512k'],
    ['year:5GB=block', 'is no step'],
    ['day:500=block', 'is no step'],
    ['day:0MB=block', '0MB is out of range'],
    ['day:1MB=1M', 'ends in no rate'],
    ['day:1MB=1000/512', 'ends in no rate'],
    ['day:1MB=0k/1k', 'ends in no rate'],
    ['day:1MB=1k/1k/1k', 'ends in no rate'],
    ['day:1MB=stop', 'ends in no rate'],
  ])('refuses %j and says why', (text, problem) => {
    expect(() => parseFairUse(text)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(problem) }),
    );
  });

  it.each([
    ['day:1GB=1M/1M,day:2GB=512k/512k,month:9GB=block', null],
    ['day:1GB=block,month:9GB=512k/1M', null],
    [
      'day:2GB=1M/1M,day:1GB=512k/512k',
      'the steps of the day must grow: 2000MB stands before 1000MB',
    ],
    ['day:1GB=1M/1M,week:5GB=2M/1M', 'must not be faster: 2000k/1000k comes after 1000k/1000k'],
    ['day:1GB=block,day:2GB=1M/1M', 'nothing comes after the step that blocks the day'],
    ['day:1MB=1k/1k,'.repeat(9).slice(0, -1), 'fair use has at most 8 steps'],
  ])('%s: %s', (text, problem) => {
    const said = fairUseProblem(parseFairUse(text));

    expect(said === null || problem === null ? said : said.includes(problem)).toBe(
      problem === null ? null : true,
    );
  });

  it('reads back what it writes', () => {
    const rate = fc.record({
      downKbps: fc.integer({ min: 1, max: 1_000_000 }),
      upKbps: fc.integer({ min: 1, max: 1_000_000 }),
    });
    const step: fc.Arbitrary<FairUseStep> = fc.record({
      period: fc.constantFrom('day', 'week', 'month'),
      afterOctets: fc.integer({ min: 1, max: 10_000_000 }).map((kb) => kb * 1000),
      rate: fc.oneof(rate, fc.constant('block' as const)),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        expect(parseFairUse(formatFairUse(steps))).toEqual(steps);
      }),
    );
  });
});
