import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Account, AccountUsage, Tariff } from '../store/types.ts';
import { authorize, type Decision, type LoginFacts, spentLimit } from './authorize.ts';

const NOW = 1_790_000_000_000;
const MAC = 'AA:BB:CC:00:00:01';
const VILLAGE = '16.06.01.2001';

const tariff: Tariff = {
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
};
const account: Account = {
  kind: 'voucher',
  id: 'v',
  tariff,
  villageCode: null,
  disabled: false,
  firstLoginAt: null,
  validUntil: null,
};
const usage: AccountUsage = {
  dayOctets: 0,
  daySeconds: 0,
  weekOctets: 0,
  weekSeconds: 0,
  monthOctets: 0,
  monthSeconds: 0,
  open: [],
};

interface Change {
  readonly account?: Partial<Account>;
  readonly tariff?: Partial<Tariff>;
  readonly usage?: Partial<AccountUsage>;
}

function facts(change: Change = {}): LoginFacts {
  return {
    account: { ...account, ...change.account, tariff: { ...tariff, ...change.tariff } },
    usage: { ...usage, ...change.usage },
    village: VILLAGE,
    hours: null,
    minuteOfWeek: 0,
    mac: MAC,
  };
}

const online = (mac: string) => ({ id: mac, mac, routerId: 'r', startedAt: NOW - 1000 });

function codeOf(decision: Decision): string {
  return decision.kind === 'reject' ? decision.code : 'accept';
}

describe('authorize', () => {
  it.each<[string, Change, string]>([
    ['a fresh voucher', {}, 'accept'],
    ['a disabled account', { account: { disabled: true } }, 'SW-DISABLED'],
    ['validity over', { account: { firstLoginAt: 1, validUntil: NOW } }, 'SW-EXPIRED'],
    ['less than a second valid', { account: { validUntil: NOW + 999 } }, 'SW-EXPIRED'],
    ['one second valid', { account: { validUntil: NOW + 1000 } }, 'accept'],
    ['a validity that came later', { account: { firstLoginAt: NOW - 86_400_000 } }, 'SW-EXPIRED'],
    ['another village', { account: { villageCode: '16.06.01.2002' } }, 'SW-VILLAGE'],
    ['its own village', { account: { villageCode: VILLAGE } }, 'accept'],
    ['data used up', { usage: { dayOctets: 1000 } }, 'SW-QUOTA'],
    ['data overdrawn', { usage: { dayOctets: 1001 } }, 'SW-QUOTA'],
    ['one octet left', { usage: { dayOctets: 999 } }, 'accept'],
    ['time used up', { usage: { daySeconds: 7200 } }, 'SW-TIME'],
    ['one second left', { usage: { daySeconds: 7199 } }, 'accept'],
    ['another phone online', { usage: { open: [online('AA:BB:CC:00:00:02')] } }, 'SW-DEVICES'],
    ['the same phone online', { usage: { open: [online(MAC)] } }, 'accept'],
    [
      'a second phone of two',
      { tariff: { devices: 2 }, usage: { open: [online('AA:BB:CC:00:00:02')] } },
      'accept',
    ],
    [
      'a tariff without limits',
      {
        tariff: { dailyOctets: null, dailySeconds: null, validitySeconds: null },
        usage: { dayOctets: 9e15, daySeconds: 9e9 },
      },
      'accept',
    ],
  ])('%s', (_name, change, expected) => {
    expect(codeOf(authorize(facts(change), NOW))).toBe(expected);
  });

  it('grants the least of session, day and validity', () => {
    const timeout = (change: Change): number | null => {
      const decision = authorize(facts(change), NOW);
      return decision.kind === 'accept' ? decision.grant.sessionTimeoutSeconds : -1;
    };

    expect(timeout({})).toBe(3600);
    expect(timeout({ usage: { daySeconds: 7000 } })).toBe(200);
    expect(timeout({ account: { validUntil: NOW + 30_500 } })).toBe(30);
    expect(
      timeout({ tariff: { sessionSeconds: null, dailySeconds: null, validitySeconds: null } }),
    ).toBeNull();
  });

  it('starts the validity with the first login and never moves it', () => {
    const until = (change: Change): number | null => {
      const decision = authorize(facts(change), NOW);
      return decision.kind === 'accept' ? decision.grant.validUntil : -1;
    };

    expect(until({})).toBe(NOW + 86_400_000);
    expect(until({ account: { firstLoginAt: NOW - 5000, validUntil: NOW + 7000 } })).toBe(
      NOW + 7000,
    );
    expect(until({ tariff: { validitySeconds: null } })).toBeNull();
  });
});

describe('authorize, whatever the facts', () => {
  const limit = fc.option(fc.nat({ max: 100_000 }), { nil: null });
  const anyFacts = fc
    .record({
      sessionSeconds: fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: null }),
      dailySeconds: limit,
      dailyOctets: limit,
      validitySeconds: fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: null }),
      devices: fc.integer({ min: 1, max: 3 }),
      validIn: fc.option(fc.integer({ min: -5_000, max: 200_000 }), { nil: null }),
      dayOctets: fc.nat({ max: 120_000 }),
      daySeconds: fc.nat({ max: 120_000 }),
      open: fc.uniqueArray(fc.constantFrom(MAC, 'B', 'C', 'D')),
    })
    .map((r) =>
      facts({
        tariff: {
          sessionSeconds: r.sessionSeconds,
          dailySeconds: r.dailySeconds,
          dailyOctets: r.dailyOctets,
          validitySeconds: r.validitySeconds,
          devices: r.devices,
        },
        account: { validUntil: r.validIn === null ? null : NOW + r.validIn * 10 },
        usage: {
          dayOctets: r.dayOctets,
          daySeconds: r.daySeconds,
          open: r.open.map(online),
        },
      }),
    );

  it('never grants more than is left, nor nothing', () => {
    fc.assert(
      fc.property(anyFacts, (given) => {
        const decision = authorize(given, NOW);
        fc.pre(decision.kind === 'accept');
        const { sessionTimeoutSeconds: seconds, totalLimitOctets: octets } = decision.grant;
        const { tariff: t, validUntil } = given.account;

        expect(seconds ?? 1).toBeGreaterThan(0);
        expect(octets ?? 1).toBeGreaterThan(0);
        const left = [
          t.sessionSeconds,
          t.dailySeconds === null ? null : t.dailySeconds - given.usage.daySeconds,
          validUntil === null ? null : (validUntil - NOW) / 1000,
        ].filter((value) => value !== null);
        for (const value of left) expect(seconds).toBeLessThanOrEqual(value);
        expect(octets).toBe(t.dailyOctets === null ? null : t.dailyOctets - given.usage.dayOctets);
      }),
    );
  });

  it('more use never gives more', () => {
    fc.assert(
      fc.property(anyFacts, fc.nat({ max: 1000 }), fc.nat({ max: 1000 }), (given, more, longer) => {
        const before = authorize(given, NOW);
        const after = authorize(
          {
            ...given,
            usage: {
              ...given.usage,
              dayOctets: given.usage.dayOctets + more,
              daySeconds: given.usage.daySeconds + longer,
            },
          },
          NOW,
        );

        fc.pre(after.kind === 'accept');
        const granted = before.kind === 'accept' ? before.grant : null;
        expect(granted).not.toBeNull();
        const infinite = Number.POSITIVE_INFINITY;
        expect(after.grant.totalLimitOctets ?? infinite).toBeLessThanOrEqual(
          granted?.totalLimitOctets ?? infinite,
        );
        expect(after.grant.sessionTimeoutSeconds ?? infinite).toBeLessThanOrEqual(
          granted?.sessionTimeoutSeconds ?? infinite,
        );
      }),
    );
  });

  it('a phone that is already online is never refused for the number of devices', () => {
    fc.assert(
      fc.property(anyFacts, (given) => {
        const alone = { ...given, usage: { ...given.usage, open: [online(MAC)] } };

        expect(codeOf(authorize(alone, NOW))).not.toBe('SW-DEVICES');
      }),
    );
  });
});

describe('spentLimit', () => {
  it.each([
    [999, 7199, null],
    [1000, 0, 'quota'],
    [0, 7200, 'time'],
  ])('%i octets and %i seconds of the day: %s', (dayOctets, daySeconds, expected) => {
    expect(spentLimit(account, { ...usage, dayOctets, daySeconds })).toBe(expected);
  });
});
