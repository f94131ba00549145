/**
 * Connections to PostgreSQL: bounded in number, in how many callers wait for one, and in time. A server that
 * hangs becomes an error; one that comes back is used again without a restart of ours.
 */
import { type ClientBase, type ClientConfig, Pool, type QueryConfig, type QueryResult } from 'pg';
import { errorMessage } from '../../lib/errors.ts';
import { StoreError } from '../errors.ts';
import type { Sql } from '../sql.ts';
import { fromConnection, isRetryable, toStoreError } from './failure.ts';
import { type Statements, typeParsers } from './statements.ts';

export interface ConnectionPool extends AsyncDisposable {
  /** `STORE_BUSY` when too many wait; `STORE_FAILED` when there is no server. */
  use<T>(work: (client: ClientBase) => Promise<T>): Promise<T>;
}

export interface PoolLimits {
  readonly connections: number;
  /** How long the server may work on one statement, waiting for locks included. */
  readonly statementMs: number;
  /** Callers that may wait for a connection. */
  readonly waiting: number;
}

/** How long connecting, and waiting for a free connection, may take. */
const CONNECT_MS = 5_000;
/** A server that cannot even say that a statement took too long. */
const SILENCE_MS = 3_000;
/** A node that was stopped in the middle of an intent must not hold its locks for ever. */
const IDLE_IN_TRANSACTION_MS = 10_000;
const IDLE_MS = 60_000;
const WAITED_TOO_LONG = 'timeout exceeded when trying to connect';

/** What COMMIT promises is durable, whatever the server's default is; a stricter default stays. */
const SESSION = `SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply');
  SET default_transaction_isolation = 'read committed';
  SET jit = off`;

export function clientConfig(url: string, statementMs: number): ClientConfig {
  return {
    connectionString: url,
    fallback_application_name: 'smartwifi',
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: statementMs,
    query_timeout: statementMs + SILENCE_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    types: typeParsers,
  };
}

export function openPool(url: string, limits: PoolLimits): ConnectionPool {
  const pool = new Pool({
    ...clientConfig(url, limits.statementMs),
    max: limits.connections,
    // A statement is sent while the one before is still being answered: fewer round trips for an intent.
    pipeline: true,
    idleTimeoutMillis: IDLE_MS,
    verify: (client, done) => {
      client.query(SESSION, (error) => done(error));
    },
  });
  // An idle connection that ends is replaced when one is needed; a busy one fails its statement.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return {
    use: async (work) => {
      if (pool.waitingCount >= limits.waiting) {
        throw new StoreError(
          'STORE_BUSY',
          `${pool.waitingCount} callers wait for ${limits.connections} connections already`,
        );
      }
      const client = await pool.connect().catch((cause: unknown) => {
        throw connectFailure(cause);
      });
      let discard = false;
      try {
        return await work(client);
      } catch (error) {
        discard = isRetryable(error);
        throw error;
      } finally {
        client.release(discard || client.getTransactionStatus() !== 'I');
      }
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** One statement on one connection; a connection that fails gives {@link ConnectionLost}. */
export async function ask(client: ClientBase, query: QueryConfig | string): Promise<QueryResult> {
  try {
    return await client.query(query);
  } catch (cause) {
    throw fromConnection(cause);
  }
}

/** SQL over whatever runs a prepared statement. */
export function sqlOver(
  statements: Statements,
  run: (query: QueryConfig) => Promise<QueryResult>,
): Sql {
  return {
    get: async <T>(sql: string, ...values: Parameters<Statements>[1]) =>
      (await run(statements(sql, values))).rows[0] as T | undefined,
    all: async <T>(sql: string, ...values: Parameters<Statements>[1]) =>
      (await run(statements(sql, values))).rows as T[],
    run: async (sql, ...values) => (await run(statements(sql, values))).rowCount ?? 0,
  };
}

/** Reads: each on any connection, once more when its connection had just died. */
export function readingSql(pool: ConnectionPool, statements: Statements): Sql {
  return sqlOver(statements, async (query) => {
    const once = (): Promise<QueryResult> => pool.use((client) => ask(client, query));
    try {
      return await once().catch((error: unknown) => {
        if (isRetryable(error)) return once();
        throw error;
      });
    } catch (cause) {
      throw toStoreError(cause, 'PostgreSQL');
    }
  });
}

function connectFailure(cause: unknown): unknown {
  if (errorMessage(cause) !== WAITED_TOO_LONG) return toStoreError(cause, 'PostgreSQL');
  return new StoreError('STORE_BUSY', `no connection was free for ${CONNECT_MS} ms`, { cause });
}
