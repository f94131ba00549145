import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REJECT_CODES } from '../reject-codes.ts';
import { account, MAC, router, START_MS, session, usage } from '../village.fixture.ts';
import { CHECKS, diagnose, VERDICTS, type Verdict, type WhyFacts } from './diagnose.ts';

const LAST = {
  session: { ...session, state: 'closed' as const },
  account,
  usage: { ...usage, open: [] },
};
const FACTS: WhyFacts = {
  at: START_MS,
  router,
  inside: true,
  state: { state: 'up', cause: null, since: START_MS - 1000 },
  open: null,
  session: null,
  pass: false,
  policy: { level: 'regency', block: ['trustpositif'] },
  last: null,
  remembered: undefined,
  rejected: null,
};
const down = { state: 'down' as const, cause: 'link', since: START_MS - 1000 };
const withAccount = (change: object): Partial<WhyFacts> => ({
  last: { ...LAST, account: { ...account, ...change } },
});

describe('diagnose', () => {
  it.each<[string, Partial<WhyFacts>, Verdict]>([
    ['nothing is wrong but the login', {}, 'login'],
    ['the phone is online', { session }, 'online'],
    [
      'it is online, though the account is now disabled',
      { session, ...withAccount({ disabled: true }) },
      'online',
    ],
    ['it has a pass for messengers, and no code yet', { session, pass: true }, 'pass'],
    ['no router is known', { router: null, inside: false, state: null }, 'outside'],
    ['somebody asks from elsewhere while the link is down', { inside: false, state: down }, 'down'],
    [
      'the router is worked on',
      { inside: false, state: { ...down, state: 'maintenance' } },
      'maintenance',
    ],
    ['the state is old but the phone came through', { state: down }, 'login'],
    ['the controller is blind', { inside: false, state: { ...down, state: 'unknown' } }, 'login'],
    ['it is night', { open: false }, 'closed'],
    ['the account is disabled', withAccount({ disabled: true }), 'disabled'],
    [
      'the voucher is for another village',
      withAccount({ villageCode: '16.06.02.2001' }),
      'village',
    ],
    ['the voucher is for this village', withAccount({ villageCode: router.villageCode }), 'login'],
    ['the validity is over', withAccount({ validUntil: START_MS }), 'expired'],
    [
      'the day is used up',
      { last: { ...LAST, usage: { ...LAST.usage, dayOctets: 1e9 } } },
      'quota',
    ],
    [
      'the time is used up',
      { last: { ...LAST, usage: { ...LAST.usage, daySeconds: 14_400 } } },
      'time',
    ],
    [
      'two other phones are online',
      {
        last: {
          ...LAST,
          usage: {
            ...usage,
            open: ['1', '2'].map((n) => ({ ...usage.open[0]!, mac: `A2:00:00:00:01:0${n}` })),
          },
        },
      },
      'devices',
    ],
    ['this phone alone is counted', { last: { ...LAST, usage } }, 'login'],
    ['only the router knows', { rejected: 'SW-EXPIRED' }, 'expired'],
    [
      'the router said so before, and it is no longer true',
      { rejected: 'SW-EXPIRED', last: LAST },
      'login',
    ],
    [
      'the link comes before the account',
      { inside: false, state: down, ...withAccount({ disabled: true }) },
      'down',
    ],
    [
      'the hours come before the account',
      { open: false, ...withAccount({ disabled: true }) },
      'closed',
    ],
  ])('when %s', (_what, over, verdict) => {
    expect(diagnose({ ...FACTS, ...over }).verdict).toBe(verdict);
  });

  it('names every check once, in order, and gives a verdict that has a text', () => {
    const facts = fc.record<WhyFacts>({
      at: fc.constant(START_MS),
      router: fc.constantFrom(router, null),
      inside: fc.boolean(),
      state: fc.constantFrom(null, down, { ...down, state: 'unknown' as const }),
      open: fc.constantFrom(true, false, null),
      session: fc.constantFrom(session, null),
      pass: fc.boolean(),
      policy: fc.constantFrom(null, { level: 'village', block: [] }),
      last: fc.constantFrom(LAST, null),
      remembered: fc.constantFrom(undefined, null, { until: START_MS + 1 }),
      rejected: fc.constantFrom(null, ...REJECT_CODES),
    });
    fc.assert(
      fc.property(facts, (some) => {
        const { verdict, checks } = diagnose(some);

        expect(checks.map(({ name }) => name)).toEqual(CHECKS);
        expect(VERDICTS).toContain(verdict);
        expect(['online', 'pass'].includes(verdict)).toBe(some.session !== null);
      }),
    );
  });

  it('says nothing of a person: no MAC, no user name', () => {
    const text = JSON.stringify(diagnose({ ...FACTS, session, last: LAST }));

    expect(text).not.toContain(MAC);
    expect(text).not.toContain(session.username);
  });
});
