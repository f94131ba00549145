/**
 * RADIUS attributes as the twin writes and reads them: numbers of RFC 2865/2866/2869/5176 and of the
 * MikroTik and WISPr dictionaries. The simulator's own, so that a misreading in the server cannot hide.
 */

export const ATTR = {
  userName: 1,
  userPassword: 2,
  chapPassword: 3,
  nasIpAddress: 4,
  nasPort: 5,
  serviceType: 6,
  framedIpAddress: 8,
  replyMessage: 18,
  state: 24,
  class: 25,
  vendorSpecific: 26,
  sessionTimeout: 27,
  idleTimeout: 28,
  calledStationId: 30,
  callingStationId: 31,
  nasIdentifier: 32,
  proxyState: 33,
  acctStatusType: 40,
  acctDelayTime: 41,
  acctInputOctets: 42,
  acctOutputOctets: 43,
  acctSessionId: 44,
  acctAuthentic: 45,
  acctSessionTime: 46,
  acctInputPackets: 47,
  acctOutputPackets: 48,
  acctTerminateCause: 49,
  acctInputGigawords: 52,
  acctOutputGigawords: 53,
  eventTimestamp: 55,
  chapChallenge: 60,
  nasPortType: 61,
  messageAuthenticator: 80,
  acctInterimInterval: 85,
  nasPortId: 87,
  nasIpv6Address: 95,
  errorCause: 101,
} as const;

export const MIKROTIK = 14_988;
export const MIKROTIK_ATTR = {
  recvLimit: 1,
  xmitLimit: 2,
  group: 3,
  rateLimit: 8,
  hostIp: 10,
  recvLimitGigawords: 14,
  xmitLimitGigawords: 15,
  totalLimit: 17,
  totalLimitGigawords: 18,
  addressList: 19,
} as const;

export const WISPR = 14_122;
export const WISPR_ATTR = { locationId: 1, locationName: 2 } as const;

/** Acct-Terminate-Cause, RFC 2866 §5.10; the ones that a hotspot gives. */
export const TERMINATE_CAUSE = {
  'User-Request': 1,
  'Lost-Service': 3,
  'Idle-Timeout': 4,
  'Session-Timeout': 5,
  'Admin-Reset': 6,
  'NAS-Request': 10,
  'NAS-Reboot': 11,
} as const;
export type TerminateCause = keyof typeof TERMINATE_CAUSE;

export interface Attribute {
  readonly type: number;
  readonly value: Buffer;
}

const MAX_VALUE = 253;

/** A string attribute, cut at the 253 octets that one attribute can hold. */
export function textAttribute(type: number, text: string): Attribute {
  return { type, value: Buffer.from(text, 'utf8').subarray(0, MAX_VALUE) };
}

export function integerAttribute(type: number, value: number): Attribute {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return { type, value: bytes };
}

/** A dotted IPv4 address; anything else becomes 0.0.0.0, as a router without an address would send. */
export function addressAttribute(type: number, address: string): Attribute {
  const parts = address.split('.').map(Number);
  const valid = parts.length === 4 && parts.every((part) => part >= 0 && part <= 255);
  return { type, value: Buffer.from(valid ? parts : [0, 0, 0, 0]) };
}

/** RFC 2865 §5.26 with one sub-attribute, the form that MikroTik uses. */
export function vendorAttribute(vendor: number, inner: Attribute): Attribute {
  const head = Buffer.alloc(6);
  head.writeUInt32BE(vendor);
  head[4] = inner.type;
  const value = inner.value.subarray(0, MAX_VALUE - 6);
  head[5] = value.length + 2;
  return { type: ATTR.vendorSpecific, value: Buffer.concat([head, value]) };
}

export function allValues(attributes: readonly Attribute[], type: number): Buffer[] {
  return attributes.filter((attribute) => attribute.type === type).map(({ value }) => value);
}

export function integerOf(attributes: readonly Attribute[], type: number): number | null {
  const value = attributes.find((attribute) => attribute.type === type)?.value;
  return value?.length === 4 ? value.readUInt32BE() : null;
}

export function textOf(attributes: readonly Attribute[], type: number): string | null {
  const values = allValues(attributes, type);
  return values.length === 0 ? null : Buffer.concat(values).toString('utf8');
}

export function addressOf(attributes: readonly Attribute[], type: number): string | null {
  const value = attributes.find((attribute) => attribute.type === type)?.value;
  return value?.length === 4 ? value.join('.') : null;
}

/** The sub-attributes of one vendor, in order; malformed ones are left out. */
export function vendorAttributes(attributes: readonly Attribute[], vendor: number): Attribute[] {
  const found: Attribute[] = [];
  for (const value of allValues(attributes, ATTR.vendorSpecific)) {
    if (value.length < 6 || value.readUInt32BE() !== vendor) continue;
    let offset = 4;
    while (offset + 2 <= value.length) {
      const length = value[offset + 1]!;
      if (length < 2 || offset + length > value.length) break;
      found.push({ type: value[offset]!, value: value.subarray(offset + 2, offset + length) });
      offset += length;
    }
  }
  return found;
}
