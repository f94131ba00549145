import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../store/types.ts';
import { tariff } from './card.fixture.ts';
import { holdersAt } from './holders.ts';
import { parseInstant } from './instant.ts';
import { storyOf } from './story.ts';
import { maskedPhone, shownName, subjectOf } from './subject.ts';

const SILENCE = 900_000;
const HOUR = 3_600_000;
const session = (over: Partial<Session>): Session => ({
  id: 's',
  routerId: 'r',
  router: 'rt-1',
  villageCode: '16.06.01.1009',
  accountKind: 'voucher',
  accountId: 'v',
  username: 'sw-x',
  mac: 'AA:BB:CC:00:00:01',
  framedIp: '172.16.0.9',
  acctSessionId: '1',
  state: 'closed',
  startedAt: 0,
  updatedAt: HOUR,
  stoppedAt: HOUR,
  stopCause: 'User-Request',
  inputOctets: 0,
  outputOctets: 0,
  seconds: 3600,
  tariffId: null,
  rate: null,
  sessionTimeoutSeconds: null,
  totalLimitOctets: null,
  ...over,
});
const open = { state: 'open', stoppedAt: null, stopCause: null } as const;
const says = (over: Partial<Session>, at: number): string | undefined =>
  holdersAt([session(over)], at, SILENCE).holders[0]?.certainty;

describe('holdersAt', () => {
  it.each([
    ['before its start', {}, -1, undefined],
    ['at its start', {}, 0, 'certain'],
    ['at its end', {}, HOUR, 'certain'],
    ['after an end that the router told', {}, HOUR + 1, undefined],
    ['a little after it fell silent', { stopCause: 'Stale' }, HOUR + SILENCE, 'probable'],
    ['long after it fell silent', { stopCause: 'Stale' }, HOUR + SILENCE + 1, undefined],
    ['after the power went', { stopCause: 'NAS-Reboot' }, HOUR + 1, 'probable'],
    ['open, up to the last report', open, HOUR, 'certain'],
    ['open, after the last report', open, HOUR + 1, 'probable'],
    ['only reserved', { ...open, state: 'opening' as const }, HOUR, undefined],
  ])('%s', (_, over, at, certainty) => {
    expect(says(over, at)).toBe(certainty);
  });

  it('names who was there next before and next after, which a wrong clock would mean', () => {
    const sessions = [
      session({ id: 'a', stoppedAt: 10 }),
      session({ id: 'b', startedAt: 20, stoppedAt: 30 }),
      session({ id: 'c', startedAt: 50, stoppedAt: 60 }),
      session({ id: 'd', startedAt: 70, ...open }),
    ];
    const { holders, before, after } = holdersAt(sessions, 40, SILENCE);

    expect([holders, before?.id, after?.id]).toEqual([[], 'b', 'c']);
  });

  it('names everybody who was there, and nobody else', () => {
    const spans = fc.array(fc.tuple(fc.nat(100), fc.nat(100)), { maxLength: 20 });
    fc.assert(
      fc.property(spans, fc.nat(200), (some, at) => {
        const sessions = some.map(([startedAt, long], i) =>
          session({ id: String(i), startedAt, stoppedAt: startedAt + long }),
        );
        const there = sessions.filter((s) => s.startedAt <= at && at <= s.stoppedAt!);

        expect(holdersAt(sessions, at, SILENCE).holders.map((one) => one.session)).toEqual(there);
      }),
    );
  });
});

describe('parseInstant', () => {
  const noon = Date.UTC(2026, 10, 24, 7, 5);

  it.each([
    ['2026-11-24 14:05', noon],
    ['2026-11-24T14:05:00', noon],
    [' 2026-11-24 14.05 ', noon],
    ['2026-11-24T07:05:00Z', noon],
    ['2026-11-24 15:05+08:00', noon],
    ['2026-11-24T14:05:30', noon + 30_000],
    ['2026-02-30 10:00', null],
    ['2026-13-01 10:00', null],
    ['2026-11-24 24:00', null],
    ['2026-11-24 10:60', null],
    ['2026-11-24', null],
    ['24-11-2026 14:05', null],
    ['yesterday', null],
    ['', null],
  ])('%j', (text, at) => {
    expect(parseInstant(text, 'Asia/Jakarta')).toBe(at);
  });

  it('means the clock of each of the three zones, and of one with summer time', () => {
    const zones = ['Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura'];
    const hours = zones.map((zone) => (noon - parseInstant('2026-11-24 14:05', zone)!) / HOUR);

    expect(hours).toEqual([0, 1, 2]);
    expect(parseInstant('2026-07-01 12:00', 'Europe/Berlin')).toBe(Date.UTC(2026, 6, 1, 10));
    expect(parseInstant('2026-10-25 00:30', 'Europe/Berlin')).toBe(Date.UTC(2026, 9, 24, 22, 30));
  });
});

describe('subjectOf', () => {
  const toMobile = (text: string): string | null =>
    /^0?8\d{8,11}$/.test(text.replaceAll(/[ -]/g, '')) ? `+62${text.slice(1)}` : null;

  it.each([
    ['081234567890', { kind: 'phone', phone: '+6281234567890' }],
    ['aa-bb-cc-00-00-01', { kind: 'mac', mac: 'AA:BB:CC:00:00:01' }],
    ['08:12:34:56:78:90', { kind: 'mac', mac: '08:12:34:56:78:90' }],
    ['08-12-34-56-78-90', { kind: 'mac', mac: '08:12:34:56:78:90' }],
    [' acde-fghj-kmnp ', { kind: 'name', name: 'acde-fghj-kmnp' }],
    ['siti@desa', { kind: 'name', name: 'siti@desa' }],
    ['', null],
    ['a\u0000b', null],
    ['x'.repeat(254), null],
  ])('%j', (text, subject) => {
    expect(subjectOf(text, toMobile)).toEqual(subject);
  });

  it('masks phone numbers so that the length stays', () => {
    expect(maskedPhone('+6281234567890')).toBe('+62812******90');
  });
});

describe('storyOf', () => {
  const account = {
    ...({ kind: 'subscriber', id: 's', tariff, villageCode: null, disabled: false } as const),
    ...{ firstLoginAt: 5, validUntil: 100 },
  };
  const profile = {
    ...({
      username: '+6281234567890',
      origin: 'self',
      createdAt: 1,
      phone: '+6281234567890',
    } as const),
    ...{ phoneProved: true, displayName: 'Siti', nikMasked: '160601******0003' },
    ...{ hasPassword: true, child: false },
  };
  const facts = {
    ...{ account, profile, voucher: null, officer: null, usage: { octets: 1, seconds: 2 } },
    ...{ devices: [], waiting: [], consents: 1 },
    sessions: [session({ username: '+6281234567890' })],
  };

  it('has no whole phone number, no name and no NIK, wherever they stand', () => {
    const said = JSON.stringify(storyOf(facts, 50));

    expect(said).not.toMatch(/34567|Siti|0003/);
    expect(said.match(/\+62812\*{6}90/g)).toHaveLength(3);
    expect(shownName('siti')).toBe('siti');
  });

  it.each([
    [{}, 50, 'valid'],
    [{}, 100, 'expired'],
    [{ firstLoginAt: null, validUntil: null }, 50, 'new'],
    [{ disabled: true }, 100, 'disabled'],
  ])('says in what state an account is: %j at %i is %s', (over, now, state) => {
    expect(storyOf({ ...facts, account: { ...account, ...over } }, now).state).toBe(state);
  });
});
