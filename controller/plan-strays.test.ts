import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DirectMove, directMoves } from './plan-strays.ts';

function perform(rows: readonly number[], moves: readonly DirectMove[]): number[][] {
  const states = [[...rows]];
  for (const { row, before } of moves) {
    const next = states.at(-1)!.filter((other) => other !== row);
    next.splice(before === null ? next.length : next.indexOf(before), 0, row);
    states.push(next);
  }
  return states;
}

/** A chain in its order, with rows of others in it, of which somebody has moved some of ours. */
const moved = fc
  .record({
    count: fc.integer({ min: 1, max: 9 }),
    others: fc.array(fc.nat(9), { maxLength: 3 }),
    edits: fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { maxLength: 4 }),
  })
  .map(({ count, others, edits }) => {
    const rows = Array.from({ length: count }, (_, row) => row);
    for (const [n, at] of others.entries()) rows.splice(at % (rows.length + 1), 0, -1 - n);
    for (const [from, to] of edits) {
      const ours = rows.filter((row) => row >= 0);
      const row = ours[from % ours.length]!;
      rows.splice(rows.indexOf(row), 1);
      rows.splice(to % (rows.length + 1), 0, row);
    }
    return { rows, edits: edits.length };
  });

describe('directMoves', () => {
  it('brings ours into their order, with no more moves than were made by hand', () => {
    fc.assert(
      fc.property(moved, ({ rows, edits }) => {
        const moves = directMoves(rows);
        if (moves === null) return;

        const ours = perform(rows, moves)
          .at(-1)!
          .filter((row) => row >= 0);
        expect(ours).toEqual(ours.toSorted((a, b) => a - b));
        expect(moves.length).toBeLessThanOrEqual(edits);
      }),
    );
  });

  it('lets in every state the same row decide as before or as afterwards, whatever a packet matches', () => {
    fc.assert(
      fc.property(moved, fc.infiniteStream(fc.boolean()), ({ rows }, matches) => {
        const states = perform(rows, directMoves(rows) ?? []);
        for (let packet = 0; packet < 40; packet += 1) {
          const matched = new Set(rows.filter(() => matches.next().value === true));
          const first = (state: readonly number[]) => state.find((row) => matched.has(row));
          const may = [first(states[0]!), first(states.at(-1)!)];
          for (const state of states) expect(may).toContain(first(state));
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['one row', [9, 0, 1, 2, 3], [[9, null]]],
    [
      'two to the top, the lower one first',
      [9, 8, 0, 1, 2],
      [
        [8, null],
        [9, null],
      ],
    ],
    [
      'two to the end, the upper one first',
      [2, 3, 4, 1, 0],
      [
        [0, 2],
        [1, 2],
      ],
    ],
    ['none', [0, 1, 2], []],
  ])('puts back %s', (_, rows, wanted) => {
    expect(directMoves(rows)?.map(({ row, before }) => [row, before])).toEqual(wanted);
  });
});
