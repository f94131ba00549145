/**
 * Whether an account may go online now, and for how much; and what an open session may still. Pure: no
 * clock, no store. What is asked, and in which order, stands in checks.ts.
 *
 * A grant never exceeds what is left of the account: its quotas, its validity, the hours of the village.
 * What is left is worked out from all that the account has used, never from one session.
 */
import type { LoginGrant, SessionLimits, Tariff } from '../store/types.ts';
import {
  CHECKS,
  type CheckFacts,
  type EndReason,
  fails,
  type LoginFacts,
  passedStep,
  type SessionUse,
  sessionOctets,
  validityEnd,
} from './checks.ts';
import { rateText } from './rate.ts';
import type { RejectCode } from './reject.ts';

export type { EndReason, LoginFacts } from './checks.ts';

export type Decision =
  | {
      readonly kind: 'accept';
      readonly grant: LoginGrant;
      readonly devices: number;
      readonly whenFull: Tariff['whenFull'];
    }
  | { readonly kind: 'reject'; readonly code: RejectCode };

/** What becomes of a session that is open. */
export type SessionVerdict =
  | { readonly kind: 'end'; readonly reason: EndReason }
  | { readonly kind: 'go'; readonly limits: SessionLimits };

/** `now` in epoch ms; `usage` of the calendar day of `now` in the village. */
export function authorize(facts: LoginFacts, now: number): Decision {
  for (const check of CHECKS) {
    const left = check.left(facts, now);
    if (left !== null && fails(check, left)) return { kind: 'reject', code: check.code };
  }
  const { account } = facts;
  const { tariff } = account;
  const limits = limitsOf(facts, now);
  return {
    kind: 'accept',
    grant: { ...limits, validUntil: validityEnd(account, now) },
    devices: tariff.devices,
    whenFull: tariff.whenFull,
  };
}

/**
 * Whether an open session goes on, and its limits as they should be now. They count from the start of
 * the session, as a NAS counts: what it has used of them, and what is left. They stay the same as long as
 * nothing but this session uses the account. `facts.usage` must hold what the session reported.
 */
export function limitsNow(
  facts: LoginFacts & { readonly session: SessionUse },
  now: number,
): SessionVerdict {
  for (const check of CHECKS) {
    if (check.ends === null) continue;
    const left = check.left(facts, now);
    if (left !== null && fails(check, left)) return { kind: 'end', reason: check.ends };
  }
  return { kind: 'go', limits: limitsOf(facts, now) };
}

/** Of facts that pass every check. A new login is a session that starts now. */
function limitsOf(facts: CheckFacts, now: number): SessionLimits {
  const { session } = facts;
  const startedAt = session?.startedAt ?? now;
  const usedSeconds = session?.seconds ?? 0;
  const usedOctets = sessionOctets(session);
  let seconds = Number.POSITIVE_INFINITY;
  let octets = Number.POSITIVE_INFINITY;
  for (const check of CHECKS) {
    const left = check.left(facts, now);
    if (left === null) continue;
    if (check.measure === 'octets') octets = Math.min(octets, usedOctets + left);
    else if (check.measure === 'seconds') seconds = Math.min(seconds, usedSeconds + left);
    else if (check.measure === 'until') {
      seconds = Math.min(seconds, Math.floor((now + left - startedAt) / 1000));
    }
  }
  return {
    rate: rateNow(facts),
    sessionTimeoutSeconds: seconds === Number.POSITIVE_INFINITY ? null : seconds,
    totalLimitOctets: octets === Number.POSITIVE_INFINITY ? null : octets,
  };
}

/** Fair use slows down, it never makes faster; who is slowed down gets no burst. */
function rateNow({ account, usage }: CheckFacts): string | null {
  const { tariff } = account;
  const step = passedStep(tariff, usage);
  if (step === null || step.rate === 'block') return rateText(tariff);
  return rateText({
    downKbps: slower(tariff.downKbps, step.rate.downKbps),
    upKbps: slower(tariff.upKbps, step.rate.upKbps),
    burstDownKbps: null,
    burstUpKbps: null,
    burstSeconds: null,
  });
}

function slower(rate: number | null, step: number): number {
  return rate === null ? step : Math.min(rate, step);
}
