import { expect, it } from 'vitest';
import { checkFacts } from './database.ts';

const fit = { version: 150_018, name: 'wifi', encoding: 'UTF8', collation: 'C' };

it.each(['C', 'POSIX', 'C.UTF-8'])('takes a database sorted by %s', (collation) => {
  expect(() => checkFacts({ ...fit, collation })).not.toThrow();
});

it.each([
  ['an old server', { version: 130_012 }, /PostgreSQL 13/],
  ['another encoding', { encoding: 'SQL_ASCII' }, /createdb --encoding=UTF8 --locale=C .* wifi/],
  ['another order', { collation: 'id_ID.UTF-8' }, /createdb .* --locale=C .* wifi/],
])('refuses %s and says how to make one that is fit', (_what, over, message) => {
  expect(() => checkFacts({ ...fit, ...over })).toThrow(
    expect.objectContaining({
      code: 'STORE_DATABASE',
      message: expect.stringMatching(message),
    }),
  );
});
