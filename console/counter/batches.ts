/** What became of a batch: how many cards are printed, with whom they are, how fast they are used. Pure. */
import type { BatchCount, BatchEvent } from '../../store/types.ts';

/** Cards from one serial number to another, both included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

export interface Holding extends Span {
  readonly officer: string;
  readonly at: number;
}

export interface BatchReport {
  readonly batch: string;
  readonly villageCode: string | null;
  readonly createdAt: number;
  /** Who asked for it. */
  readonly officer: string | null;
  readonly vouchers: number;
  readonly printed: number;
  readonly handedOut: number;
  /** Who has which cards now: the last handover of a card counts. */
  readonly holders: readonly Holding[];
  readonly used: number;
  /** Neither used nor revoked. */
  readonly unused: number;
  readonly revoked: number;
  /** First uses a day, over the last days that the caller looks at. */
  readonly usedPerDay: number;
  /** How long the unused ones last at that rate; null when none is used. */
  readonly daysLeft: number | null;
}

const DAY_MS = 86_400_000;

/** `count.usedSince` is of the last `windowDays`; a younger batch is counted by its age, of a day at least. */
export function reportBatch(
  count: BatchCount,
  events: readonly BatchEvent[],
  now: number,
  windowDays: number,
): BatchReport {
  const ofBatch = events.filter(({ batch }) => batch === count.batch);
  const ageDays = Math.max(1, (now - count.createdAt) / DAY_MS);
  const usedPerDay = count.usedSince / Math.min(windowDays, ageDays);
  const unused = count.vouchers - count.used - count.revoked;
  const created = ofBatch.findLast(({ kind }) => kind === 'created');
  const holders = holdersOf(ofBatch);
  return {
    batch: count.batch,
    villageCode: count.villageCode,
    createdAt: count.createdAt,
    officer: created?.officer ?? null,
    vouchers: count.vouchers,
    printed: covered(spansOf(ofBatch, 'printed')),
    handedOut: covered(holders),
    holders,
    used: count.used,
    unused,
    revoked: count.revoked,
    usedPerDay: Math.round(usedPerDay * 100) / 100,
    daysLeft: usedPerDay === 0 ? null : Math.floor(unused / usedPerDay),
  };
}

/** The officer who took this card last, else who asked for the batch; null when nobody was named. */
export function officerOf(events: readonly BatchEvent[], serial: number): string | null {
  const has = (event: BatchEvent): boolean =>
    event.firstSerial <= serial && serial <= event.lastSerial && event.officer !== null;
  const taken = events.findLast((event) => event.kind === 'handed' && has(event));
  const asked = events.findLast((event) => event.kind === 'created' && has(event));
  return (taken ?? asked)?.officer ?? null;
}

/** `12-48` or `7`; null for anything else. */
export function parseSpan(text: string): Span | null {
  const [, first, last] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(text.trim()) ?? [];
  if (first === undefined) return null;
  const span = { first: Number(first), last: Number(last ?? first) };
  return span.first >= 1 && span.last >= span.first ? span : null;
}

/** Handovers in their order, each without what was handed on after it. */
function holdersOf(events: readonly BatchEvent[]): Holding[] {
  let holdings: Holding[] = [];
  for (const event of events) {
    if (event.kind !== 'handed' || event.officer === null) continue;
    const { firstSerial: first, lastSerial: last, officer, at } = event;
    holdings = [
      ...holdings.flatMap((holding) => without(holding, { first, last })),
      { first, last, officer, at },
    ];
  }
  return holdings.toSorted((a, b) => a.first - b.first);
}

function without(holding: Holding, taken: Span): Holding[] {
  if (taken.last < holding.first || taken.first > holding.last) return [holding];
  const before = { ...holding, last: taken.first - 1 };
  const after = { ...holding, first: taken.last + 1 };
  return [before, after].filter(({ first, last }) => first <= last);
}

function spansOf(events: readonly BatchEvent[], kind: BatchEvent['kind']): Span[] {
  return events
    .filter((event) => event.kind === kind)
    .map(({ firstSerial, lastSerial }) => ({ first: firstSerial, last: lastSerial }));
}

/** Serial numbers in any of the spans. */
function covered(spans: readonly Span[]): number {
  let count = 0;
  let upTo = 0;
  for (const { first, last } of spans.toSorted((a, b) => a.first - b.first)) {
    count += Math.max(0, last - Math.max(first - 1, upTo));
    upTo = Math.max(upTo, last);
  }
  return count;
}

/** Serial numbers in ascending order as spans. */
export function runsOf(serials: readonly number[]): Span[] {
  const runs: { first: number; last: number }[] = [];
  for (const serial of serials) {
    const run = runs.at(-1);
    if (run !== undefined && serial === run.last + 1) run.last = serial;
    else runs.push({ first: serial, last: serial });
  }
  return runs;
}

/** `1-24, 30`. */
export function spansText(spans: readonly Span[]): string {
  return spans
    .map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`))
    .join(', ');
}
