import { DatabaseError } from 'pg';
import { describe, expect, it } from 'vitest';
import type { Sql, SqlValue } from '../sql.ts';
import { gathering, together } from './gather.ts';

const BY_ID = 'SELECT id, name FROM t WHERE id = ?';

it('the statement of many says whose each row is, and leaves literals alone', () => {
  expect(together(`SELECT '?' AS q FROM t WHERE a = ? AND b = ?`, ['text', 'bigint'])).toBe(
    `SELECT g.n AS sw_n, r.* FROM unnest(?::text[], ?::bigint[]) WITH ORDINALITY AS g (p1, p2, n)
  CROSS JOIN LATERAL (SELECT '?' AS q FROM t WHERE a = g.p1 AND b = g.p2) AS r`,
  );
});

/** Knows one row an id; says what it was asked. */
function database(refuses = '') {
  const asked: [string, readonly SqlValue[]][] = [];
  const all = async (sql: string, ...values: SqlValue[]): Promise<unknown[]> => {
    asked.push([sql, values]);
    const ids = [values[0]!].flat() as string[];
    if (ids.includes(refuses)) {
      throw Object.assign(new DatabaseError('no', 0, 'error'), { code: '22003' });
    }
    const isTogether = sql.includes('LATERAL');
    return ids.map((id, i) => ({ ...(isTogether ? { sw_n: i + 1 } : {}), id, name: `n${id}` }));
  };
  const sql = { all, get: async () => undefined, run: async () => 0 } as unknown as Sql;
  return { sql: gathering(sql), asked };
}

describe('reads at the same time', () => {
  it('go as one, and each gets its own row as if it were alone', async () => {
    const { sql, asked } = database();
    const rows = await Promise.all(['a', 'b', 'a'].map((id) => sql.get(BY_ID, id)));

    expect(rows).toEqual(['a', 'b', 'a'].map((id) => ({ id, name: `n${id}` })));
    expect(asked.map(([, values]) => values)).toEqual([[['a', 'b', 'a']]]);
  });

  it('of one value that the database refuses fail for that one only', async () => {
    const { sql } = database('b');
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((id) => sql.all(BY_ID, id)));

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it.each<[string, string, SqlValue[]]>([
    ['a limit', 'SELECT id FROM t LIMIT ?', [1]],
    ['nothing', BY_ID, [null]],
    ['bytes', BY_ID, [new Uint8Array(1)]],
    ['a fraction', BY_ID, [0.5]],
  ])('with %s go alone', async (_, text, values) => {
    const { sql, asked } = database();
    await Promise.all([sql.all(text, ...values), sql.all(text, ...values)]);

    expect(asked).toEqual([
      [text, values],
      [text, values],
    ]);
  });

  it('of other types go apart', async () => {
    const { sql, asked } = database();
    await Promise.all([sql.all(BY_ID, 'a'), sql.all(BY_ID, 1), sql.all(BY_ID, 'b')]);

    expect(asked.map(([, values]) => values)).toEqual([[['a', 'b']], [1]]);
  });
});
