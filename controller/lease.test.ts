import { describe, expect, it } from 'vitest';
import type { Tariff } from '../store/types.ts';
import { SETTINGS } from './test-input.ts';
import { longestSessionSeconds } from './village.ts';

function withSessions(...seconds: (number | null)[]) {
  const tariffs = seconds.map((sessionSeconds) => ({ sessionSeconds }) as Tariff);
  return { listTariffs: async () => tariffs };
}

describe('longestSessionSeconds', () => {
  it.each([
    ['is what the fleet has, without tariffs', [], 14_400],
    ['does not shrink for shorter sessions', [60, 7200], 14_400],
    ['follows the longest of all tariffs', [7200, 200_000, 3600], 200_000],
    ['takes no account of tariffs without a limit: phones renew their lease', [null], 14_400],
  ])('%s', async (_what, seconds, expected) => {
    expect(await longestSessionSeconds(withSessions(...seconds), SETTINGS)).toBe(expected);
  });
});
