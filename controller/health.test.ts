import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Health, isBlind, onBlind, onFailure, onSuccess, UNKNOWN } from './health.ts';

const UP: Health = { state: 'up', failures: 0, firstFailureAt: null };

function failAt(health: Health, ...instants: number[]) {
  return instants.reduce(
    (step, at) => {
      const next = onFailure(step.health, at, false);
      return { ...next, transitions: [...step.transitions, next.transition] };
    },
    { health, transitions: [] as unknown[] },
  );
}

describe('health', () => {
  it('calls a router down at the third failure, since the first', () => {
    const { transitions } = failAt(UP, 1000, 31_000, 61_000, 91_000);

    expect(transitions).toEqual([null, null, { state: 'down', at: 1000 }, null]);
  });

  it('calls it down after 90 s of failures, however few', () => {
    const { transitions } = failAt(UP, 1000, 91_000);

    expect(transitions.at(-1)).toEqual({ state: 'down', at: 1000 });
  });

  it('forgets failures at the first success', () => {
    const { health } = failAt(UP, 1000, 2000);

    const step = onSuccess(health, 3000);

    expect(step).toEqual({ health: UP, transition: null });
  });

  it('calls it up at the first success after down or unknown', () => {
    expect(onSuccess(UNKNOWN, 5).transition).toEqual({ state: 'up', at: 5 });
    expect(onSuccess(failAt(UP, 1, 2, 3).health, 9).transition).toEqual({ state: 'up', at: 9 });
  });

  it('calls nobody down while the controller is blind', () => {
    const { health } = failAt(UP, 1000, 31_000);

    expect(onFailure(health, 61_000, true).transition).toBeNull();
  });

  it('says unknown since the first failure of a blind spell, of a router that was down since the cycle', () => {
    expect(onBlind(failAt(UP, 1000, 31_000).health, 20_000).transition).toEqual({
      state: 'unknown',
      at: 1000,
    });
    expect(onBlind(failAt(UP, 1, 2, 3).health, 20_000).transition).toEqual({
      state: 'unknown',
      at: 20_000,
    });
  });

  it('is blind when more than nine in ten of at least ten failed', () => {
    expect(isBlind(9, 9)).toBe(false);
    expect(isBlind(10, 10)).toBe(true);
    expect(isBlind(20, 18)).toBe(false);
    expect(isBlind(20, 19)).toBe(true);
  });

  it('records states in the order of time, whatever the polls say', () => {
    const poll = fc.record({ ok: fc.boolean(), blind: fc.boolean() });
    fc.assert(
      fc.property(fc.array(poll, { maxLength: 60 }), (polls) => {
        let health = UNKNOWN;
        const recorded: number[] = [];
        polls.forEach(({ ok, blind }, index) => {
          const at = index * 30_000;
          const step = ok ? onSuccess(health, at) : onFailure(health, at, blind);
          health = step.health;
          if (step.transition !== null) recorded.push(step.transition.at);
        });

        expect(recorded).toEqual(recorded.toSorted((a, b) => a - b));
      }),
    );
  });
});
