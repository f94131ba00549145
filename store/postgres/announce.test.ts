import { expect, it } from 'vitest';
import type { Invalidation } from '../sql.ts';
import { payloadOf } from './announce.ts';

const told = (what: readonly Invalidation[]): unknown => JSON.parse(payloadOf('n', 1, what)).what;
const many = (count: number, id: (n: number) => string): Invalidation[] =>
  Array.from({ length: count }, (_, n) => ['voucher', id(n)]);

it('tells each kind and id once', () => {
  expect(
    told([
      ['voucher', 'a'],
      ['router', 'b'],
      ['voucher', 'a'],
      ['voucher', 'c'],
    ]),
  ).toEqual([
    ['voucher', 'a'],
    ['voucher', 'c'],
    ['router', 'b'],
  ]);
});

it('tells all of a kind where that is what is said, or where there are many', () => {
  const mixed: Invalidation[] = [...many(51, String), ['router', 'b'], ['router', '*']];

  expect(told(mixed)).toEqual([
    ['voucher', '*'],
    ['router', '*'],
  ]);
});

it('tells everything rather than more than a notification holds', () => {
  const long = many(50, (n) => `${n}`.padStart(400, 'ü'));

  expect(told(long)).toBeNull();
  expect(Buffer.byteLength(payloadOf('n', 1, long))).toBeLessThan(8000);
});
