import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchCount, BatchEvent } from '../../store/types.ts';
import { officerOf, parseSpan, reportBatch, runsOf, spansText } from './batches.ts';
import { voucher } from './card.fixture.ts';
import { worthPrinting } from './leave-out.ts';

const DAY = 86_400_000;
const NOW = 100 * DAY;
const count: BatchCount = {
  batch: 'b',
  createdAt: NOW - 50 * DAY,
  villageCode: null,
  vouchers: 100,
  used: 30,
  usedSince: 14,
  revoked: 5,
};
const did = (
  kind: BatchEvent['kind'],
  firstSerial: number,
  lastSerial: number,
  officer: string | null = null,
): BatchEvent => ({
  batch: 'b',
  kind,
  at: firstSerial,
  officer,
  firstSerial,
  lastSerial,
  detail: '',
});

describe('the report of a batch', () => {
  it('counts each card once, however often it was printed', () => {
    const events = [did('printed', 1, 24), did('printed', 10, 30), did('printed', 50, 50)];

    expect(reportBatch(count, events, NOW, 14)).toMatchObject({ printed: 31, handedOut: 0 });
  });

  it('knows who has which cards after some were handed on', () => {
    const events = [
      did('created', 1, 100, 'Diskominfo'),
      did('handed', 1, 100, 'Siti'),
      did('handed', 40, 60, 'Budi'),
      { ...did('handed', 1, 9, 'Ani'), batch: 'other' },
    ];
    const report = reportBatch(count, events, NOW, 14);

    expect(report.officer).toBe('Diskominfo');
    expect(report.holders.map(({ first, last, officer }) => [first, last, officer])).toEqual([
      [1, 39, 'Siti'],
      [40, 60, 'Budi'],
      [61, 100, 'Siti'],
    ]);
    expect(report.handedOut).toBe(100);
    expect([1, 40, 61].map((serial) => officerOf(events, serial))).toEqual(['Ani', 'Budi', 'Siti']);
    expect(officerOf(events.slice(0, 1), 7)).toBe('Diskominfo');
    expect(officerOf([], 7)).toBeNull();
  });

  it('says how fast cards are used and how long the rest lasts', () => {
    expect(reportBatch(count, [], NOW, 14)).toMatchObject({
      unused: 65,
      usedPerDay: 1,
      daysLeft: 65,
    });
    expect(reportBatch({ ...count, usedSince: 0 }, [], NOW, 14)).toMatchObject({
      usedPerDay: 0,
      daysLeft: null,
    });
    // Two days old: what was used is of two days, not of fourteen.
    expect(reportBatch({ ...count, createdAt: NOW - 2 * DAY }, [], NOW, 14).usedPerDay).toBe(7);
    expect(reportBatch({ ...count, createdAt: NOW }, [], NOW, 14).usedPerDay).toBe(14);
  });

  it('gives every card to its last taker, whatever the order of handovers', () => {
    const span = fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.nat(20))
      .map(([first, more]) => ({ first, last: first + more }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 8 }), (spans) => {
        const events = spans.map(({ first, last }, i) => did('handed', first, last, `o${i}`));
        const { holders, handedOut } = reportBatch(count, events, NOW, 14);
        const serials = Array.from({ length: 60 }, (_, i) => i + 1);
        const has = (serial: number) =>
          holders.filter(({ first, last }) => first <= serial && serial <= last);

        for (const serial of serials) {
          expect(has(serial).map(({ officer }) => officer)).toEqual(
            [officerOf(events, serial)].filter((officer) => officer !== null),
          );
        }
        expect(handedOut).toBe(serials.filter((serial) => has(serial).length > 0).length);
      }),
    );
  });
});

describe('ranges of serials', () => {
  it.each([
    ['1-48', { first: 1, last: 48 }],
    [' 7 ', { first: 7, last: 7 }],
    ['0-4', null],
    ['9-3', null],
    ['1-', null],
    ['-1', null],
    ['1-2-3', null],
    ['1e3', null],
    ['1234567', null],
    ['', null],
  ])('%j', (text, span) => {
    expect(parseSpan(text)).toEqual(span);
  });

  it('are made of numbers and said in words', () => {
    expect(runsOf([1, 2, 3, 7, 9, 10])).toEqual([
      { first: 1, last: 3 },
      { first: 7, last: 7 },
      { first: 9, last: 10 },
    ]);
    expect(spansText(runsOf([1, 2, 3, 7]))).toBe('1-3, 7');
    expect(runsOf([])).toEqual([]);
  });
});

describe('worthPrinting', () => {
  const vouchers = [
    voucher,
    { ...voucher, id: 'used', usedAt: 5 },
    { ...voucher, id: 'revoked', disabled: true, usedAt: 5 },
    { ...voucher, id: 'old', code: 'OLD' },
  ];
  const isReadable = (code: string): boolean => code !== 'OLD';

  it('leaves out cards that somebody uses, that are revoked, and that no portal reads', () => {
    const { vouchers: kept, leftOut } = worthPrinting(vouchers, false, isReadable);

    expect(kept).toEqual([voucher]);
    expect(leftOut).toEqual({ used: 1, revoked: 1, unreadable: 1 });
  });

  it('prints used ones again when asked to, revoked ones never', () => {
    const { vouchers: kept, leftOut } = worthPrinting(vouchers, true, isReadable);

    expect(kept.map(({ id }) => id)).toEqual(['v1', 'used']);
    expect(leftOut).toEqual({ used: 0, revoked: 1, unreadable: 1 });
  });
});
