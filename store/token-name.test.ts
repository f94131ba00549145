import { expect, it } from 'vitest';
import { isGraceName, isTokenName, newTokenName } from './token-name.ts';

it('tells names of tokens from those of people', () => {
  const made = Array.from({ length: 1000 }, () => newTokenName());

  expect(made.every(isTokenName)).toBe(true);
  expect(new Set(made).size).toBe(made.length);
  expect(['siti', 'sw-siti', 'sw-0123456789abc', 'SW-0123456789ab'].some(isTokenName)).toBe(false);
});

it('tells the name of a grace pass from every other', () => {
  const made = Array.from({ length: 1000 }, () => newTokenName(true));

  expect(made.every((name) => isTokenName(name) && isGraceName(name))).toBe(true);
  expect(Array.from({ length: 1000 }, () => newTokenName()).some(isGraceName)).toBe(false);
  expect(['sw-grace-', 'sw-grace-123', 'siti'].some(isGraceName)).toBe(false);
});
