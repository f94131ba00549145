/** What the codec refuses. Nothing else leaves it, whatever bytes came in. */
import { SmartWifiError } from '../lib/errors.ts';

export type RadiusErrorCode =
  /** Shorter than its header says, or than any packet; or beyond 4096 octets. */
  | 'RADIUS_LENGTH'
  /** An attribute runs over the end, is too short, or has a size its type does not allow. */
  | 'RADIUS_ATTRIBUTE'
  /** More attributes than a request needs. */
  | 'RADIUS_ATTRIBUTE_COUNT'
  /** The sub-attributes of a vendor we know do not fill their attribute. */
  | 'RADIUS_VENDOR'
  /** User-Password is not one to eight blocks of 16 octets. */
  | 'RADIUS_PASSWORD'
  /** What was to be sent does not fit its attribute or the packet. */
  | 'RADIUS_ENCODE'
  /** No address or port could be bound. */
  | 'RADIUS_LISTEN'
  /** Certificate files of RADIUS over TLS cannot be used. */
  | 'RADIUS_CERTIFICATE';

export class RadiusError extends SmartWifiError {
  declare readonly code: RadiusErrorCode;

  constructor(code: RadiusErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}
