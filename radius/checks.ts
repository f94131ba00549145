/**
 * Every check of a login, in the order in which the first that fails decides. Pure: no clock, no store.
 *
 * A check says how much is left of what it watches: below one it fails, above it bounds the grant.
 * `authorize` and `limitsNow` (authorize.ts) and `explainLogin` (explain.ts) all read this one table.
 */

import { type Hours, minuteText, openAt } from '../settings/hours.ts';
import type { Account, AccountUsage, FairUseStep, Session, Tariff } from '../store/types.ts';
import type { RejectCode } from './reject.ts';

export interface LoginFacts {
  readonly account: Account;
  /** Of the calendar day of the village, and of the week and month that hold it. */
  readonly usage: AccountUsage;
  /** Code of the village where the NAS stands. */
  readonly village: string;
  /** Opening hours there; null = always open. */
  readonly hours: Hours | null;
  /** There, from Monday 00:00. */
  readonly minuteOfWeek: number;
  /** Canonical; empty when the client did not say. */
  readonly mac: string;
}

/** What an open session has used, as its NAS last reported. */
export type SessionUse = Pick<Session, 'startedAt' | 'seconds' | 'inputOctets' | 'outputOctets'>;

/** With a session when the question is about one that is open already. */
export type CheckFacts = LoginFacts & { readonly session?: SessionUse };

export type EndReason = 'disabled' | 'expired' | 'quota' | 'time' | 'hours' | 'village';

/** What is counted; `until` is the time to an instant, in ms. */
export type Measure = 'yes' | 'until' | 'octets' | 'seconds' | 'devices';

export interface Check {
  readonly name: string;
  readonly code: RejectCode;
  /** Why an open session ends when this fails; null for what only a new login is asked. */
  readonly ends: EndReason | null;
  readonly measure: Measure;
  /** Null = not limited. */
  left(facts: CheckFacts, now: number): number | null;
  /** What is allowed; null = no limit. For people, as is `fact`. */
  limit(facts: CheckFacts): string | number | null;
  /** What there is to compare with it. */
  fact(facts: CheckFacts, now: number): string | number | boolean | null;
}

const MINUTE_MS = 60_000;

/** Null for all that is not limited, else what is left after `used`. */
function counted(
  name: string,
  measure: 'octets' | 'seconds',
  limit: (tariff: Tariff) => number | null,
  used: (facts: CheckFacts) => number,
): Check {
  return {
    name,
    code: measure === 'octets' ? 'SW-QUOTA' : 'SW-TIME',
    ends: measure === 'octets' ? 'quota' : 'time',
    measure,
    left: (facts) => {
      const most = limit(facts.account.tariff);
      return most === null ? null : most - used(facts);
    },
    limit: ({ account }) => limit(account.tariff),
    fact: used,
  };
}

const disabled: Check = {
  name: 'disabled',
  code: 'SW-DISABLED',
  ends: 'disabled',
  measure: 'yes',
  left: ({ account }) => (account.disabled ? 0 : null),
  limit: () => null,
  fact: ({ account }) => account.disabled,
};

const validity: Check = {
  name: 'validity',
  code: 'SW-EXPIRED',
  ends: 'expired',
  measure: 'until',
  left: ({ account }, now) => {
    const end = validityEnd(account, now);
    return end === null ? null : end - now;
  },
  limit: ({ account }) => account.tariff.validitySeconds,
  fact: ({ account }, now) => validityEnd(account, now),
};

const village: Check = {
  name: 'village',
  code: 'SW-VILLAGE',
  ends: 'village',
  measure: 'yes',
  left: ({ account, village: here }) =>
    account.villageCode === null || account.villageCode === here ? null : 0,
  limit: ({ account }) => account.villageCode,
  fact: ({ village: here }) => here,
};

const hours: Check = {
  name: 'opening hours',
  code: 'SW-HOURS',
  ends: 'hours',
  measure: 'until',
  left: ({ hours: given, minuteOfWeek }, now) => {
    if (given === null) return null;
    const { open, minutesLeft } = openAt(given, minuteOfWeek);
    if (!open) return 0;
    return minutesLeft === null ? null : minutesLeft * MINUTE_MS - (now % MINUTE_MS);
  },
  limit: ({ hours: given }) => (given === null ? null : 'opening hours'),
  fact: ({ minuteOfWeek }) => minuteText(minuteOfWeek),
};

/** The octets up to the first step of fair use that blocks; steps that only slow down bound nothing. */
const fairUse: Check = {
  name: 'fair use',
  code: 'SW-QUOTA',
  ends: 'quota',
  measure: 'octets',
  left: ({ account, usage }) => {
    let least: number | null = null;
    for (const step of account.tariff.fairUse) {
      if (step.rate !== 'block') continue;
      const octets = step.afterOctets - octetsOf(usage, step.period);
      if (least === null || octets < least) least = octets;
    }
    return least;
  },
  limit: ({ account }) => (account.tariff.fairUse.length === 0 ? null : stepsText(account.tariff)),
  fact: ({ account, usage }) => {
    const step = passedStep(account.tariff, usage);
    return step === null ? null : stepText(step);
  },
};

const devices: Check = {
  name: 'devices',
  code: 'SW-DEVICES',
  ends: null,
  measure: 'devices',
  left: ({ account: { tariff }, usage, mac }) =>
    tariff.whenFull === 'replace' ? null : tariff.devices - otherPhones(usage, mac),
  limit: ({ account }) => account.tariff.devices,
  fact: ({ usage, mac }) => otherPhones(usage, mac),
};

export const CHECKS: readonly Check[] = [
  disabled,
  validity,
  village,
  hours,
  counted(
    'day octets',
    'octets',
    (t) => t.dailyOctets,
    ({ usage }) => usage.dayOctets,
  ),
  counted(
    'week octets',
    'octets',
    (t) => t.weeklyOctets,
    ({ usage }) => usage.weekOctets,
  ),
  counted(
    'month octets',
    'octets',
    (t) => t.monthlyOctets,
    ({ usage }) => usage.monthOctets,
  ),
  fairUse,
  counted(
    'day seconds',
    'seconds',
    (t) => t.dailySeconds,
    ({ usage }) => usage.daySeconds,
  ),
  counted(
    'week seconds',
    'seconds',
    (t) => t.weeklySeconds,
    ({ usage }) => usage.weekSeconds,
  ),
  counted(
    'month seconds',
    'seconds',
    (t) => t.monthlySeconds,
    ({ usage }) => usage.monthSeconds,
  ),
  counted(
    'session octets',
    'octets',
    (t) => t.sessionOctets,
    ({ session }) => sessionOctets(session),
  ),
  counted(
    'session seconds',
    'seconds',
    (t) => t.sessionSeconds,
    ({ session }) => session?.seconds ?? 0,
  ),
  devices,
];

/** Less than one octet or second cannot be granted. */
export function fails(check: Check, left: number): boolean {
  return left < (check.measure === 'until' ? 1000 : 1);
}

/** The last step of fair use that the usage has passed; it decides the rate. */
export function passedStep(
  { fairUse: steps }: Pick<Tariff, 'fairUse'>,
  usage: AccountUsage,
): FairUseStep | null {
  for (let i = steps.length - 1; i >= 0; i -= 1) {
    const step = steps[i]!;
    if (octetsOf(usage, step.period) >= step.afterOctets) return step;
  }
  return null;
}

/** Validity counts from the first login, which may be this one. */
export function validityEnd(account: Account, now: number): number | null {
  if (account.validUntil !== null) return account.validUntil;
  const { validitySeconds } = account.tariff;
  return validitySeconds === null ? null : (account.firstLoginAt ?? now) + validitySeconds * 1000;
}

export function sessionOctets(session: SessionUse | undefined): number {
  return session === undefined ? 0 : session.inputOctets + session.outputOctets;
}

function octetsOf(usage: AccountUsage, period: FairUseStep['period']): number {
  if (period === 'day') return usage.dayOctets;
  return period === 'week' ? usage.weekOctets : usage.monthOctets;
}

/** A phone that is online already replaces its own session: it never counts against itself. */
function otherPhones({ open }: AccountUsage, mac: string): number {
  let count = 0;
  for (let i = 0; i < open.length; i += 1) {
    const phone = open[i]!.mac;
    if (phone !== mac && open.findIndex((session) => session.mac === phone) === i) count += 1;
  }
  return count;
}

function stepsText({ fairUse: steps }: Pick<Tariff, 'fairUse'>): string {
  return steps.map(stepText).join(', ');
}

function stepText({ period, afterOctets, rate }: FairUseStep): string {
  const what = rate === 'block' ? 'block' : `${rate.downKbps}k/${rate.upKbps}k`;
  return `${period}:${afterOctets}=${what}`;
}
