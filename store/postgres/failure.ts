/** What went wrong, and so what can be done about it. */
import { DatabaseError } from 'pg';
import { errorCode, errorMessage, SmartWifiError } from '../../lib/errors.ts';
import { StoreError } from '../errors.ts';

/** The connection ended, or did not answer in time; what the server did of the last statement is unknown. */
export class ConnectionLost extends Error {}

/** The connection was lost at COMMIT: nobody knows what was kept, so it must not be tried again from here. */
export class OutcomeUnknown extends Error {}

/** Serialization failure, deadlock, a prepared statement that is gone or was made for an older schema. */
const RETRYABLE = ['40001', '40P01', '26000', '0A000'];
/** Class 57: the server ends this session, or cancelled the statement. */
const ENDS_SESSION = ['57P01', '57P02', '57P03', '57P05', '25P03'];
/** What a statement itself can be guilty of: data, integrity, cardinality, syntax. */
const STATEMENT_CLASSES = ['21', '22', '23', '42', '54', 'P0', 'XX'];

/** Of an error that a connection gave: the server's own word passes, everything else means it is lost. */
export function fromConnection(cause: unknown): unknown {
  if (cause instanceof SmartWifiError) return cause;
  if (cause instanceof DatabaseError && !endsSession(cause)) return cause;
  return new ConnectionLost(describe(cause), { cause });
}

/** Whether the same again, on another connection, may well succeed. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof ConnectionLost) return true;
  return error instanceof DatabaseError && RETRYABLE.includes(error.code ?? '');
}

/** Whether what was asked is at fault, and not the database, which would fail everything else as well. */
export function isPoisoned(error: unknown): boolean {
  const cause = error instanceof StoreError ? (error.cause ?? error) : error;
  if (cause instanceof DatabaseError) {
    return STATEMENT_CLASSES.includes((cause.code ?? '').slice(0, 2));
  }
  return !(cause instanceof ConnectionLost || cause instanceof OutcomeUnknown || isBusy(cause));
}

/** As callers see it. */
export function toStoreError(cause: unknown, what: string): SmartWifiError {
  if (cause instanceof SmartWifiError) return cause;
  return new StoreError('STORE_FAILED', `${what}: ${describe(cause)}`, { cause });
}

/** An error of several addresses that all refused has a code and no message. */
function describe(error: unknown): string {
  const message = errorMessage(error);
  return message === '' ? errorCode(error, 'the connection failed') : message;
}

function endsSession(error: DatabaseError): boolean {
  const code = error.code ?? '';
  return (
    error.severity === 'FATAL' ||
    error.severity === 'PANIC' ||
    code.startsWith('08') ||
    ENDS_SESSION.includes(code)
  );
}

function isBusy(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'STORE_BUSY';
}
