/**
 * RADIUS packets, names and values to octets (RFC 2865 §3, §5). Signatures are in sign.ts.
 *
 * A packet is built in one buffer that all packets share, which is safe because building never yields,
 * and leaves it as a copy of just its size. A value that does not fit is refused here, not by the NAS.
 */
import { parseIpv4 } from '../lib/net.ts';
import {
  ATTRIBUTES,
  type AttributeName,
  CONTINUED,
  KNOWN_VENDORS,
  VENDOR_SPECIFIC,
} from './attributes.ts';
import type { Attribute, Packet } from './codec.ts';
import { IPV6_BITS, MAX_TAG, MAX_VALUE_BYTES, SIZES } from './dictionary/kinds.ts';
import { RadiusError } from './errors.ts';
import { parseInterfaceId, parseIpv6 } from './ipv6.ts';

export const HEADER_BYTES = 20;
export const MAX_PACKET_BYTES = 4096;
/** Offset of the value of a Message-Authenticator that comes first. */
export const FIRST_MA_AT = HEADER_BYTES + 2;
const MA_TYPE = ATTRIBUTES['Message-Authenticator'].type;
const MA_BYTES = 18;
/** Type, length, enterprise number. */
const VENDOR_HEAD_BYTES = 6;

/** A value of one of several tunnels; tag 0 when there is only one (RFC 2868 §3.1). */
export interface Tagged<T extends string | number = string | number> {
  readonly tag: number;
  readonly value: T;
}

/**
 * What to send, in order. Addresses, prefixes (`2001:db8::/48`) and interface identifiers are text;
 * octets may be given as text, and every value as the octets themselves.
 */
export type AttributeValue = readonly [AttributeName, string | number | Uint8Array | Tagged];

export interface NewPacket {
  readonly code: number;
  readonly identifier: number;
  /** Puts a Message-Authenticator first, still zero: sign.ts fills it. */
  readonly messageAuthenticator: boolean;
  readonly attributes: readonly AttributeValue[];
  /**
   * Attributes of another packet to repeat as they are (Proxy-State); all of them but a
   * Message-Authenticator when no name is given.
   */
  readonly echo?: { readonly from: Packet; readonly name?: AttributeName };
}

const scratch = Buffer.alloc(MAX_PACKET_BYTES);

/**
 * The packet with an authenticator of zeros; `RADIUS_ENCODE` when something does not fit. Texts over
 * 253 octets go on in further attributes where the RFC allows it ({@link CONTINUED}).
 */
export function encodePacket(packet: NewPacket): Buffer {
  let at = HEADER_BYTES;
  scratch.fill(0, 0, HEADER_BYTES + MA_BYTES);
  if (packet.messageAuthenticator) {
    scratch[at] = MA_TYPE;
    scratch[at + 1] = MA_BYTES;
    at += MA_BYTES;
  }
  for (const [name, value] of packet.attributes) at = writeAttribute(at, name, value);
  if (packet.echo !== undefined) at = writeEcho(at, packet.echo.from, packet.echo.name);
  scratch[0] = packet.code;
  scratch[1] = packet.identifier;
  scratch.writeUInt16BE(at, 2);
  const bytes = Buffer.allocUnsafe(at);
  scratch.copy(bytes, 0, 0, at);
  return bytes;
}

/** Writes one name's attribute or attributes; gives the offset after them. */
function writeAttribute(at: number, name: AttributeName, value: AttributeValue[1]): number {
  const { kind } = ATTRIBUTES[name];
  if (value instanceof Uint8Array) return writeOctets(at, name, value);
  switch (kind) {
    case 'text':
    case 'octets':
      return typeof value === 'string' ? writeText(at, name, value) : unfit(name, value);
    case 'integer':
    case 'date':
      return typeof value === 'number' ? writeWord(at, name, value) : unfit(name, value);
    case 'ipaddr':
      return writeWord(at, name, typeof value === 'string' ? parseIpv4(value) : value);
    case 'ipv6addr':
      return writeParsed(at, name, value, parseIpv6);
    case 'ipv6prefix':
      return writeParsed(at, name, value, parsePrefix);
    case 'ifid':
      return writeParsed(at, name, value, parseInterfaceId);
    case 'tagged-integer':
      return writeTaggedWord(at, name, tagged(value));
    case 'tagged-text':
      return writeTaggedText(at, name, tagged(value));
  }
}

function writeText(at: number, name: AttributeName, value: string): number {
  const size = Buffer.byteLength(value);
  if (size > MAX_VALUE_BYTES && CONTINUED.has(name)) {
    return writeContinued(at, name, Buffer.from(value), ATTRIBUTES[name].kind === 'text');
  }
  const from = writeHead(at, name, size);
  scratch.write(value, from, size, 'utf8');
  return from + size;
}

function writeOctets(at: number, name: AttributeName, value: Uint8Array): number {
  const size = value.length;
  const { kind } = ATTRIBUTES[name];
  if (size > MAX_VALUE_BYTES && CONTINUED.has(name)) {
    return writeContinued(at, name, value, kind === 'text');
  }
  const [least, most] = SIZES[kind];
  if (size < least || size > most) return unfit(name, value);
  const from = writeHead(at, name, size);
  scratch.set(value, from);
  return from + size;
}

/** Several attributes of up to 253 octets each. A text is not cut within a character. */
function writeContinued(
  start: number,
  name: AttributeName,
  value: Uint8Array,
  isText: boolean,
): number {
  let at = start;
  for (let from = 0; from < value.length; ) {
    const most = Math.min(from + MAX_VALUE_BYTES, value.length);
    const to = isText ? characterStart(value, most) : most;
    at = writeHead(at, name, to - from);
    scratch.set(value.subarray(from, to), at);
    at += to - from;
    from = to;
  }
  return at;
}

/** Where the UTF-8 character around `at` begins; `at` itself where there is no character. */
function characterStart(value: Uint8Array, at: number): number {
  for (let start = at; start > at - 4; start -= 1) {
    if (start >= value.length || (value[start]! & 0xc0) !== 0x80) return start;
  }
  return at;
}

function writeWord(at: number, name: AttributeName, value: number | Tagged | null): number {
  if (typeof value !== 'number' || !isUnsigned(value, 0xffff_ffff)) return unfit(name, value);
  const from = writeHead(at, name, 4);
  scratch.writeUInt32BE(value, from);
  return from + 4;
}

function writeParsed(
  at: number,
  name: AttributeName,
  value: string | number | Tagged,
  parse: (text: string) => Uint8Array | null,
): number {
  const octets = typeof value === 'string' ? parse(value) : null;
  return octets === null ? unfit(name, value) : writeOctets(at, name, octets);
}

function writeTaggedWord(at: number, name: AttributeName, { tag, value }: Tagged): number {
  if (!isUnsigned(tag, MAX_TAG) || typeof value !== 'number' || !isUnsigned(value, 0xff_ffff)) {
    return unfit(name, value);
  }
  return writeWord(at, name, tag * 0x100_0000 + value);
}

/** Tag 0 is left out: few read it, and a text says by its first octet that it has none. */
function writeTaggedText(at: number, name: AttributeName, { tag, value }: Tagged): number {
  if (!isUnsigned(tag, MAX_TAG) || typeof value !== 'string' || value === '') {
    return unfit(name, value);
  }
  const bare = tag === 0 && value.charCodeAt(0) > MAX_TAG;
  return writeText(at, name, bare ? value : `${String.fromCharCode(tag)}${value}`);
}

/** Writes the headers, a vendor's with its own inside; gives the offset of the value. */
function writeHead(at: number, name: AttributeName, size: number): number {
  const { vendor, type } = ATTRIBUTES[name];
  const head = vendor === 0 ? 2 : VENDOR_HEAD_BYTES + 2;
  if (size === 0 || size + head - 2 > MAX_VALUE_BYTES) {
    throw refuse(`'${name}' cannot carry ${size} octets`);
  }
  const from = at + head;
  if (from + size > MAX_PACKET_BYTES) throw refuse('packet is over 4096 octets');
  if (vendor !== 0) writeVendorHead(at, vendor, size + 2);
  scratch[from - 2] = type;
  scratch[from - 1] = size + 2;
  return from;
}

function writeVendorHead(at: number, vendor: number, size: number): void {
  scratch[at] = VENDOR_SPECIFIC;
  scratch[at + 1] = VENDOR_HEAD_BYTES + size;
  scratch.writeUInt32BE(vendor, at + 2);
}

function writeEcho(start: number, from: Packet, name: AttributeName | undefined): number {
  const wanted = name === undefined ? undefined : ATTRIBUTES[name];
  let at = start;
  for (const attribute of from.attributes) {
    const { vendor, type } = attribute;
    const repeated =
      wanted === undefined
        ? vendor !== 0 || type !== MA_TYPE
        : type === wanted.type && vendor === wanted.vendor;
    if (repeated) at = writeRange(at, from.bytes, attribute);
  }
  return at;
}

/** One attribute as it was; a vendor's in an attribute of its own, of which it may have been a part. */
function writeRange(at: number, bytes: Buffer, { vendor, from, to }: Attribute): number {
  const first = vendor === 0 || KNOWN_VENDORS.has(vendor) ? from - 2 : from;
  const head = vendor === 0 ? 0 : VENDOR_HEAD_BYTES;
  if (at + head + to - first > MAX_PACKET_BYTES) throw refuse('packet is over 4096 octets');
  if (vendor !== 0) writeVendorHead(at, vendor, to - first);
  return at + head + bytes.copy(scratch, at + head, first, to);
}

/** `2001:db8::/48`, with no bit set after its 48; as few octets as those need. */
function parsePrefix(text: string): Uint8Array | null {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match === null ? null : parseIpv6(match[1]!);
  const bits = Number(match?.[2]);
  if (address === null || bits > IPV6_BITS || !endsAt(address, 0, bits)) return null;
  return Uint8Array.of(0, bits, ...address.subarray(0, Math.ceil(bits / 8)));
}

/** Whether the octets from `from` on have no bit set after their first `bits`. */
export function endsAt(octets: Uint8Array, from: number, bits: number): boolean {
  let at = from + (bits >> 3);
  if ((bits & 7) !== 0 && at < octets.length) {
    if ((octets[at]! & (0xff >> (bits & 7))) !== 0) return false;
    at += 1;
  }
  for (; at < octets.length; at += 1) if (octets[at] !== 0) return false;
  return true;
}

function tagged(value: string | number | Tagged): Tagged {
  return typeof value === 'object' ? value : { tag: 0, value };
}

function isUnsigned(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

function unfit(name: AttributeName, value: unknown): never {
  const what = value instanceof Uint8Array ? `${value.length} octets` : JSON.stringify(value);
  throw refuse(`'${name}' cannot carry ${what}`);
}

function refuse(message: string): RadiusError {
  return new RadiusError('RADIUS_ENCODE', message);
}
