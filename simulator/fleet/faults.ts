/** The ways to break a simulated router and the link to it, by name, as `--fault NAME[=VALUE]` gives them. Pure. */
import type { Cut } from '../link/link.ts';
import type { Path } from '../link/shape.ts';
import type { TwinFaults } from '../twin.ts';

export interface FaultPlan {
  readonly twin: Partial<TwinFaults>;
  /** Null: nothing stands between the router and whoever speaks to it. */
  readonly link: LinkPlan | null;
  /** Octets that are left free on the flash; null: what a board has. */
  readonly freeOctets: number | null;
  /** So often somebody at the router takes a row away or switches one off. */
  readonly handEditSeconds: number | null;
}

export interface LinkPlan {
  readonly path: Path;
  readonly cut: Cut | null;
  /** Thirty phones use all of it, before and behind the router's own queues. */
  readonly saturated: boolean;
}

interface FaultKind {
  readonly says: string;
  /** Null: the fault takes none. */
  readonly value: { readonly unit: string; readonly usual: number; readonly max: number } | null;
  readonly apply: (plan: FaultPlan, value: number) => FaultPlan;
}

export const NO_FAULTS: FaultPlan = {
  ...{ twin: {}, link: null, freeOctets: null, handEditSeconds: null },
};
const NO_LINK_FAULTS: LinkPlan = { path: {}, cut: null, saturated: false };
const HOUR_MS = 3_600_000;
const WRITES = { unit: 'N', usual: 1, max: 10_000 };

const FAULTS: Readonly<Record<string, FaultKind>> = {
  'lost-stop': broken('ended sessions are not reported', { dropAccountingStop: true }),
  'accounting-off': broken('no accounting at all', { accountingOff: true }),
  'counters-frozen': broken('octets stay as they are', { freezeCounters: true }),
  'tunnel-down': broken('nothing gets through the tunnel', { tunnelDown: true }),
  'clock-behind': {
    says: 'the clock stands so many hours back',
    value: { unit: 'HOURS', usual: 24, max: 87_600 },
    apply: (plan, hours) => withTwin(plan, { clockOffsetMs: -hours * HOUR_MS }),
  },
  latency: onPath(
    'a round trip takes so long',
    { unit: 'MS', usual: 600, max: 60_000 },
    (rttMs) => ({
      rttMs,
    }),
  ),
  rate: onPath(
    'each way carries so much',
    { unit: 'KBPS', usual: 2000, max: 1_000_000 },
    (kbps) => ({
      kbps,
    }),
  ),
  loss: onPath(
    'so much is lost and sent again',
    { unit: 'PERCENT', usual: 5, max: 90 },
    (share) => ({
      loss: share / 100,
    }),
  ),
  'slow-reader': onPath('the router must hold answers back', null, () => ({ slowReader: true })),
  saturated: {
    says: 'thirty phones use up a link of 2 Mbit/s and 600 ms (or of `rate` and `latency`)',
    value: null,
    apply: (plan) => withLink(plan, { saturated: true }),
  },
  cut: atWrite('connections end (FIN) at that write', 'close'),
  rst: atWrite('connections are reset at that write', 'reset'),
  'half-open': atWrite('all falls silent at that write, nothing ends', 'silence'),
  truncated: {
    says: 'connections end after so many octets of the router, within a sentence',
    value: { unit: 'OCTETS', usual: 500, max: 1_000_000_000 },
    apply: (plan, afterOctets) => withLink(plan, { cut: { kind: 'close', afterOctets } }),
  },
  'full-flash': {
    says: 'only so much is free on the flash',
    value: { unit: 'OCTETS', usual: 1, max: 1_000_000_000 },
    apply: (plan, freeOctets) => ({ ...plan, freeOctets }),
  },
  'hand-edit': {
    says: 'somebody at the router takes away or switches off a row, so often',
    value: { unit: 'SECONDS', usual: 60, max: 86_400 },
    apply: (plan, handEditSeconds) => ({ ...plan, handEditSeconds }),
  },
};

/** A line each: name, value with what holds without one, and what happens. */
export function faultLines(): string[] {
  return Object.entries(FAULTS).map(([name, { says, value }]) => {
    const given = value === null ? '' : `[=${value.unit}]`;
    const usual = value === null ? '' : ` (${value.usual})`;
    return `${`${name}${given}`.padEnd(22)} ${says}${usual}`;
  });
}

/** All together, or what is wrong with one of them; of several cuts the last holds. */
export function parseFaults(words: readonly string[]): FaultPlan | { readonly problem: string } {
  let plan = NO_FAULTS;
  for (const word of words) {
    const [name = '', ...rest] = word.split('=');
    const kind = Object.hasOwn(FAULTS, name) ? FAULTS[name]! : null;
    if (kind === null) return { problem: `there is no fault ${name}; there are ${names()}` };
    const value = given(kind, rest.length === 0 ? null : rest.join('='));
    if (value === null) return { problem: `${word}: ${expected(name, kind)}` };
    plan = kind.apply(plan, value);
  }
  return plan;
}

function names(): string {
  return Object.keys(FAULTS).join(', ');
}

function expected(name: string, { value }: FaultKind): string {
  if (value === null) return `${name} takes no value`;
  return `${name}=${value.unit} takes a whole number from 1 to ${value.max}`;
}

/** Null for what the fault does not take. */
function given({ value }: FaultKind, text: string | null): number | null {
  if (value === null) return text === null ? 0 : null;
  if (text === null) return value.usual;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= value.max ? number : null;
}

function broken(says: string, faults: Partial<TwinFaults>): FaultKind {
  return { says, value: null, apply: (plan) => withTwin(plan, faults) };
}

function onPath(says: string, value: FaultKind['value'], path: (value: number) => Path): FaultKind {
  return {
    ...{ says, value },
    apply: (plan, given) =>
      withLink(plan, { path: { ...(plan.link ?? NO_LINK_FAULTS).path, ...path(given) } }),
  };
}

function atWrite(says: string, kind: Cut['kind']): FaultKind {
  return {
    ...{ says, value: WRITES },
    apply: (plan, write) => withLink(plan, { cut: { kind, atWrite: write } }),
  };
}

function withTwin(plan: FaultPlan, faults: Partial<TwinFaults>): FaultPlan {
  return { ...plan, twin: { ...plan.twin, ...faults } };
}

function withLink(plan: FaultPlan, change: Partial<LinkPlan>): FaultPlan {
  return { ...plan, link: { ...(plan.link ?? NO_LINK_FAULTS), ...change } };
}
