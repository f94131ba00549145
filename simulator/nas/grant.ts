/** What an Access-Accept (or a CoA-Request) allows a session, read from its attributes. */
import { parseRateLimit, type RateLimit } from '../hotspot/values.ts';
import {
  ATTR,
  type Attribute,
  allValues,
  integerOf,
  MIKROTIK,
  MIKROTIK_ATTR,
  textOf,
  vendorAttributes,
} from './attributes.ts';

/** Null in a field: the reply does not say. */
export interface Grant {
  readonly sessionTimeoutMs: number | null;
  readonly idleTimeoutMs: number | null;
  readonly interimMs: number | null;
  readonly totalLimit: number | null;
  /** Octets from the phone. */
  readonly inputLimit: number | null;
  readonly outputLimit: number | null;
  readonly rate: RateLimit | null;
  /** User profile, Mikrotik-Group. */
  readonly group: string | null;
  /** Mikrotik-Address-List: where the phone's address stands while the session lasts. */
  readonly addressList: string | null;
  /** Class, echoed in every Accounting-Request (RFC 2865 §5.25). */
  readonly classes: readonly Buffer[];
}

export function readGrant(attributes: readonly Attribute[]): Grant {
  const vendor = vendorAttributes(attributes, MIKROTIK);
  const seconds = (type: number): number | null => {
    const value = integerOf(attributes, type);
    return value === null || value === 0 ? null : value * 1000;
  };
  const octets = (low: number, high: number): number | null => {
    const words = integerOf(vendor, low);
    const wraps = integerOf(vendor, high);
    if (words === null && wraps === null) return null;
    return (wraps ?? 0) * 2 ** 32 + (words ?? 0);
  };
  const rate = textOf(vendor, MIKROTIK_ATTR.rateLimit);
  return {
    sessionTimeoutMs: seconds(ATTR.sessionTimeout),
    idleTimeoutMs: seconds(ATTR.idleTimeout),
    interimMs: seconds(ATTR.acctInterimInterval),
    totalLimit: octets(MIKROTIK_ATTR.totalLimit, MIKROTIK_ATTR.totalLimitGigawords),
    inputLimit: octets(MIKROTIK_ATTR.recvLimit, MIKROTIK_ATTR.recvLimitGigawords),
    outputLimit: octets(MIKROTIK_ATTR.xmitLimit, MIKROTIK_ATTR.xmitLimitGigawords),
    rate: rate === null ? null : parseRateLimit(rate),
    group: textOf(vendor, MIKROTIK_ATTR.group),
    addressList: textOf(vendor, MIKROTIK_ATTR.addressList),
    classes: allValues(attributes, ATTR.class),
  };
}
