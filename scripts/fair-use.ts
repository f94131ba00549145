/**
 * Steps of fair use as operators write them: `day:500MB=1M/512k,month:20GB=block`. After so much of a
 * period the rate is down/up, or it is over until the next.
 */
import type { FairUseStep, UsagePeriod } from '../store/types.ts';
import { UsageError } from './command.ts';

const PERIODS: readonly UsagePeriod[] = ['day', 'week', 'month'];
const STEP = /^([a-z]+):(\d+(?:\.\d+)?)(mb|gb|tb)=(.+)$/i;
const RATE = /^(\d+(?:\.\d+)?)([km])$/i;
const OCTETS: Readonly<Record<string, number>> = { mb: 1e6, gb: 1e9, tb: 1e12 };
const EXAMPLE = 'day:500MB=1M/512k,month:20GB=block';
const MAX_STEPS = 8;

/** Each step by itself; {@link fairUseProblem} looks at them together. */
export function parseFairUse(text: string): FairUseStep[] {
  return text.split(',').map((step) => parseStep(step.trim()));
}

export function formatFairUse(steps: readonly FairUseStep[]): string {
  return steps
    .map(({ period, afterOctets, rate }) => {
      const then = rate === 'block' ? rate : `${rate.downKbps}k/${rate.upKbps}k`;
      return `${period}:${afterOctets / 1e6}MB=${then}`;
    })
    .join(',');
}

/** Why these steps cannot stand together; null when they can. More use must never give more. */
export function fairUseProblem(steps: readonly FairUseStep[]): string | null {
  if (steps.length > MAX_STEPS) return `fair use has at most ${MAX_STEPS} steps`;
  let slowest: { readonly downKbps: number; readonly upKbps: number } | null = null;
  const reached = new Map<UsagePeriod, FairUseStep>();
  for (const step of steps) {
    const before = reached.get(step.period);
    reached.set(step.period, step);
    if (before?.rate === 'block')
      return `nothing comes after the step that blocks the ${step.period}`;
    if (before !== undefined && before.afterOctets >= step.afterOctets) {
      return `the steps of the ${step.period} must grow: ${before.afterOctets / 1e6}MB stands before ${step.afterOctets / 1e6}MB`;
    }
    const { rate } = step;
    if (rate === 'block') continue;
    if (slowest !== null && (rate.downKbps > slowest.downKbps || rate.upKbps > slowest.upKbps)) {
      return `a later step of fair use must not be faster: ${rate.downKbps}k/${rate.upKbps}k comes after ${slowest.downKbps}k/${slowest.upKbps}k`;
    }
    slowest = rate;
  }
  return null;
}

function parseStep(text: string): FairUseStep {
  const match = STEP.exec(text);
  const period = PERIODS.find((one) => one === match?.[1]?.toLowerCase());
  if (match === null || period === undefined) {
    throw new UsageError(`--fair-use: "${text}" is no step; write ${EXAMPLE}`);
  }
  const afterOctets = Math.round(Number(match[2]) * OCTETS[match[3]!.toLowerCase()]!);
  if (afterOctets < 1 || afterOctets > Number.MAX_SAFE_INTEGER) {
    throw new UsageError(`--fair-use: ${match[2]}${match[3]} is out of range`);
  }
  return { period, afterOctets, rate: parseThen(match[4]!, text) };
}

function parseThen(text: string, step: string): FairUseStep['rate'] {
  if (text.toLowerCase() === 'block') return 'block';
  const [down, up, more] = text.split('/').map(parseRate);
  if (down == null || up == null || more !== undefined) {
    throw new UsageError(
      `--fair-use: "${step}" ends in no rate; write down/up as 1M/512k, or block`,
    );
  }
  return { downKbps: down, upKbps: up };
}

/** kbit/s; null for anything else. */
function parseRate(text: string): number | null {
  const match = RATE.exec(text.trim());
  const kbps = match === null ? 0 : Number(match[1]) * (match[2]!.toLowerCase() === 'm' ? 1000 : 1);
  return kbps >= 1 && kbps <= 100_000_000 ? Math.round(kbps) : null;
}
