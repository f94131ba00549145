import { SmartWifiError } from '../lib/errors.ts';

export type StoreErrorCode =
  /** Another process serves from this file. */
  | 'STORE_IN_USE'
  /** A unique name or address is taken. */
  | 'STORE_CONFLICT'
  /** What the intent refers to does not exist. */
  | 'STORE_NOT_FOUND'
  /** No village LAN is left in the pool. */
  | 'STORE_LAN_FULL'
  /** The key file is missing, unreadable, readable by others, or not the key of this store. */
  | 'STORE_KEY'
  /** A migration that was applied differs from the one shipped, or the store is newer than the program. */
  | 'STORE_MIGRATION'
  /** Too much waits for the database already: this was not even tried. */
  | 'STORE_BUSY'
  /** The database is not made as the store needs it: version, encoding, collation. */
  | 'STORE_DATABASE'
  /** The engine failed (disk full, file damaged, server gone). Nothing of the intent is kept, unless the connection was
   * lost at its COMMIT: then nobody knows, and it is to be tried again. */
  | 'STORE_FAILED';

export class StoreError extends SmartWifiError {
  declare readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}
