/**
 * What must become of an open session, given what its account has used: nothing, other limits, or its
 * end. Pure: no clock, no store.
 *
 * A NAS counts the octets and seconds of a session itself, and ends it at the limit it was told; as long
 * as one phone uses the account, that limit stays right and nothing is sent. What other phones used makes
 * it wrong little by little: it is corrected when it is off by a fifth of what is left, so that a quota
 * costs a few requests and not one with each report. A rate, and what an operator changed, counts at once.
 */
import type { Session, SessionLimits, Tariff } from '../store/types.ts';
import { type EndReason, type LoginFacts, limitsNow } from './authorize.ts';

export type NextStep =
  | { readonly kind: 'keep' }
  | { readonly kind: 'change'; readonly limits: SessionLimits; readonly reason: ChangeReason }
  | {
      readonly kind: 'end';
      readonly reason: EndReason;
      /** All phones of the account are at their end, not this one alone. */
      readonly everyPhone: boolean;
    };

/** `rate`: fair use, or a period that turned; `remaining`: time or octets; `tariff`: an operator's change. */
export type ChangeReason = 'rate' | 'remaining' | 'tariff';

export interface NextFacts extends LoginFacts {
  readonly session: Session;
}

/** Off by so much of what is left. */
const TOLERANCE = 0.2;
/** Instants are rounded to seconds when a limit is told, and again when it is compared. */
const ROUNDING_SECONDS = 2;
/** How far a NAS may report beyond a limit that it is about to enforce. */
const ENDING_SECONDS = 60;
const ENDING_OCTETS = 1 << 20;

/** Word of another node may be lost, and a session that was replaced may go on for a while. */
const CALM_MS = 15 * 60_000;

const KEEP: NextStep = { kind: 'keep' };
/** Reasons that hold for an account wherever its phones are. */
const OF_THE_ACCOUNT: ReadonlySet<EndReason> = new Set(['disabled', 'expired', 'quota', 'time']);

/** Up to where a session needs no look: only its own use can change what it may, and how is known. */
export interface Calm {
  /** Of this session. */
  readonly octets: number;
  readonly seconds: number;
  /** The day that must not have turned; null = any. */
  readonly day: string | null;
  readonly until: number;
}

/**
 * After {@link nextStep} said to keep or to change a session. Null when another phone may use the account,
 * on whatever node: then each report is looked at.
 */
export function calmOf(facts: NextFacts, step: NextStep, day: string, now: number): Calm | null {
  const { account, session, usage } = facts;
  const { tariff } = account;
  const never = Number.POSITIVE_INFINITY;
  if (!countsUse(tariff)) return { octets: never, seconds: never, day: null, until: never };
  const alone = tariff.devices === 1 && usage.open.every(({ id }) => id === session.id);
  if (!alone || step.kind === 'end') return null;
  const { totalLimitOctets, sessionTimeoutSeconds } =
    step.kind === 'change' ? step.limits : session;
  const own = session.inputOctets + session.outputOctets;
  let octets = totalLimitOctets ?? never;
  for (const { period, afterOctets } of tariff.fairUse) {
    const left = afterOctets - usage[`${period}Octets`];
    if (left > 0) octets = Math.min(octets, own + left);
  }
  return { octets, seconds: sessionTimeoutSeconds ?? never, day, until: now + CALM_MS };
}

/** Whether a tariff says anything that use can change in the middle of a session. */
export function countsUse(tariff: Tariff): boolean {
  return (
    tariff.dailyOctets !== null ||
    tariff.dailySeconds !== null ||
    tariff.weeklyOctets !== null ||
    tariff.weeklySeconds !== null ||
    tariff.monthlyOctets !== null ||
    tariff.monthlySeconds !== null ||
    tariff.fairUse.length > 0
  );
}

/** `exact` when the account or its tariff was changed: then the smallest difference counts. */
export function nextStep(facts: NextFacts, exact: boolean, now: number): NextStep {
  const { session } = facts;
  const verdict = limitsNow(facts, now);
  if (verdict.kind === 'end') {
    const { reason } = verdict;
    if (isEnding(facts, reason)) return KEEP;
    return { kind: 'end', reason, everyPhone: endsAccount(facts, reason, now) };
  }
  const { limits } = verdict;
  const used = { seconds: session.seconds, octets: session.inputOctets + session.outputOctets };
  const remaining =
    differs(
      session.sessionTimeoutSeconds,
      limits.sessionTimeoutSeconds,
      used.seconds,
      exact,
      ROUNDING_SECONDS,
    ) || differs(session.totalLimitOctets, limits.totalLimitOctets, used.octets, exact, 0);
  if (!remaining && session.rate === limits.rate) return KEEP;
  const reason = session.rate === limits.rate ? 'remaining' : 'rate';
  return { kind: 'change', limits, reason: exact ? 'tariff' : reason };
}

/** One phone alone that has reached just what its NAS was told: the NAS is ending it. */
function isEnding({ session, usage }: NextFacts, reason: EndReason): boolean {
  if (usage.open.some(({ id }) => id !== session.id)) return false;
  if (reason === 'time') {
    return reached(session.seconds, session.sessionTimeoutSeconds, ENDING_SECONDS);
  }
  const octets = session.inputOctets + session.outputOctets;
  return reason === 'quota' && reached(octets, session.totalLimitOctets, ENDING_OCTETS);
}

function reached(used: number, told: number | null, beyond: number): boolean {
  return told !== null && used >= told && used <= told + beyond;
}

/** A session may have used up what is its own; another of the account may then go on. */
function endsAccount(facts: NextFacts, reason: EndReason, now: number): boolean {
  if (!OF_THE_ACCOUNT.has(reason)) return false;
  const session = { startedAt: now, seconds: 0, inputOctets: 0, outputOctets: 0 };
  return limitsNow({ ...facts, session }, now).kind === 'end';
}

function differs(
  told: number | null,
  limit: number | null,
  used: number,
  exact: boolean,
  rounding: number,
): boolean {
  if (told === null || limit === null) return told !== limit;
  const off = Math.abs(told - limit);
  if (off <= rounding) return false;
  const left = Math.max(0, Math.min(told, limit) - used);
  return exact || off > TOLERANCE * left;
}
