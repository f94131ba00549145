import { expect, it } from 'vitest';
import { hoursIn } from './settings.ts';

it('hours of maintenance are those of the fleet, over midnight too', () => {
  const within = hoursIn('Asia/Jakarta');
  // Tuesday; Jakarta is seven hours ahead.
  const at = (utc: string): boolean => within('mon-sun 22:00-04:00', Date.parse(utc));

  expect(at('2026-11-24T15:00:00Z')).toBe(true);
  expect(at('2026-11-24T20:59:00Z')).toBe(true);
  expect(at('2026-11-24T21:00:00Z')).toBe(false);
  expect(at('2026-11-24T14:59:00Z')).toBe(false);
  expect(() => within('always', 0)).toThrow(expect.objectContaining({ code: 'RADIUS_HOURS' }));
});
