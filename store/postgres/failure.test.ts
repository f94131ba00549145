import { DatabaseError } from 'pg';
import { expect, it } from 'vitest';
import { StoreError } from '../errors.ts';
import {
  ConnectionLost,
  fromConnection,
  isPoisoned,
  isRetryable,
  OutcomeUnknown,
  toStoreError,
} from './failure.ts';

function database(code: string, severity = 'ERROR'): DatabaseError {
  return Object.assign(new DatabaseError(`error ${code}`, 0, 'error'), { code, severity });
}

it.each([
  ['a deadlock', database('40P01'), { retry: true, poisoned: false }],
  ['a serialization failure', database('40001'), { retry: true, poisoned: false }],
  ['a plan of an older schema', database('0A000'), { retry: true, poisoned: false }],
  ['a session ended by the server', database('57P01', 'FATAL'), { retry: true, poisoned: false }],
  ['a socket that closed', new Error('ECONNRESET'), { retry: true, poisoned: false }],
  ['a value out of range', database('22003'), { retry: false, poisoned: true }],
  ['a unique violation', database('23505'), { retry: false, poisoned: true }],
  ['a read-only server', database('25006'), { retry: false, poisoned: false }],
  ['a full disk', database('53100'), { retry: false, poisoned: false }],
  ['a statement that took too long', database('57014'), { retry: false, poisoned: false }],
])('tells %s for what it is', (_what, cause, { retry, poisoned }) => {
  const error = fromConnection(cause);

  expect(isRetryable(error)).toBe(retry);
  expect(isPoisoned(error)).toBe(poisoned);
  expect(isPoisoned(toStoreError(error, 'recordAccounting'))).toBe(poisoned);
});

it('never tries again what may have been kept', () => {
  const unknown = new OutcomeUnknown('lost at COMMIT');

  expect([isRetryable(unknown), isPoisoned(unknown)]).toEqual([false, false]);
});

it('lays a refusal of an intent at its event, and a full queue at nobody', () => {
  expect(isPoisoned(new StoreError('STORE_NOT_FOUND', 'no router'))).toBe(true);
  expect(isPoisoned(new StoreError('STORE_BUSY', 'full'))).toBe(false);
});

it('names the code of an error that has no message', () => {
  const refused = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' });

  expect(toStoreError(refused, 'PostgreSQL').message).toBe('PostgreSQL: ECONNREFUSED');
  expect(fromConnection(refused)).toBeInstanceOf(ConnectionLost);
});
