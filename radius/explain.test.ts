import { describe, expect, it } from 'vitest';
import { authorize } from './authorize.ts';
import { explainLogin } from './explain.ts';
import { type Change, codeOf, facts, NOW, online, STEPS } from './facts.fixture.ts';

const checkOf = (change: Change, name: string) =>
  explainLogin(facts(change), NOW).checks.find(({ check }) => check === name);

describe('explainLogin', () => {
  it('shows every check that fails, and decides by the first', () => {
    const told = explainLogin(
      facts({ usage: { dayOctets: 1000, daySeconds: 7200, open: [online('B')] } }),
      NOW,
    );

    expect(told.outcome).toBe('SW-QUOTA');
    expect(told.grant).toBeNull();
    expect(
      told.checks.filter(({ verdict }) => verdict === 'fails').map(({ code }) => code),
    ).toEqual(['SW-QUOTA', 'SW-TIME', 'SW-DEVICES']);
  });

  it('shows what would be granted', () => {
    const { outcome, grant, checks } = explainLogin(facts({ usage: { dayOctets: 600 } }), NOW);

    expect(outcome).toBe('accept');
    expect(grant).toMatchObject({ totalLimitOctets: 400, sessionTimeoutSeconds: 3600 });
    expect(checks.every(({ verdict }) => verdict !== 'fails')).toBe(true);
  });

  it.each<[string, Change, object]>([
    ['day octets', { usage: { dayOctets: 600 } }, { limit: 1000, fact: 600, left: 400 }],
    ['week octets', {}, { verdict: 'free', limit: null, left: null }],
    ['opening hours', { hours: 'closed' }, { verdict: 'fails', code: 'SW-HOURS', left: 0 }],
    ['village', { account: { villageCode: 'X' } }, { limit: 'X', fact: '16.06.01.2001' }],
    [
      'fair use',
      { tariff: { fairUse: STEPS }, usage: { dayOctets: 500 } },
      { limit: 'day:500=1000k/512k, month:20000=block', fact: 'day:500=1000k/512k', left: 20_000 },
    ],
    ['devices', { usage: { open: [online('B')] } }, { limit: 1, fact: 1, left: 0 }],
    ['validity', { account: { validUntil: NOW + 5000 } }, { fact: NOW + 5000, left: 5000 }],
  ])('tells of %s: limit, fact and what is left', (name, change, expected) => {
    expect(checkOf(change, name)).toMatchObject(expected);
  });

  it.each<[Change]>([[{}], [{ account: { disabled: true } }], [{ hours: 'closed' }]])(
    'says what authorize says: %j',
    (change) => {
      expect(explainLogin(facts(change), NOW).outcome).toBe(codeOf(authorize(facts(change), NOW)));
    },
  );
});
