import { expect, it } from 'vitest';
import type { Session } from './sessions.ts';
import { createTrials, isTrialName } from './trial.ts';

const MAC = '02:00:00:00:00:01';
const TRIAL = { limitMs: 1_800_000, resetMs: 86_400_000, profile: 'sw-pass' };
const ended = (startedAt: number, at: number): Session =>
  ({ startedAt, ended: { at, cause: 'User-Request' } }) as unknown as Session;

it('a trial lasts so long in all, and begins anew the next day', () => {
  const trials = createTrials();
  const left = (now: number) => trials.grant(MAC, TRIAL, now)?.sessionTimeoutMs ?? null;

  expect(trials.grant(MAC, TRIAL, 0)).toMatchObject({
    sessionTimeoutMs: 1_800_000,
    group: 'sw-pass',
  });
  trials.opened(MAC, ended(0, 600_000));
  expect(left(3_600_000)).toBe(1_200_000);
  trials.opened(MAC, ended(3_600_000, 4_800_000));
  expect(left(5_000_000)).toBeNull();
  expect(left(86_399_999)).toBeNull();
  expect(left(86_400_000)).toBe(1_800_000);
});

it('one phone uses nothing of another', () => {
  const trials = createTrials();
  trials.grant(MAC, TRIAL, 0);
  trials.opened(MAC, ended(0, 1_800_000));

  expect(trials.grant(MAC, TRIAL, 2_000_000)).toBeNull();
  expect(trials.grant('02:00:00:00:00:02', TRIAL, 2_000_000)?.sessionTimeoutMs).toBe(1_800_000);
});

it('a trial user is called after his own phone', () => {
  expect(isTrialName('T-02:00:00:00:00:01', MAC)).toBe(true);
  expect(isTrialName('t-02:00:00:00:00:01', MAC)).toBe(true);
  expect(isTrialName('T-02:00:00:00:00:02', MAC)).toBe(false);
});
