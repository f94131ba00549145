import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountUsage, Session, Tariff } from '../store/types.ts';
import { limitsNow } from './authorize.ts';
import { facts, MAC, NOW, OTHER, online, tariff, usage } from './facts.fixture.ts';
import { type NextFacts, nextStep } from './next-limits.ts';

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
    [900, 'keep'],
    [899, 'keep'],
    [840, 'keep'],
    [833, 'change'],
    [500, 'change'],
  ] as const)('others left it %i of the 1000 it was told: %s', (limit, kind) => {
    // It has used nothing; others have used what is missing.
    const used = { dayOctets: 1000 - limit, open: [online(MAC), online(OTHER)] };

    const step = nextStep(
      given({ dailyOctets: 1000 }, { totalLimitOctets: 1000 }, used),
      false,
      NOW,
    );

    expect(step.kind).toBe(kind);
    if (step.kind === 'change') {
      expect(step).toMatchObject({ limits: { totalLimitOctets: limit }, reason: 'remaining' });
    }
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

it('the fixture leaves nothing limited that a test does not limit', () => {
  const limited = Object.entries({ ...tariff, ...open }).filter(([, value]) => value !== null);

  expect(limited.map(([name]) => name).toSorted()).toEqual(
    ['devices', 'downKbps', 'fairUse', 'id', 'name', 'upKbps', 'whenFull'].toSorted(),
  );
  expect(usage.open).toEqual([]);
});
