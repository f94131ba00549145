import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sourceAt } from '../source.ts';
import { ASKER, AT, HOUR, ROUTER, settingsWith } from './charges.fixture.ts';
import { endOfDay, endOfMonth, graceCharges, sendCharges } from './charges.ts';

describe('the end of a day', () => {
  it.each([
    ['2026-11-24T16:59:59.999Z', 'Asia/Jakarta', '2026-11-24T17:00:00.000Z'],
    ['2026-11-24T17:00:00.000Z', 'Asia/Jakarta', '2026-11-25T17:00:00.000Z'],
    ['2026-11-24T15:30:00.500Z', 'Asia/Jayapura', '2026-11-25T15:00:00.000Z'],
  ])('%s in %s is %s', (at, zone, end) => {
    expect(new Date(endOfDay(Date.parse(at), zone)).toISOString()).toBe(end);
  });

  it('is of the month on its last day', () => {
    const at = Date.parse('2026-12-31T16:59:59Z');

    expect(endOfMonth(at, 'Asia/Jakarta')).toBe(endOfDay(at, 'Asia/Jakarta'));
    expect(new Date(endOfMonth(at + 1000, 'Asia/Jakarta')).toISOString()).toBe(
      '2027-01-31T17:00:00.000Z',
    );
  });

  it('comes within a day, and is the same for every instant of the day', () => {
    const instant = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2060, 0) });
    fc.assert(
      fc.property(instant, fc.constantFrom('Asia/Jakarta', 'Asia/Makassar', 'UTC'), (at, zone) => {
        const end = endOfDay(at, zone);

        expect(end).toBeGreaterThan(at);
        expect(end - at).toBeLessThanOrEqual(86_400_000);
        expect(endOfDay(end - 1, zone)).toBe(end);
        expect(endOfMonth(at, zone)).toBeGreaterThanOrEqual(end);
      }),
    );
  });
});

describe('what a code is charged to', () => {
  it('is number, phone, address and router, as the village has it', () => {
    const settings = settingsWith({ 'portal.otp.per-phone': 2 });

    const charges = sendCharges(ASKER, settings, AT, 9);
    expect(charges.map(({ scope, most, gapMs }) => [scope, most, gapMs])).toEqual([
      ['phone', 2, 60_000],
      ['phone from', 1, 60_000],
      ['mac', 6, 60_000],
      ['address', 12, 60_000],
      ['router', 300, 0],
    ]);
  });

  it('is no number where none was given', () => {
    const scopes = graceCharges({ ...ASKER, phone: null }, settingsWith(), 9).map(
      ({ scope }) => scope,
    );
    expect(scopes).toEqual(['grace mac', 'grace address', 'grace router']);
  });

  it('is a village’s number at an address that may hide one, a part of it each hour', () => {
    const source = sourceAt(ROUTER, '203.0.113.9');
    const charges = sendCharges({ ...ASKER, source }, settingsWith(), AT, 9);

    expect(charges.map(({ scope, most, gapMs }) => [scope, most, gapMs])).toEqual([
      ['phone', 5, 60_000],
      ['mac', 6, 60_000],
      ['address', 225, 0],
      ['address hour', 29, 0],
      ['router', 300, 0],
    ]);
    expect(charges.find(({ scope }) => scope === 'address hour')?.endsAt).toBe(AT + HOUR);
  });

  it('of a MAC is taken at one address: who names a neighbour’s takes nothing from them', () => {
    const keyAt = (address: string) =>
      sendCharges({ ...ASKER, source: sourceAt(ROUTER, address) }, settingsWith(), AT, 9).find(
        ({ scope }) => scope === 'mac',
      )!.key;

    expect(keyAt('172.16.0.7')).not.toBe(keyAt('172.16.0.8'));
  });
});

describe('a source', () => {
  it.each([
    ['172.16.0.7', 'phone', 'r1 172.16.0.7'],
    ['172.16.4.7', 'many', '172.16.4.7'],
    ['203.0.113.9', 'many', '203.0.113.9'],
    ['2001:DB8:0:1:a:b:c:d', 'many', '2001:db8:0:1'],
    ['2001:db8::1', 'many', '2001:db8:0:0'],
    ['::1', 'many', '0:0:0:0'],
    ['fe80::1%eth0', 'many', 'fe80:0:0:0'],
    ['', 'many', ''],
  ])('%s is %s', (address, kind, key) => {
    expect(sourceAt(ROUTER, address)).toEqual({ kind, key });
  });

  it('is one for all that a line of IPv6 may call itself', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const { key } = sourceAt(ROUTER, address);
        expect(key.split(':').length).toBeLessThanOrEqual(4);
      }),
    );
  });
});
