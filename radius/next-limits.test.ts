import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountUsage, Session, Tariff } from '../store/types.ts';
import { campaign } from '../test/fixtures/campaign.ts';
import { limitsNow } from './authorize.ts';
import { facts, MAC, NOW, OTHER, online, tariff, usage } from './facts.fixture.ts';
import { calmOf, type NextFacts, nextStep } from './next-limits.ts';

const open: Partial<Tariff> = {
  ...{ sessionSeconds: null, dailySeconds: null, dailyOctets: null, validitySeconds: null },
};
const RATE = '2000k/5000k';

/** A session of the phone {@link MAC}, in force what `told` says. */
function session(told: Partial<Session>): Session {
  return {
    ...{ id: MAC, mac: MAC, startedAt: NOW - 1000, seconds: 0, inputOctets: 0, outputOctets: 0 },
    ...{ rate: RATE, sessionTimeoutSeconds: null, totalLimitOctets: null },
    ...told,
  } as Session;
}

function given(
  limits: Partial<Tariff>,
  told: Partial<Session>,
  used: Partial<AccountUsage> = {},
  hours?: string,
): NextFacts {
  const base = facts({
    ...{ tariff: { ...open, ...limits }, usage: { open: [online(MAC)], ...used } },
    ...(hours === undefined ? {} : { hours }),
  });
  return { ...base, session: session(told) };
}

describe('nextStep', () => {
  it('keeps a session that is as it should be', () => {
    expect(nextStep(given({}, {}), false, NOW)).toEqual({ kind: 'keep' });
  });

  it('leaves a phone alone to the quota that its NAS was told', () => {
    const told = { totalLimitOctets: 1000, inputOctets: 900, seconds: 50 };

    const step = nextStep(given({ dailyOctets: 1000 }, told, { dayOctets: 900 }), true, NOW);

    expect(step).toEqual({ kind: 'keep' });
  });

  it.each([
    [900, false],
    [834, false],
    [833, true],
    [500, true],
  ])('others left it %i of the 1000 it was told; it is told so: %s', (limit, told) => {
    // It has used nothing; others have used what is missing.
    const used = { dayOctets: 1000 - limit, open: [online(MAC), online(OTHER)] };
    const before = { totalLimitOctets: 1000 };

    const step = nextStep(given({ dailyOctets: 1000 }, before, used), false, NOW);

    const limits = { rate: RATE, sessionTimeoutSeconds: null, totalLimitOctets: limit };
    expect(step).toEqual(told ? { kind: 'change', limits, reason: 'remaining' } : { kind: 'keep' });
  });

  it('grants what came back: the day turned, or an operator added to it', () => {
    const told = { totalLimitOctets: 1000, inputOctets: 900 };

    const step = nextStep(given({ dailyOctets: 1000 }, told, { dayOctets: 10 }), false, NOW);

    expect(step).toMatchObject({ kind: 'change', limits: { totalLimitOctets: 1890 } });
  });

  it('lifts a limit that there is no more, and sets one that there was not', () => {
    const lifted = nextStep(given({}, { totalLimitOctets: 1000 }), false, NOW);
    const set = nextStep(given({ dailyOctets: 1000 }, {}), false, NOW);

    expect(lifted).toMatchObject({ kind: 'change', limits: { totalLimitOctets: null } });
    expect(set).toMatchObject({ kind: 'change', limits: { totalLimitOctets: 1000 } });
  });

  it('slows down at a step of fair use, and makes fast again when the day turned', () => {
    const limits: Partial<Tariff> = {
      fairUse: [{ period: 'day', afterOctets: 500, rate: { downKbps: 512, upKbps: 256 } }],
    };

    const passed = nextStep(given(limits, {}, { dayOctets: 500 }), false, NOW);
    const turned = nextStep(given(limits, { rate: '256k/512k' }, { dayOctets: 1 }), false, NOW);

    expect(passed).toMatchObject({ kind: 'change', limits: { rate: '256k/512k' }, reason: 'rate' });
    expect(turned).toMatchObject({ kind: 'change', limits: { rate: RATE }, reason: 'rate' });
  });

  it('says nothing of a second more or less, nor of time that passes', () => {
    const minute = NOW - (NOW % 60_000);
    const told = { sessionTimeoutSeconds: 3602, startedAt: minute - 1000 };
    const at = given({}, told, {}, 'mon 00:00-01:00');

    const first = nextStep(at, true, minute);
    const later = nextStep({ ...at, minuteOfWeek: 30 }, true, minute + 30 * 60_000);

    expect([first.kind, later.kind]).toEqual(['keep', 'keep']);
  });

  it('with a changed tariff, the smallest difference counts', () => {
    const told = { totalLimitOctets: 1000 };
    const limits = { dailyOctets: 999 };

    expect(nextStep(given(limits, told), false, NOW).kind).toBe('keep');
    expect(nextStep(given(limits, told), true, NOW)).toMatchObject({
      ...{ kind: 'change', reason: 'tariff', limits: { totalLimitOctets: 999 } },
    });
  });

  it('ends every phone of an account that has no more', () => {
    const used = { dayOctets: 1000, open: [online(MAC), online(OTHER)] };

    const step = nextStep(
      given({ dailyOctets: 1000 }, { totalLimitOctets: 1000 }, used),
      false,
      NOW,
    );

    expect(step).toEqual({ kind: 'end', reason: 'quota', everyPhone: true });
  });

  it('ends one phone alone for the hours of its village, and for what is its own', () => {
    const closed = nextStep(given({}, {}, {}, 'closed'), false, NOW);
    const own = nextStep(given({ sessionOctets: 10 }, { inputOctets: 11 }), false, NOW);

    expect(closed).toEqual({ kind: 'end', reason: 'hours', everyPhone: false });
    expect(own).toEqual({ kind: 'end', reason: 'quota', everyPhone: false });
  });

  it.each([
    ['was told just that', { totalLimitOctets: 1000, inputOctets: 1000 }, 'keep'],
    ['goes on beyond it', { totalLimitOctets: 1000, inputOctets: 2_000_000 }, 'end'],
    ['was told more', { totalLimitOctets: 1001, inputOctets: 1000 }, 'end'],
    ['was told nothing', { inputOctets: 1000 }, 'end'],
  ] as const)('at the end of its quota, a phone whose NAS %s: %s', (_what, told, kind) => {
    const used = { dayOctets: told.inputOctets };

    expect(nextStep(given({ dailyOctets: 1000 }, told, used), false, NOW).kind).toBe(kind);
  });

  it('after any change it asks for, it asks for nothing more', () => {
    const limit = fc.option(fc.nat(2000), { nil: null });
    fc.assert(
      fc.property(limit, limit, fc.nat(1500), fc.nat(1500), fc.boolean(), (...values) => {
        const [dailyOctets, told, own, others, exact] = values;
        const used = { dayOctets: own + others, open: [online(MAC), online(OTHER)] };
        const before = { totalLimitOctets: told, inputOctets: own };
        const step = nextStep(given({ dailyOctets }, before, used), exact, NOW);
        if (step.kind !== 'change') return;

        const after = given({ dailyOctets }, { ...before, ...step.limits }, used);

        expect(nextStep(after, true, NOW)).toEqual({ kind: 'keep' });
      }),
    );
  });

  it('never lets a phone keep more than 1.2 times what is left', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.nat(999),
        fc.nat(999),
        (told, own, others) => {
          const used = { dayOctets: own + others, open: [online(MAC), online(OTHER)] };
          const now = given(
            { dailyOctets: 2000 },
            { totalLimitOctets: told, inputOctets: own },
            used,
          );
          if (nextStep(now, false, NOW).kind !== 'keep') return;

          const verdict = limitsNow(now, NOW);
          if (verdict.kind !== 'go') return;
          const left = verdict.limits.totalLimitOctets! - own;
          expect(told - own).toBeLessThanOrEqual(1.2 * left);
        },
      ),
    );
  });
});

describe('a phone that has its account for itself', () => {
  const octets = fc.nat(2000);
  const slow = { downKbps: 512, upKbps: 256 };

  it('is not looked at exactly where a look would find it in order', () => {
    const limit = fc.option(octets, { nil: null });
    fc.assert(
      fc.property(limit, octets, octets, octets, fc.nat(900), (...values) => {
        const [dailyOctets, afterOctets, before, own, more] = values;
        const tariffs: Partial<Tariff> = {
          ...{ dailyOctets, devices: 1 },
          fairUse: [{ period: 'day', afterOctets, rate: slow }],
        };
        const at = (told: Partial<Session>, used: number): NextFacts =>
          given(tariffs, { ...told, inputOctets: used }, { dayOctets: before + used });
        const first = at({}, own);
        const step = nextStep(first, false, NOW);
        const calm = calmOf(first, step, 'today', NOW);
        if (calm === null || own + more >= calm.octets) return;

        const told = step.kind === 'change' ? step.limits : {};

        expect(nextStep(at(told, own + more), true, NOW)).toEqual({ kind: 'keep' });
      }),
      campaign(4000),
    );
  });

  it('is looked at with each report when another may use the account, or is ending', () => {
    const shared = given({ dailyOctets: 1000, devices: 2 }, {});
    const joined = given({ dailyOctets: 1000 }, {}, { open: [online(MAC), online(OTHER)] });
    const spent = given({ dailyOctets: 1000 }, {}, { dayOctets: 1000 });

    for (const facts of [shared, joined, spent]) {
      expect(calmOf(facts, nextStep(facts, false, NOW), 'today', NOW)).toBeNull();
    }
  });
});

describe('phones that share a quota', () => {
  /** A NAS ends a phone at what it was told; between reports nobody knows what was used. */
  const moves = fc.array(
    fc.record({ phone: fc.nat(2), octets: fc.nat(400), report: fc.boolean() }),
    { maxLength: 60 },
  );

  it('exceed it by no more than they had used since their last reports', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), moves, (quota, played) => {
        const phones = [0, 1, 2].map((i) => ({ id: `p${i}`, used: 0, reported: 0, told: quota }));
        const sum = (of: (phone: (typeof phones)[number]) => number): number =>
          phones.reduce((total, phone) => total + of(phone), 0);
        const open = phones.map(({ id }) => online(id));
        let unreported = 0;
        for (const { phone: i, octets, report } of played) {
          const phone = phones[i]!;
          phone.used = Math.min(phone.used + octets, Math.max(phone.used, phone.told));
          if (!report) continue;
          unreported = sum(({ used, reported }) => used - reported);
          phone.reported = phone.used;
          const told = { id: phone.id, totalLimitOctets: phone.told, inputOctets: phone.used };
          const facts = given({ dailyOctets: quota, devices: 3 }, told, {
            ...{ dayOctets: sum(({ reported }) => reported), open },
          });
          const step = nextStep(facts, false, NOW);
          if (step.kind === 'change') phone.told = step.limits.totalLimitOctets!;
          if (step.kind === 'end') break;
          unreported = 0;
        }
        if (unreported === 0) return;

        expect(sum(({ used }) => used)).toBeLessThanOrEqual(quota + unreported);
      }),
      campaign(4000),
    );
  });
});

it('the fixture leaves nothing limited that a test does not limit', () => {
  const limited = Object.entries({ ...tariff, ...open }).filter(([, value]) => value !== null);

  expect(limited.map(([name]) => name).toSorted()).toEqual(
    ['devices', 'downKbps', 'fairUse', 'id', 'name', 'upKbps', 'whenFull'].toSorted(),
  );
  expect(usage.open).toEqual([]);
});
