/**
 * RADIUS packets, octets to attributes and values (RFC 2865 §3, §5). encode.ts is the other way,
 * signatures are in sign.ts.
 *
 * Decoding allocates no copy: attributes are ranges of the datagram. Octets after the packet's own
 * length are ignored. Sub-attributes of the vendors in dictionary/ are flattened into the list; other
 * vendors' stay one opaque attribute. Only {@link RadiusError} leaves this file.
 */
import {
  type AddressName,
  ATTRIBUTES,
  type AttributeName,
  type InterfaceName,
  type Ipv6Name,
  KNOWN_VENDORS,
  type NumberName,
  type PrefixName,
  type TaggedNumberName,
  type TaggedTextName,
  type TextName,
  VENDOR_SPECIFIC,
} from './attributes.ts';
import {
  type AttributeDefinition,
  type AttributeKind,
  IPV6_BITS,
  MAX_TAG,
  PREFIX_HEAD_BYTES,
  SIZES,
} from './dictionary/kinds.ts';
import { endsAt, HEADER_BYTES, MAX_PACKET_BYTES, type Tagged } from './encode.ts';
import { RadiusError } from './errors.ts';
import { formatInterfaceId, formatIpv6 } from './ipv6.ts';

const MAX_ATTRIBUTES = 200;
const MA_TYPE = ATTRIBUTES['Message-Authenticator'].type;

/**
 * A range of the packet. `vendor` 0 = standard; `type` 0 with a vendor that dictionary/ does not have
 * = all that this vendor sent.
 */
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

/** Kinds of a fixed size, by a small number: 0 is any size, so that most attributes cost one lookup. */
const SHAPES: readonly AttributeKind[] = [
  'octets',
  'integer',
  'date',
  'ipaddr',
  'ipv6addr',
  'ipv6prefix',
  'ifid',
  'tagged-integer',
];
const PREFIX_SHAPE = SHAPES.indexOf('ipv6prefix');
const LEAST = Uint8Array.from(SHAPES, (kind) => SIZES[kind][0]);
const MOST = Uint8Array.from(SHAPES, (kind) => SIZES[kind][1]);
const ANY_SIZE = new Uint8Array(256);
/** The shape of each type, by vendor. */
const VENDOR_SHAPES = new Map([...KNOWN_VENDORS].map((vendor) => [vendor, shapesOf(vendor)]));
const STANDARD_SHAPES = shapesOf(0);

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
    else push(attributes, bytes, 0, type, at + 2, to, STANDARD_SHAPES);
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
  return found && cleanText(packet.bytes, found.from, found.to);
}

export function numberOf(packet: Packet, name: NumberName): number | undefined {
  const found = findAttribute(packet, name);
  return found && packet.bytes.readUInt32BE(found.from);
}

export function addressOf(packet: Packet, name: AddressName): string | undefined {
  const found = findAttribute(packet, name);
  if (found === undefined) return undefined;
  const { bytes } = packet;
  const { from } = found;
  return `${bytes[from]}.${bytes[from + 1]}.${bytes[from + 2]}.${bytes[from + 3]}`;
}

/** In the form of RFC 5952. */
export function ipv6Of(packet: Packet, name: Ipv6Name): string | undefined {
  const value = octetsOf(packet, name);
  return value && formatIpv6(value);
}

/** `2001:db8::/48`; `RADIUS_ATTRIBUTE` when a bit after the 48th is set (RFC 8044 §3.10). */
export function prefixOf(packet: Packet, name: PrefixName): string | undefined {
  const value = octetsOf(packet, name);
  if (value === undefined) return undefined;
  const bits = value[1]!;
  if (!endsAt(value, PREFIX_HEAD_BYTES, bits)) {
    throw refuse('RADIUS_ATTRIBUTE', `'${name}' has bits beyond its ${bits}`);
  }
  const address = new Uint8Array(16);
  address.set(value.subarray(PREFIX_HEAD_BYTES));
  return `${formatIpv6(address)}/${bits}`;
}

/** `0000:5efe:0a01:0203`. */
export function interfaceIdOf(packet: Packet, name: InterfaceName): string | undefined {
  const value = octetsOf(packet, name);
  return value && formatInterfaceId(value);
}

/** Every value of that name, with the tunnel that it is for (RFC 2868 §3.1). */
export function taggedNumbersOf(packet: Packet, name: TaggedNumberName): Tagged<number>[] {
  return findAll(packet, name).map(({ from }) => ({
    tag: packet.bytes[from]!,
    value: packet.bytes.readUIntBE(from + 1, 3),
  }));
}

/** As {@link taggedNumbersOf}; a text that begins with no tag has tag 0 (RFC 2868 §3.3). */
export function taggedTextsOf(packet: Packet, name: TaggedTextName): Tagged<string>[] {
  const { bytes } = packet;
  return findAll(packet, name).map(({ from, to }) => {
    const isTagged = from < to && bytes[from]! <= MAX_TAG;
    return isTagged
      ? { tag: bytes[from]!, value: cleanText(bytes, from + 1, to) }
      : { tag: 0, value: cleanText(bytes, from, to) };
  });
}

export function octetsOf(packet: Packet, name: AttributeName): Buffer | undefined {
  const found = findAttribute(packet, name);
  return found && packet.bytes.subarray(found.from, found.to);
}

/** All values of that name joined: what was too long for one attribute (EAP-Message, Reply-Message). */
export function concatOf(packet: Packet, name: AttributeName): Buffer | undefined {
  const found = findAll(packet, name);
  if (found.length === 0) return undefined;
  return Buffer.concat(found.map(({ from, to }) => packet.bytes.subarray(from, to)));
}

export function authenticatorOf(packet: Packet): Buffer {
  return packet.bytes.subarray(4, HEADER_BYTES);
}

/** Nearly every text is plain ASCII, and that is quickly told and read. */
function cleanText(bytes: Buffer, from: number, to: number): string {
  for (let at = from; at < to; at += 1) {
    const octet = bytes[at]!;
    if (octet < 0x20 || octet > 0x7e) {
      return bytes.toString('utf8', from, to).replaceAll(/\p{Cc}/gu, '');
    }
  }
  return bytes.toString('latin1', from, to);
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
  if (vendor === 0) {
    // Nobody's. As a standard attribute it is neither read nor lost.
    push(into, bytes, 0, VENDOR_SPECIFIC, from, to, ANY_SIZE);
    return;
  }
  const shapes = VENDOR_SHAPES.get(vendor);
  if (shapes === undefined) {
    push(into, bytes, vendor, 0, from + 4, to, ANY_SIZE);
    return;
  }
  for (let at = from + 4; at < to; ) {
    const end = attributeEnd(bytes, at, to, 'RADIUS_VENDOR');
    push(into, bytes, vendor, bytes[at]!, at + 2, end, shapes);
    at = end;
  }
}

function push(
  into: Attribute[],
  bytes: Buffer,
  vendor: number,
  type: number,
  from: number,
  to: number,
  shapes: Uint8Array,
): void {
  if (into.length >= MAX_ATTRIBUTES) throw refuse('RADIUS_ATTRIBUTE_COUNT', 'too many attributes');
  const shape = shapes[type]!;
  if (shape !== 0) {
    const size = to - from;
    if (
      size < LEAST[shape]! ||
      size > MOST[shape]! ||
      (shape === PREFIX_SHAPE && !isPrefix(bytes, from, to))
    ) {
      throw refuse('RADIUS_ATTRIBUTE', `attribute ${vendor}/${type} cannot have ${size} octets`);
    }
  }
  into.push({ vendor, type, from, to });
}

/** Whether the octets are enough for as many bits as they say (RFC 3162 §2.3). */
function isPrefix(bytes: Buffer, from: number, to: number): boolean {
  const bits = bytes[from + 1]!;
  return bits <= IPV6_BITS && (to - from - PREFIX_HEAD_BYTES) * 8 >= bits;
}

function shapesOf(vendor: number): Uint8Array {
  const shapes = new Uint8Array(256);
  for (const one of Object.values<AttributeDefinition>(ATTRIBUTES)) {
    if (one.vendor === vendor) shapes[one.type] = Math.max(0, SHAPES.indexOf(one.kind));
  }
  return shapes;
}

function refuse(code: RadiusError['code'], message: string): RadiusError {
  return new RadiusError(code, message);
}

export {
  type AttributeValue,
  encodePacket,
  FIRST_MA_AT,
  HEADER_BYTES,
  MAX_PACKET_BYTES,
  type NewPacket,
  type Tagged,
} from './encode.ts';
