/**
 * Reads that are asked at the same time and differ only in their values go to the server as one statement: a
 * round trip and a plan for many reports, instead of one each. A read that comes alone is sent as it is.
 *
 * `SELECT … WHERE id = ?` of several becomes `SELECT g.n, r.* FROM unnest($1::text[]) … AS g, LATERAL
 * (SELECT … WHERE id = g.p1) AS r`, in which each row says whose it is.
 */
import type { Sql, SqlValue } from '../sql.ts';
import { isPoisoned } from './failure.ts';
import { replacePlaceholders } from './statements.ts';

interface Asked {
  readonly values: readonly Plain[];
  readonly resolve: (rows: Row[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Those of one statement with values of the same types. */
interface Queue {
  readonly sql: string;
  readonly together: string;
  readonly asked: Asked[];
  flights: number;
  scheduled: boolean;
}

type Row = Record<string, unknown>;
type Plain = string | number;

/** Reads that one statement carries, and statements of one text on their way: the next ones gather meanwhile. */
const MOST = 256;
const FLIGHTS = 2;
/** LIMIT takes no column of another table. */
const ALONE = /\b(?:LIMIT|OFFSET)\s+\?/i;

export function gathering(sql: Sql): Sql {
  const queues = new Map<string, Queue>();
  const all = (text: string, values: readonly SqlValue[]): Promise<Row[]> => {
    if (values.length === 0 || !values.every(isPlain) || ALONE.test(text)) {
      return sql.all<Row>(text, ...values);
    }
    const queue = queueOf(queues, text, values);
    return new Promise((resolve, reject) => {
      queue.asked.push({ values, resolve, reject });
      schedule(sql, queue);
    });
  };
  return {
    all: async <T>(text: string, ...values: SqlValue[]) => (await all(text, values)) as T[],
    get: async <T>(text: string, ...values: SqlValue[]) =>
      (await all(text, values))[0] as T | undefined,
    run: sql.run,
  };
}

/** What this turn of the loop still brings goes along. */
function schedule(sql: Sql, queue: Queue): void {
  if (queue.scheduled || queue.flights >= FLIGHTS) return;
  queue.scheduled = true;
  setImmediate(() => {
    queue.scheduled = false;
    if (queue.asked.length > 0) void fly(sql, queue);
  });
}

async function fly(sql: Sql, queue: Queue): Promise<void> {
  const asked = queue.asked.splice(0, MOST);
  queue.flights += 1;
  if (queue.asked.length > 0) schedule(sql, queue);
  await answer(sql, queue, asked);
  queue.flights -= 1;
  if (queue.asked.length > 0) schedule(sql, queue);
}

async function answer(sql: Sql, queue: Queue, asked: readonly Asked[]): Promise<void> {
  if (asked.length === 1) return await alone(sql, queue, asked[0]!);
  try {
    const columns = asked[0]!.values.map((_, i) => asked.map(({ values }) => values[i]!));
    const rows = asked.map((): Row[] => []);
    for (const { sw_n: n, ...row } of await sql.all<Row>(queue.together, ...columns)) {
      rows[(n as number) - 1]!.push(row);
    }
    asked.forEach(({ resolve }, i) => {
      resolve(rows[i]!);
    });
  } catch (error) {
    // One whose values the database refuses takes no other with it.
    if (isPoisoned(error)) await Promise.all(asked.map((one) => alone(sql, queue, one)));
    else for (const { reject } of asked) reject(error);
  }
}

function alone(sql: Sql, queue: Queue, { values, resolve, reject }: Asked): Promise<void> {
  return sql.all<Row>(queue.sql, ...values).then(resolve, reject);
}

function queueOf(queues: Map<string, Queue>, sql: string, values: readonly Plain[]): Queue {
  const types = values.map((value) => (typeof value === 'string' ? 'text' : 'bigint'));
  const key = `${types.join()} ${sql}`;
  const known = queues.get(key);
  if (known !== undefined) return known;
  const queue = { sql, together: together(sql, types), asked: [], flights: 0, scheduled: false };
  queues.set(key, queue);
  return queue;
}

/** The statement of many; `sw_n` counts who asked, from 1. */
export function together(sql: string, types: readonly string[]): string {
  const columns = types.map((type) => `?::${type}[]`).join(', ');
  const names = types.map((_, i) => `p${i + 1}`).join(', ');
  const inner = replacePlaceholders(sql, (number) => `g.p${number}`);
  return `SELECT g.n AS sw_n, r.* FROM unnest(${columns}) WITH ORDINALITY AS g (${names}, n)
  CROSS JOIN LATERAL (${inner}) AS r`;
}

function isPlain(value: SqlValue): value is Plain {
  return typeof value === 'string' || Number.isSafeInteger(value);
}
