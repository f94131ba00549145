/**
 * Attributes of a packet on their way from one server to another, octet for octet, whoever's they are.
 * A proxy keeps what it does not know (RFC 2865 §2.3); what is hidden under a secret is hidden anew.
 */
import { ATTRIBUTES, VENDOR_SPECIFIC } from './attributes.ts';
import { HEADER_BYTES, MAX_PACKET_BYTES, type Packet } from './codec.ts';
import { RadiusError } from './errors.ts';

const MA_TYPE = ATTRIBUTES['Message-Authenticator'].type;
const MA_BYTES = 18;
const PROXY_STATE = ATTRIBUTES['Proxy-State'].type;

/** Type, length and value, as on the wire. */
export type RawAttribute = Uint8Array;

export interface RelayedPacket {
  readonly code: number;
  readonly identifier: number;
  readonly attributes: Uint8Array;
  /** The request whose Proxy-State attributes are given back. */
  readonly proxyStatesOf?: Packet;
}

/** With a Message-Authenticator first, still zero: sign.ts fills it. `RADIUS_ENCODE` over 4096 octets. */
export function encodeRelayed(packet: RelayedPacket): Buffer {
  const states =
    packet.proxyStatesOf === undefined
      ? []
      : rawAttributes(packet.proxyStatesOf).filter((raw) => raw[0] === PROXY_STATE);
  const bytes = Buffer.concat([
    Buffer.alloc(HEADER_BYTES),
    Buffer.from([MA_TYPE, MA_BYTES]),
    Buffer.alloc(MA_BYTES - 2),
    packet.attributes,
    ...states,
  ]);
  if (bytes.length > MAX_PACKET_BYTES) {
    throw new RadiusError('RADIUS_ENCODE', 'packet is over 4096 octets');
  }
  bytes[0] = packet.code;
  bytes[1] = packet.identifier;
  bytes.writeUInt16BE(bytes.length, 2);
  return bytes;
}

/** Each attribute of a packet, in order; a vendor's as one, with all its own inside. */
export function rawAttributes({ bytes }: Packet): RawAttribute[] {
  const raw: RawAttribute[] = [];
  for (let at = HEADER_BYTES; at < bytes.length; at += bytes[at + 1]!) {
    raw.push(bytes.subarray(at, at + bytes[at + 1]!));
  }
  return raw;
}

/**
 * The same attribute with every value of `vendor` passed through `rewrite` (type and value in, new value
 * out; null takes it away). Null when nothing is left. Others' attributes stay as they are.
 */
export function rewriteVendor(
  raw: RawAttribute,
  vendor: number,
  rewrite: (type: number, value: Uint8Array) => Uint8Array | null,
): RawAttribute | null {
  const view = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  if (raw[0] !== VENDOR_SPECIFIC || view.readUInt32BE(2) !== vendor) return raw;
  const inner: Uint8Array[] = [];
  for (let at = 6; at < raw.length; at += raw[at + 1]!) {
    const value = rewrite(raw[at]!, raw.subarray(at + 2, at + raw[at + 1]!));
    if (value !== null) inner.push(Uint8Array.of(raw[at]!, value.length + 2), value);
  }
  if (inner.length === 0) return null;
  const body = Buffer.concat([view.subarray(2, 6), ...inner]);
  return Buffer.concat([Uint8Array.of(VENDOR_SPECIFIC, body.length + 2), body]);
}
