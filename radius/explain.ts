/**
 * Every check of a login with its facts, not only the first that fails: for an operator who is asked why.
 * Pure, and from the same table that decides (checks.ts).
 */
import type { LoginGrant } from '../store/types.ts';
import { authorize } from './authorize.ts';
import { CHECKS, fails, type LoginFacts, type Measure } from './checks.ts';
import type { RejectCode } from './reject.ts';

export interface ExplainedCheck {
  readonly check: string;
  /** `free`: nothing limits here. */
  readonly verdict: 'passes' | 'fails' | 'free';
  /** The refusal, should it fail. */
  readonly code: RejectCode;
  readonly measure: Measure;
  readonly limit: string | number | null;
  readonly fact: string | number | boolean | null;
  /** Octets, seconds or phones; ms up to an instant. */
  readonly left: number | null;
}

export interface LoginExplanation {
  readonly outcome: 'accept' | RejectCode;
  readonly grant: LoginGrant | null;
  readonly checks: readonly ExplainedCheck[];
}

export function explainLogin(facts: LoginFacts, now: number): LoginExplanation {
  const decision = authorize(facts, now);
  return {
    outcome: decision.kind === 'accept' ? 'accept' : decision.code,
    grant: decision.kind === 'accept' ? decision.grant : null,
    checks: CHECKS.map((check) => {
      const left = check.left(facts, now);
      return {
        check: check.name,
        verdict: left === null ? 'free' : fails(check, left) ? 'fails' : 'passes',
        code: check.code,
        measure: check.measure,
        limit: check.limit(facts),
        fact: check.fact(facts, now),
        left,
      };
    }),
  };
}
