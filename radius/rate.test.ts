import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Rates, rateText } from './rate.ts';

const none: Rates = {
  downKbps: null,
  upKbps: null,
  burstDownKbps: null,
  burstUpKbps: null,
  burstSeconds: null,
};

it.each<[string, Partial<Rates>, string | null]>([
  ['no limit', {}, null],
  ['both directions', { downKbps: 5000, upKbps: 2000 }, '2000k/5000k'],
  ['down alone', { downKbps: 5000 }, '0/5000k'],
  ['up alone', { upKbps: 2000 }, '2000k/0'],
  [
    'a burst of ten seconds both ways',
    { downKbps: 4000, upKbps: 2000, burstDownKbps: 8000, burstUpKbps: 3000, burstSeconds: 10 },
    '2000k/4000k 3000k/8000k 1500k/3000k 20/27',
  ],
  [
    'a burst of one direction',
    { downKbps: 4000, upKbps: 2000, burstDownKbps: 8000, burstSeconds: 10 },
    '2000k/4000k 0/8000k 0/3000k 0/27',
  ],
  ['a burst without a time', { downKbps: 4000, burstDownKbps: 8000 }, '0/4000k'],
  ['a burst that is none', { downKbps: 4000, burstDownKbps: 4000, burstSeconds: 9 }, '0/4000k'],
  ['a burst of what is not limited', { burstDownKbps: 4000, upKbps: 9, burstSeconds: 9 }, '9k/0'],
])('writes %s', (_name, rates, text) => {
  expect(rateText({ ...none, ...rates })).toBe(text);
});

it('lets a phone burst from rest for about as long as the tariff says', () => {
  const kbps = fc.integer({ min: 8, max: 1_000_000 });
  fc.assert(
    fc.property(kbps, kbps, fc.integer({ min: 5, max: 600 }), (rate, more, burstSeconds) => {
      const burst = rate + more;
      const text = rateText({ ...none, upKbps: rate, burstUpKbps: burst, burstSeconds })!;
      const [, , threshold, time] = text.split(' ').map((word) => Number.parseInt(word, 10));

      // The average over `time` reaches the threshold after this long.
      const seconds = (time! * threshold!) / burst;
      expect(Math.abs(seconds - burstSeconds)).toBeLessThanOrEqual(0.5);
    }),
  );
});
