import { expect, it } from 'vitest';
import { hoursReader } from './hours.ts';

it('hours are read once', () => {
  const read = hoursReader();

  expect(read(null)).toBeNull();
  expect(read('mon 06:00-22:00')).toBe(read('mon 06:00-22:00'));
});
