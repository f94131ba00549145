/**
 * The one error type that leaves this folder. Codes are stable API.
 *
 * A blocked name, an unknown source and a refused list are outcomes, not errors: they are answered,
 * or written into the list's row.
 */
import { SmartWifiError } from '../lib/errors.ts';

export type FilterErrorCode =
  /** A list or policy names a category that does not exist. */
  | 'FILTER_CATEGORY_UNKNOWN'
  /** A web page came in place of a list. */
  | 'FILTER_LIST_HTML'
  /** More than 5 % of the lines are not names. */
  | 'FILTER_LIST_INVALID'
  /** No name in it. */
  | 'FILTER_LIST_EMPTY'
  /** Less than half of the names of the last good text. */
  | 'FILTER_LIST_SHRUNK'
  /** The source did not answer, or not with a list. */
  | 'FILTER_LIST_FETCH'
  | 'FILTER_LIST_TOO_LARGE'
  /** Neither `https://…` nor a file. */
  | 'FILTER_LIST_SOURCE'
  /** A list name that cannot be a file name. */
  | 'FILTER_LIST_NAME'
  /** The file of a list that was once good is gone, or is not what was written. */
  | 'FILTER_LIST_DAMAGED'
  | 'FILTER_LIST_WRITE'
  /** Two names of the lists share a fingerprint under several seeds in a row. */
  | 'FILTER_TABLE_COLLISION'
  /** More combinations of categories than a table can hold. */
  | 'FILTER_TABLE_CLASSES'
  | 'FILTER_NAME_INVALID'
  | 'FILTER_NETWORK_INVALID'
  | 'FILTER_NETWORK_OVERLAP'
  /** A DNS message that breaks RFC 1035. */
  | 'FILTER_MESSAGE_MALFORMED'
  | 'FILTER_UPSTREAM_TIMEOUT'
  | 'FILTER_UPSTREAM_UNREACHABLE'
  /** Every upstream answered SERVFAIL, REFUSED or nothing usable. */
  | 'FILTER_UPSTREAM_FAILED'
  | 'FILTER_RESOLVER_OPTIONS';

export class FilterError extends SmartWifiError {
  declare readonly code: FilterErrorCode;

  constructor(code: FilterErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}
