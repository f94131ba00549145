/** What the value of an attribute is (RFC 8044 §3), and how many octets that takes. */

/**
 * `text` is UTF-8, `octets` opaque, `integer` 32 bits unsigned, `date` seconds since 1970, `ipaddr` an
 * IPv4 address; `ifid` the lower half of an IPv6 address; `ipv6prefix` a reserved octet, a number of
 * bits and as many octets as those need; a tagged value says by its tag, 0 to 31, to which of several
 * tunnels it belongs (RFC 2868 §3).
 */
export type AttributeKind =
  | 'text'
  | 'octets'
  | 'integer'
  | 'date'
  | 'ipaddr'
  | 'ipv6addr'
  | 'ipv6prefix'
  | 'ifid'
  | 'tagged-integer'
  | 'tagged-text';

export interface AttributeDefinition {
  /** 0 = a standard attribute, else the private enterprise number. */
  readonly vendor: number;
  readonly type: number;
  readonly kind: AttributeKind;
}

/** The most that the value of a standard attribute holds; a vendor's loses six to its headers. */
export const MAX_VALUE_BYTES = 253;
/** The largest tag; an octet above it is the first of a text without a tag (RFC 2868 §3.3). */
export const MAX_TAG = 0x1f;
export const PREFIX_HEAD_BYTES = 2;
export const IPV6_BITS = 128;

/** Least and most octets of a value. */
export const SIZES: Readonly<Record<AttributeKind, readonly [number, number]>> = {
  text: [0, MAX_VALUE_BYTES],
  octets: [0, MAX_VALUE_BYTES],
  integer: [4, 4],
  date: [4, 4],
  ipaddr: [4, 4],
  ipv6addr: [16, 16],
  ipv6prefix: [PREFIX_HEAD_BYTES, PREFIX_HEAD_BYTES + 16],
  ifid: [8, 8],
  'tagged-integer': [4, 4],
  'tagged-text': [0, MAX_VALUE_BYTES],
};

/** Makes definitions of one vendor; 0 for the standard. */
export function attributesOf<V extends number>(vendor: V) {
  return <K extends AttributeKind>(type: number, kind: K) => ({ vendor, type, kind });
}
