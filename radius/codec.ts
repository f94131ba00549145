/**
 * RADIUS packets, bytes to attributes and back (RFC 2865 §3, §5). Signatures are in sign.ts.
 *
 * Decoding allocates no copy: attributes are ranges of the datagram. Octets after the packet's own
 * length are ignored. Sub-attributes of the vendors in attributes.ts are flattened into the list;
 * other vendors' stay one opaque attribute. Only {@link RadiusError} leaves this file.
 */
import { formatIpv4, parseIpv4 } from '../lib/net.ts';
import {
  type AddressName,
  ATTRIBUTES,
  type AttributeDefinition,
  type AttributeKind,
  type AttributeName,
  type NumberName,
  type TextName,
  VENDOR_SPECIFIC,
} from './attributes.ts';
import { RadiusError } from './errors.ts';

export const HEADER_BYTES = 20;
export const MAX_PACKET_BYTES = 4096;
const MAX_ATTRIBUTES = 200;
const MAX_VALUE_BYTES = 253;
const MA_TYPE = ATTRIBUTES['Message-Authenticator'].type;
/** Offset of the value of a Message-Authenticator that comes first. */
export const FIRST_MA_AT = HEADER_BYTES + 2;

/** A range of the packet. `vendor` 0 = standard; `type` 0 with a vendor = that vendor's opaque octets. */
export interface Attribute {
  readonly vendor: number;
  readonly type: number;
  readonly from: number;
  readonly to: number;
}

export interface Packet {
  readonly code: number;
  readonly identifier: number;
  /** Exactly the packet, without what followed it in the datagram. */
  readonly bytes: Buffer;
  readonly attributes: readonly Attribute[];
  /** Where the 16 octets of the Message-Authenticator begin; -1 when there is none. */
  readonly messageAuthenticatorAt: number;
}

/** What to send, in order. Octets may be given as text. */
export type AttributeValue = readonly [AttributeName, string | number | Uint8Array];

export interface NewPacket {
  readonly code: number;
  readonly identifier: number;
  /** Puts a Message-Authenticator first, still zero: sign.ts fills it. */
  readonly messageAuthenticator: boolean;
  readonly attributes: readonly AttributeValue[];
  /** Attributes of another packet to repeat as they are (Proxy-State). */
  readonly echo?: { readonly from: Packet; readonly name: AttributeName };
}

const KINDS = new Map<number, ReadonlyMap<number, AttributeKind>>(
  [...Map.groupBy(Object.values<AttributeDefinition>(ATTRIBUTES), (a) => a.vendor)].map(
    ([vendor, list]) => [vendor, new Map(list.map((a) => [a.type, a.kind]))],
  ),
);
const STANDARD = KINDS.get(0)!;

export function decodePacket(datagram: Buffer): Packet {
  if (datagram.length < HEADER_BYTES) throw refuse('RADIUS_LENGTH', 'shorter than a header');
  const length = datagram.readUInt16BE(2);
  if (length < HEADER_BYTES || length > MAX_PACKET_BYTES) {
    throw refuse('RADIUS_LENGTH', `length ${length} is outside 20 to 4096`);
  }
  if (length > datagram.length) throw refuse('RADIUS_LENGTH', 'datagram is cut off');
  const bytes = length === datagram.length ? datagram : datagram.subarray(0, length);
  const attributes: Attribute[] = [];
  let messageAuthenticatorAt = -1;
  let at = HEADER_BYTES;
  while (at < length) {
    const to = attributeEnd(bytes, at, length, 'RADIUS_ATTRIBUTE');
    const type = bytes[at]!;
    if (type === VENDOR_SPECIFIC) readVendor(bytes, at + 2, to, attributes);
    else push(attributes, 0, type, at + 2, to, STANDARD);
    if (type === MA_TYPE) {
      if (messageAuthenticatorAt !== -1 || to - at !== 18) {
        throw refuse('RADIUS_ATTRIBUTE', 'Message-Authenticator is not one of 16 octets');
      }
      messageAuthenticatorAt = at + 2;
    }
    at = to;
  }
  return { code: bytes[0]!, identifier: bytes[1]!, bytes, attributes, messageAuthenticatorAt };
}

/** The packet with an authenticator of zeros; `RADIUS_ENCODE` when something does not fit. */
export function encodePacket(packet: NewPacket): Buffer {
  const parts = packet.attributes.map(encodeValue);
  const echoed = packet.echo === undefined ? [] : findAll(packet.echo.from, packet.echo.name);
  let length = HEADER_BYTES + (packet.messageAuthenticator ? 18 : 0);
  for (const part of parts) length += part.length;
  for (const range of echoed) length += range.to - range.from + 2;
  if (length > MAX_PACKET_BYTES) throw refuse('RADIUS_ENCODE', 'packet is over 4096 octets');

  const bytes = Buffer.alloc(length);
  bytes[0] = packet.code;
  bytes[1] = packet.identifier;
  bytes.writeUInt16BE(length, 2);
  let at = HEADER_BYTES;
  if (packet.messageAuthenticator) {
    bytes[at] = MA_TYPE;
    bytes[at + 1] = 18;
    at += 18;
  }
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  for (const range of echoed) {
    at += packet.echo!.from.bytes.copy(bytes, at, range.from - 2, range.to);
  }
  return bytes;
}

export function findAttribute(packet: Packet, name: AttributeName): Attribute | undefined {
  const { vendor, type } = ATTRIBUTES[name];
  for (const attribute of packet.attributes) {
    if (attribute.type === type && attribute.vendor === vendor) return attribute;
  }
  return undefined;
}

export function findAll(packet: Packet, name: AttributeName): Attribute[] {
  const { vendor, type } = ATTRIBUTES[name];
  return packet.attributes.filter((a) => a.type === type && a.vendor === vendor);
}

/** The first attribute of that name; control characters are taken out, no database wants them. */
export function textOf(packet: Packet, name: TextName | 'Class'): string | undefined {
  const found = findAttribute(packet, name);
  return found && packet.bytes.toString('utf8', found.from, found.to).replaceAll(/\p{Cc}/gu, '');
}

export function numberOf(packet: Packet, name: NumberName): number | undefined {
  const found = findAttribute(packet, name);
  return found && packet.bytes.readUInt32BE(found.from);
}

export function addressOf(packet: Packet, name: AddressName): string | undefined {
  const found = findAttribute(packet, name);
  return found && formatIpv4(packet.bytes.readUInt32BE(found.from));
}

export function octetsOf(packet: Packet, name: AttributeName): Buffer | undefined {
  const found = findAttribute(packet, name);
  return found && packet.bytes.subarray(found.from, found.to);
}

export function authenticatorOf(packet: Packet): Buffer {
  return packet.bytes.subarray(4, HEADER_BYTES);
}

function attributeEnd(
  bytes: Buffer,
  at: number,
  limit: number,
  code: 'RADIUS_ATTRIBUTE' | 'RADIUS_VENDOR',
): number {
  const to = at + (bytes[at + 1] ?? 0);
  if (at + 2 > limit || to < at + 2 || to > limit) {
    throw refuse(code, `attribute at ${at} does not fit`);
  }
  return to;
}

function readVendor(bytes: Buffer, from: number, to: number, into: Attribute[]): void {
  if (to - from < 5) throw refuse('RADIUS_VENDOR', 'vendor attribute without a value');
  const vendor = bytes.readUInt32BE(from);
  const kinds = vendor === 0 ? undefined : KINDS.get(vendor);
  if (kinds === undefined) {
    push(into, vendor, 0, from + 4, to, undefined);
    return;
  }
  for (let at = from + 4; at < to; ) {
    const end = attributeEnd(bytes, at, to, 'RADIUS_VENDOR');
    push(into, vendor, bytes[at]!, at + 2, end, kinds);
    at = end;
  }
}

function push(
  into: Attribute[],
  vendor: number,
  type: number,
  from: number,
  to: number,
  kinds: ReadonlyMap<number, AttributeKind> | undefined,
): void {
  if (into.length >= MAX_ATTRIBUTES) throw refuse('RADIUS_ATTRIBUTE_COUNT', 'too many attributes');
  const kind = kinds?.get(type);
  if (kind !== undefined && kind !== 'text' && kind !== 'octets' && to - from !== 4) {
    throw refuse('RADIUS_ATTRIBUTE', `attribute ${vendor}/${type} must have four octets`);
  }
  into.push({ vendor, type, from, to });
}

function encodeValue([name, value]: AttributeValue): Buffer {
  const { vendor, type, kind } = ATTRIBUTES[name];
  const head = vendor === 0 ? 2 : 8;
  const size = typeof value === 'string' && kind !== 'ipaddr' ? Buffer.byteLength(value) : 4;
  const valueBytes = typeof value === 'object' ? value.length : size;
  if (valueBytes === 0 || valueBytes + head - 2 > MAX_VALUE_BYTES) {
    throw refuse('RADIUS_ENCODE', `'${name}' cannot carry ${valueBytes} octets`);
  }
  const part = Buffer.alloc(head + valueBytes);
  part[0] = vendor === 0 ? type : VENDOR_SPECIFIC;
  part[1] = part.length;
  if (vendor !== 0) {
    part.writeUInt32BE(vendor, 2);
    part[6] = type;
    part[7] = valueBytes + 2;
  }
  if (typeof value === 'object') part.set(value, head);
  else if (typeof value === 'string' && kind !== 'ipaddr') part.write(value, head);
  else part.writeUInt32BE(wordOf(name, value), head);
  return part;
}

function wordOf(name: AttributeName, value: string | number): number {
  const word = typeof value === 'number' ? value : parseIpv4(value);
  if (word === null || !Number.isInteger(word) || word < 0 || word > 0xffff_ffff) {
    throw refuse('RADIUS_ENCODE', `'${name}' cannot carry ${value}`);
  }
  return word;
}

function refuse(code: RadiusError['code'], message: string): RadiusError {
  return new RadiusError(code, message);
}
