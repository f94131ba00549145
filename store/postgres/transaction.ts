/**
 * Intents as transactions. On SQLite one writer runs intents one after another; here every intent holds one
 * advisory lock, exclusively, and so runs alone as well. Intents on the path of a login or of accounting
 * share that lock and lock what they are about instead.
 */
import type { ClientBase, QueryResult } from 'pg';
import { backoffMs } from '../../lib/retry.ts';
import type { Keys } from '../keys.ts';
import type { Invalidation, WriteContext } from '../sql.ts';
import { CHANNEL } from './announce.ts';
import { ask, type ConnectionPool, sqlOver } from './connection.ts';
import {
  ConnectionLost,
  fromConnection,
  isRetryable,
  OutcomeUnknown,
  toStoreError,
} from './failure.ts';
import type { Statements } from './statements.ts';

export type Transaction = <T>(
  intent: string,
  alone: boolean,
  work: (ctx: WriteContext) => Promise<T>,
) => Promise<T>;

export interface TransactionParts {
  readonly pool: ConnectionPool;
  readonly keys: Keys;
  readonly statements: Statements;
  /** Called before COMMIT; the result is said in the transaction, and `done` called once it holds. */
  announce(what: readonly Invalidation[]): { payload: string | null; done: () => void };
}

/** The lock of the whole store ("SW", "IFI"), in the space of two 32-bit keys; `lock` uses the other space. */
export const STORE_LOCK = '21335, 4802121';

const ATTEMPTS = 5;
const BACKOFF = { firstMs: 10, maxMs: 200 };

/** Throws what the intent throws; `STORE_FAILED` when the database fails, or its answer to COMMIT is lost. */
export function createTransaction(parts: TransactionParts): Transaction {
  return async (intent, alone, work) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await parts.pool.use((client) => attemptOnce(parts, client, alone, work));
      } catch (error) {
        if (attempt === ATTEMPTS || !isRetryable(error)) throw toStoreError(error, intent);
      }
      await new Promise((resolve) => setTimeout(resolve, backoffMs(BACKOFF, attempt, Math.random)));
    }
  };
}

async function attemptOnce<T>(
  parts: TransactionParts,
  client: ClientBase,
  alone: boolean,
  work: (ctx: WriteContext) => Promise<T>,
): Promise<T> {
  const stale: Invalidation[] = [];
  const unanswered = sentAhead(client);
  const sql = sqlOver(parts.statements, (query) => ask(client, query));
  const say = (text: string, ...values: string[]): void =>
    unanswered.send(parts.statements(text, values));
  try {
    unanswered.send(`BEGIN; SELECT pg_advisory_xact_lock${alone ? '' : '_shared'}(${STORE_LOCK})`);
    const value = await work({
      sql,
      keys: parts.keys,
      skipLocked: ' FOR UPDATE SKIP LOCKED',
      lock: async (what) => say('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', what),
      invalidate: (kind, id) => stale.push([kind, id]),
    });
    const { payload, done } = parts.announce(stale);
    if (payload !== null) say('SELECT pg_notify(?, ?)', CHANNEL, payload);
    await commit(client);
    done();
    return value;
  } catch (cause) {
    // What failed first says why; the rest only that the transaction had failed.
    const error = (await unanswered.firstFailure()) ?? cause;
    const over = error instanceof ConnectionLost || error instanceof OutcomeUnknown;
    if (!over) await ask(client, 'ROLLBACK');
    throw error;
  }
}

/**
 * Statements whose result nobody reads, such as BEGIN and locks. The next one is sent right behind, on a
 * connection in pipeline mode, and is refused when they fail.
 */
function sentAhead(client: ClientBase): {
  send(query: Parameters<typeof ask>[1]): void;
  firstFailure(): Promise<unknown>;
} {
  const outcomes: Promise<unknown>[] = [];
  return {
    send: (query) => {
      outcomes.push(
        ask(client, query).then(
          () => null,
          (error: unknown) => error,
        ),
      );
    },
    firstFailure: async () => (await Promise.all(outcomes)).find((error) => error !== null),
  };
}

async function commit(client: ClientBase): Promise<void> {
  let result: QueryResult;
  try {
    result = await client.query('COMMIT');
  } catch (cause) {
    const error = fromConnection(cause);
    if (!(error instanceof ConnectionLost)) throw error;
    throw new OutcomeUnknown(`the connection was lost at COMMIT: ${error.message}`, { cause });
  }
  // A transaction in which a statement failed answers COMMIT with ROLLBACK, and no error.
  if (result.command !== 'COMMIT') throw new Error('a statement had failed: nothing was kept');
}
