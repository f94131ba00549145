/**
 * Up or down, from polls. Pure. A router is down after three failures in a row or 90 s of them, and
 * was so from the first failure on (published rule of the SLA report). The first success is up again.
 */
import type { RouterState } from '../store/types.ts';

export interface Health {
  readonly state: RouterState;
  readonly failures: number;
  readonly firstFailureAt: number | null;
}

/** A state to be recorded, and since when. */
export interface Transition {
  readonly state: 'up' | 'down' | 'unknown';
  readonly at: number;
}

export const UNKNOWN: Health = { state: 'unknown', failures: 0, firstFailureAt: null };

const FAILURES_TO_DOWN = 3;
const MS_TO_DOWN = 90_000;

export interface Step {
  readonly health: Health;
  readonly transition: Transition | null;
}

export function onSuccess(health: Health, at: number): Step {
  return {
    health: { state: 'up', failures: 0, firstFailureAt: null },
    transition: health.state === 'up' ? null : { state: 'up', at },
  };
}

/** `blind`: the controller itself sees nothing, so that nobody is called down for it. */
export function onFailure(health: Health, at: number, blind: boolean): Step {
  const firstFailureAt = health.firstFailureAt ?? at;
  const failures = health.failures + 1;
  const isDown = failures >= FAILURES_TO_DOWN || at - firstFailureAt >= MS_TO_DOWN;
  if (health.state === 'down' || !isDown || blind) {
    return { health: { state: health.state, failures, firstFailureAt }, transition: null };
  }
  return {
    health: { state: 'down', failures, firstFailureAt },
    transition: { state: 'down', at: firstFailureAt },
  };
}

/**
 * The controller was blind in the cycle that began at `at`: since the first failure nothing is known
 * (of one that was down before, since then), and counting starts again.
 */
export function onBlind(health: Health, at: number): Step {
  const since = health.state === 'down' ? at : (health.firstFailureAt ?? at);
  return {
    health: UNKNOWN,
    transition: health.state === 'unknown' ? null : { state: 'unknown', at: since },
  };
}

/** More than 90 % of at least ten routers failed in one cycle: it is us, not them. */
export function isBlind(polled: number, failed: number): boolean {
  return polled >= 10 && failed > polled * 0.9;
}
