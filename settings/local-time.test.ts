import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../test/fixtures/campaign.ts';
import { localTimeIn, localTimes } from './local-time.ts';

/** Midnight between Monday and Tuesday in Sekayu. */
const MIDNIGHT = Date.parse('2026-11-23T17:00:00Z');

describe('localTimes', () => {
  const of = localTimes('Asia/Jakarta');

  it('turns the day at midnight of the village, not before', () => {
    const local = of(null);

    expect(local(MIDNIGHT - 1)).toEqual({
      day: '2026-11-23',
      hour: '2026-11-23T23',
      minuteOfWeek: 1439,
    });
    expect(local(MIDNIGHT)).toEqual({
      day: '2026-11-24',
      hour: '2026-11-24T00',
      minuteOfWeek: 1440,
    });
  });

  it('is two hours further in Papua', () => {
    expect(of('Asia/Jayapura')(MIDNIGHT).hour).toBe('2026-11-24T02');
  });

  it('gives the same whether or not it was asked before', () => {
    const once = (at: number) => localTimeIn('Asia/Jakarta')(at);
    const asked = of(null);

    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (at) => {
        expect(asked(at)).toEqual(once(at));
      }),
      campaign(2000),
    );
  });
});
