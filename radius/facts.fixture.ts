/** What the tests of authorisation share: an account, what it has used, and facts that differ a little. */

import { parseHours } from '../settings/hours.ts';
import type { Account, AccountUsage, Tariff } from '../store/types.ts';
import type { Decision, LoginFacts } from './authorize.ts';

export const NOW = 1_790_000_000_000;
export const MAC = 'AA:BB:CC:00:00:01';
export const VILLAGE = '16.06.01.2001';

export const tariff: Tariff = {
  id: 't',
  name: 'Gratis',
  downKbps: 5000,
  upKbps: 2000,
  sessionSeconds: 3600,
  dailySeconds: 7200,
  dailyOctets: 1000,
  validitySeconds: 86_400,
  devices: 1,
  burstDownKbps: null,
  burstUpKbps: null,
  burstSeconds: null,
  sessionOctets: null,
  weeklySeconds: null,
  weeklyOctets: null,
  monthlySeconds: null,
  monthlyOctets: null,
  whenFull: 'refuse',
  fairUse: [],
  priceMinor: null,
};
export const account: Account = {
  kind: 'voucher',
  id: 'v',
  tariff,
  villageCode: null,
  disabled: false,
  firstLoginAt: null,
  validUntil: null,
};
export const usage: AccountUsage = {
  dayOctets: 0,
  daySeconds: 0,
  weekOctets: 0,
  weekSeconds: 0,
  monthOctets: 0,
  monthSeconds: 0,
  open: [],
};

export interface Change {
  readonly hours?: string;
  readonly minuteOfWeek?: number;
  readonly account?: Partial<Account>;
  readonly tariff?: Partial<Tariff>;
  readonly usage?: Partial<AccountUsage>;
}

export function facts(change: Change = {}): LoginFacts {
  return {
    account: { ...account, ...change.account, tariff: { ...tariff, ...change.tariff } },
    usage: { ...usage, ...change.usage },
    village: VILLAGE,
    hours: change.hours === undefined ? null : parseHours(change.hours),
    minuteOfWeek: change.minuteOfWeek ?? 0,
    mac: MAC,
  };
}

export const OTHER = 'AA:BB:CC:00:00:02';
export const STEPS = [
  { period: 'day', afterOctets: 500, rate: { downKbps: 1000, upKbps: 512 } },
  { period: 'month', afterOctets: 20_000, rate: 'block' },
] as const;
/** Monday 10:00. */
export const TEN = 600;
export const online = (mac: string) => ({ id: mac, mac, routerId: 'r', startedAt: NOW - 1000 });

export function codeOf(decision: Decision): string {
  return decision.kind === 'reject' ? decision.code : 'accept';
}
