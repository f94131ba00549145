/** Reads that go to PostgreSQL together give what they give alone. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPool, readingSql } from '../../../store/postgres/connection.ts';
import { gathering } from '../../../store/postgres/gather.ts';
import { createStatements } from '../../../store/postgres/statements.ts';
import type { Sql } from '../../../store/sql.ts';
import { type Cluster, postgresInstalled, startCluster } from '../../fixtures/postgres.ts';

const STATEMENTS = [
  'SELECT id, word FROM things WHERE word = ? ORDER BY id',
  'SELECT COALESCE(SUM(CASE WHEN id > ? THEN id END), 0) AS total FROM things WHERE word = ?',
  `SELECT NULL AS id, count(*) AS n FROM things WHERE word = ?
   UNION ALL SELECT id, 0 FROM things WHERE word = ? AND id <= ?`,
] as const;
const word = fc.constantFrom('a', 'b', "it's", 'x\0y', 'nobody');
const id = fc.nat(40);
const question = fc.oneof(
  word.map((w) => [STATEMENTS[0], w] as const),
  fc.tuple(id, word).map(([n, w]) => [STATEMENTS[1], n, w] as const),
  fc.tuple(word, word, id).map(([v, w, n]) => [STATEMENTS[2], v, w, n] as const),
);

describe.runIf(await postgresInstalled())('reads of PostgreSQL', () => {
  let cluster: Cluster;
  let alone: Sql;
  const opened: AsyncDisposable[] = [];

  beforeAll(async () => {
    cluster = await startCluster();
    const url = await cluster.database();
    await cluster.run('CREATE TABLE things (id BIGINT PRIMARY KEY, word TEXT)', url);
    await cluster.run(
      `INSERT INTO things SELECT i, (ARRAY['a', 'b', 'it''s'])[1 + i % 3] FROM generate_series(1, 40) AS i`,
      url,
    );
    const pool = openPool(url, { connections: 2, statementMs: 10_000, waiting: 1000 });
    opened.push(pool);
    alone = readingSql(pool, createStatements());
  });
  afterAll(async () => {
    for (const one of opened) await one[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  it('asked together are answered as alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(question, { minLength: 1, maxLength: 40 }), async (questions) => {
        const sql = gathering(alone);
        const together = await Promise.all(questions.map(([text, ...v]) => sql.all(text, ...v)));
        const apart = await Promise.all(questions.map(([text, ...v]) => alone.all(text, ...v)));

        expect(together).toEqual(apart);
      }),
      { numRuns: 60 },
    );
  });

  it('go as one statement', async () => {
    let statements = 0;
    const counting: Sql = {
      ...alone,
      all: (text, ...values) => {
        statements += 1;
        return alone.all(text, ...values);
      },
    };
    const sql = gathering(counting);
    await Promise.all(Array.from({ length: 100 }, () => sql.all(STATEMENTS[0], 'a')));

    expect(statements).toBe(1);
  });
});
