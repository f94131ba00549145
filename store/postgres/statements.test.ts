import { expect, it } from 'vitest';
import { createStatements, numberPlaceholders, typeParsers } from './statements.ts';

const INT8 = 20;
const NUMERIC = 1700;

it.each([
  ['SELECT a FROM b WHERE c = ? AND d IN (?, ?)', 'SELECT a FROM b WHERE c = $1 AND d IN ($2, $3)'],
  [`SELECT '?', 'it''s ?' , ?`, `SELECT '?', 'it''s ?' , $1`],
  [
    `SELECT "a?b" FROM c WHERE d LIKE 'k$%' AND e = ?`,
    `SELECT "a?b" FROM c WHERE d LIKE 'k$%' AND e = $1`,
  ],
  ['SELECT unnest(?::bigint[])', 'SELECT unnest($1::bigint[])'],
])('numbers the placeholders of %s', (portable, numbered) => {
  expect(numberPlaceholders(portable)).toBe(numbered);
});

it('names a statement by its text, so that it is prepared once', () => {
  const statements = createStatements();
  const [a, again, b] = [
    statements('SELECT ?', [1]),
    statements('SELECT ?', [2]),
    statements('SELECT ?, 1', [1]),
  ];

  expect(again.name).toBe(a.name);
  expect(b.name).not.toBe(a.name);
  expect([a.values, again.values]).toEqual([[1], [2]]);
});

it('names a statement within the 63 bytes that PostgreSQL keeps of a name', () => {
  expect(createStatements()('SELECT 1', []).name!.length).toBeLessThan(64);
});

it('keeps what TEXT cannot hold as U+FFFD, in lists too', () => {
  const { values } = createStatements()('SELECT ?, ?, ?', ['a\0b', ['c\0', null, 1], null]);

  expect(values).toEqual(['a\uFFFDb', ['c\uFFFD', null, 1], null]);
});

it.each([
  [INT8, '9007199254740991', 9007199254740991],
  [INT8, '-5', -5],
  [NUMERIC, '30.0000000000000000', 30],
  [NUMERIC, '0.25', 0.25],
])('reads type %i %s as a number', (oid, text, value) => {
  expect(typeParsers.getTypeParser(oid, 'text')(text)).toBe(value);
});

it.each([
  [INT8, '9007199254740992'],
  [NUMERIC, '-9007199254740992'],
  [NUMERIC, 'NaN'],
])('refuses type %i %s, which a number would change', (oid, text) => {
  expect(() => typeParsers.getTypeParser(oid, 'text')(text)).toThrow(
    expect.objectContaining({ code: 'STORE_FAILED' }),
  );
});
