import { describe, expect, it } from 'vitest';
import { authorize, limitsNow } from './authorize.ts';
import type { SessionUse } from './checks.ts';
import {
  type Change,
  codeOf,
  facts,
  MAC,
  NOW,
  OTHER,
  online,
  STEPS,
  TEN,
  VILLAGE,
} from './facts.fixture.ts';

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
    ['before opening', { hours: 'mon 10:01-12:00', minuteOfWeek: TEN }, 'SW-HOURS'],
    ['while open', { hours: 'mon 10:00-12:00', minuteOfWeek: TEN }, 'accept'],
    ['a village that is closed', { hours: 'closed' }, 'SW-HOURS'],
    ['a week used up', { tariff: { weeklyOctets: 9 }, usage: { weekOctets: 9 } }, 'SW-QUOTA'],
    ['a month used up', { tariff: { monthlyOctets: 9 }, usage: { monthOctets: 9 } }, 'SW-QUOTA'],
    ['a week of time', { tariff: { weeklySeconds: 9 }, usage: { weekSeconds: 9 } }, 'SW-TIME'],
    ['a month of time', { tariff: { monthlySeconds: 9 }, usage: { monthSeconds: 9 } }, 'SW-TIME'],
    ['slowed down', { tariff: { fairUse: STEPS }, usage: { dayOctets: 600 } }, 'accept'],
    [
      'blocked by fair use',
      { tariff: { fairUse: STEPS }, usage: { monthOctets: 20_000 } },
      'SW-QUOTA',
    ],
    [
      'a phone that replaces the oldest',
      { tariff: { whenFull: 'replace' }, usage: { open: [online(OTHER)] } },
      'accept',
    ],
    [
      'two sessions of one other phone, of two',
      { tariff: { devices: 2 }, usage: { open: [online(OTHER), online(OTHER)] } },
      'accept',
    ],
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

  it('bounds the session by closing time, to the second', () => {
    const hours = 'mon 06:00-10:05';
    const at = NOW - (NOW % 60_000) + 500;
    const decision = authorize(facts({ hours, minuteOfWeek: TEN }), at);
    const last = authorize(facts({ hours, minuteOfWeek: TEN + 4 }), at + 59_000);

    expect(decision).toMatchObject({ kind: 'accept', grant: { sessionTimeoutSeconds: 299 } });
    expect(codeOf(last)).toBe('SW-HOURS');
  });

  it('grants the least of session, day, week, month and the step that blocks, in octets', () => {
    const octets = (change: Change): number | null => {
      const decision = authorize(facts(change), NOW);
      return decision.kind === 'accept' ? decision.grant.totalLimitOctets : -1;
    };

    expect(octets({ tariff: { sessionOctets: 300 } })).toBe(300);
    expect(octets({ tariff: { weeklyOctets: 900 }, usage: { weekOctets: 650 } })).toBe(250);
    expect(octets({ tariff: { monthlyOctets: 900 }, usage: { monthOctets: 700 } })).toBe(200);
    expect(octets({ tariff: { fairUse: STEPS }, usage: { monthOctets: 19_900 } })).toBe(100);
    expect(octets({ tariff: { fairUse: STEPS }, usage: { dayOctets: 499 } })).toBe(501);
  });

  it.each<[string, Change, string]>([
    ['the rate of the tariff', {}, '2000k/5000k'],
    [
      'its burst',
      { tariff: { burstDownKbps: 9000, burstSeconds: 10 } },
      '2000k/5000k 0/9000k 0/3750k 0/24',
    ],
    [
      'the rate of the last step passed, without a burst',
      {
        tariff: { fairUse: STEPS, burstDownKbps: 9000, burstSeconds: 10 },
        usage: { dayOctets: 500 },
      },
      '512k/1000k',
    ],
    [
      'no more than the tariff in a step that is faster',
      {
        tariff: {
          fairUse: [{ period: 'day', afterOctets: 1, rate: { downKbps: 6000, upKbps: 10 } }],
        },
        usage: { dayOctets: 5 },
      },
      '10k/5000k',
    ],
  ])('gives %s', (_name, change, rate) => {
    expect(authorize(facts(change), NOW)).toMatchObject({ kind: 'accept', grant: { rate } });
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

describe('an open session', () => {
  const use: SessionUse = {
    startedAt: NOW - 600_000,
    seconds: 600,
    inputOctets: 100,
    outputOctets: 200,
  };
  const own = { dayOctets: 300, daySeconds: 600, weekOctets: 300, monthOctets: 300 };
  const now = (change: Change, session = use) =>
    limitsNow({ ...facts({ ...change, usage: { ...own, ...change.usage } }), session }, NOW);

  it('keeps its limits while only it uses the account', () => {
    const grant = authorize(facts(), use.startedAt);

    expect(grant).toMatchObject({
      grant: { sessionTimeoutSeconds: 3600, totalLimitOctets: 1000, rate: '2000k/5000k' },
    });
    expect(now({ account: { firstLoginAt: use.startedAt } })).toEqual({
      kind: 'go',
      limits: { sessionTimeoutSeconds: 3600, totalLimitOctets: 1000, rate: '2000k/5000k' },
    });
  });

  it('loses what other phones use, and gains what a new day brings', () => {
    expect(now({ usage: { dayOctets: 700, daySeconds: 6000 } })).toMatchObject({
      limits: { totalLimitOctets: 600, sessionTimeoutSeconds: 1800 },
    });
    expect(now({ usage: { dayOctets: 10, daySeconds: 20 } })).toMatchObject({
      limits: { totalLimitOctets: 1290, sessionTimeoutSeconds: 3600 },
    });
  });

  it('ends with the validity and at closing time, both counted from its start', () => {
    const valid = now({ account: { firstLoginAt: 1, validUntil: NOW + 90_500 } });
    const closing = now({ hours: 'mon 06:00-10:02', minuteOfWeek: TEN });

    expect(valid).toMatchObject({ limits: { sessionTimeoutSeconds: 690 } });
    expect(closing).toMatchObject({
      limits: { sessionTimeoutSeconds: 600 + Math.floor((120_000 - (NOW % 60_000)) / 1000) },
    });
  });

  it('is slowed down once it crosses a step', () => {
    expect(now({ tariff: { fairUse: STEPS }, usage: { dayOctets: 500 } })).toMatchObject({
      limits: { rate: '512k/1000k', totalLimitOctets: 800 },
    });
  });

  it.each<[string, Change, string]>([
    ['disabled', { account: { disabled: true } }, 'disabled'],
    ['expired', { account: { validUntil: NOW } }, 'expired'],
    ['elsewhere', { account: { villageCode: '16.06.01.2002' } }, 'village'],
    ['closed', { hours: 'closed' }, 'hours'],
    ['out of data', { usage: { dayOctets: 1000 } }, 'quota'],
    ['out of a session of data', { tariff: { sessionOctets: 300 } }, 'quota'],
    ['out of time', { usage: { daySeconds: 7200 } }, 'time'],
    ['out of a session of time', { tariff: { sessionSeconds: 600 } }, 'time'],
  ])('ends when its account is %s', (_name, change, reason) => {
    expect(now(change)).toEqual({ kind: 'end', reason });
  });

  it('does not end for the number of phones', () => {
    expect(now({ usage: { open: [online('B'), online('C'), online(MAC)] } }).kind).toBe('go');
  });
});
