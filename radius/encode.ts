/**
 * RADIUS packets, names and values to octets (RFC 2865 §3, §5). Signatures are in sign.ts.
 *
 * A packet is built in one buffer that all packets share, which is safe because building never yields,
 * and leaves it as a copy of its own. A value that does not fit is refused here, not by the NAS.
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
import {
  type AttributeDefinition,
  IPV6_BITS,
  MAX_TAG,
  MAX_VALUE_BYTES,
  SIZES,
} from './dictionary/kinds.ts';
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

/** An attribute with its name, for messages. */
type Target = AttributeDefinition & { readonly name: AttributeName };

const scratch = Buffer.alloc(MAX_PACKET_BYTES);
const SLAB_BYTES = 65_536;
let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let used = 0;
const TARGETS = new Map<AttributeName, Target>(
  (Object.keys(ATTRIBUTES) as AttributeName[]).map((name) => [name, { name, ...ATTRIBUTES[name] }]),
);
/** Up to so many characters, writing them one by one is quicker than a call that leaves JavaScript. */
const SHORT_TEXT = 64;

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
  for (const [name, value] of packet.attributes) at = writeAttribute(at, targetOf(name), value);
  if (packet.echo !== undefined) at = writeEcho(at, packet.echo.from, packet.echo.name);
  scratch[0] = packet.code;
  scratch[1] = packet.identifier;
  scratch.writeUInt16BE(at, 2);
  const bytes = taken(at);
  scratch.copy(bytes, 0, 0, at);
  return bytes;
}

/**
 * From a slab that only packets share: replies are kept for retransmits, and must not keep with them
 * everything that was allocated at the same time.
 */
function taken(size: number): Buffer {
  if (used + size > SLAB_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  }
  used += size;
  return slab.subarray(used - size, used);
}

/** Writes one name's attribute or attributes; gives the offset after them. */
function writeAttribute(at: number, target: Target, value: AttributeValue[1]): number {
  if (value instanceof Uint8Array) return writeOctets(at, target, value);
  switch (target.kind) {
    case 'text':
    case 'octets':
      return typeof value === 'string' ? writeText(at, target, value) : unfit(target, value);
    case 'integer':
    case 'date':
      return typeof value === 'number' ? writeWord(at, target, value) : unfit(target, value);
    case 'ipaddr':
      return writeWord(at, target, typeof value === 'string' ? parseIpv4(value) : value);
    case 'ipv6addr':
      return writeParsed(at, target, value, parseIpv6);
    case 'ipv6prefix':
      return writeParsed(at, target, value, parsePrefix);
    case 'ifid':
      return writeParsed(at, target, value, parseInterfaceId);
    case 'tagged-integer':
      return writeTaggedWord(at, target, tagged(value));
    case 'tagged-text':
      return writeTaggedText(at, target, tagged(value));
  }
}

function writeText(at: number, target: Target, value: string): number {
  if (value.length <= SHORT_TEXT && isAscii(value)) {
    const from = writeHead(at, target, value.length);
    for (let i = 0; i < value.length; i += 1) scratch[from + i] = value.charCodeAt(i);
    return from + value.length;
  }
  const size = Buffer.byteLength(value);
  if (size > MAX_VALUE_BYTES && CONTINUED.has(target.name)) {
    return writeContinued(at, target, Buffer.from(value), target.kind === 'text');
  }
  const from = writeHead(at, target, size);
  scratch.write(value, from, size, 'utf8');
  return from + size;
}

function isAscii(value: string): boolean {
  for (let i = 0; i < value.length; i += 1) if (value.charCodeAt(i) > 0x7f) return false;
  return true;
}

function writeOctets(at: number, target: Target, value: Uint8Array): number {
  const size = value.length;
  const { kind } = target;
  if (size > MAX_VALUE_BYTES && CONTINUED.has(target.name)) {
    return writeContinued(at, target, value, kind === 'text');
  }
  const [least, most] = SIZES[kind];
  if (size < least || size > most) return unfit(target, value);
  const from = writeHead(at, target, size);
  scratch.set(value, from);
  return from + size;
}

/** Several attributes of up to 253 octets each. A text is not cut within a character. */
function writeContinued(start: number, target: Target, value: Uint8Array, isText: boolean): number {
  let at = start;
  for (let from = 0; from < value.length; ) {
    const most = Math.min(from + MAX_VALUE_BYTES, value.length);
    const to = isText ? characterStart(value, most) : most;
    at = writeHead(at, target, to - from);
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

function writeWord(at: number, target: Target, value: number | Tagged | null): number {
  if (typeof value !== 'number' || !isUnsigned(value, 0xffff_ffff)) return unfit(target, value);
  const from = writeHead(at, target, 4);
  scratch.writeUInt32BE(value, from);
  return from + 4;
}

function writeParsed(
  at: number,
  target: Target,
  value: string | number | Tagged,
  parse: (text: string) => Uint8Array | null,
): number {
  const octets = typeof value === 'string' ? parse(value) : null;
  return octets === null ? unfit(target, value) : writeOctets(at, target, octets);
}

function writeTaggedWord(at: number, target: Target, { tag, value }: Tagged): number {
  if (!isUnsigned(tag, MAX_TAG) || typeof value !== 'number' || !isUnsigned(value, 0xff_ffff)) {
    return unfit(target, value);
  }
  return writeWord(at, target, tag * 0x100_0000 + value);
}

/** Tag 0 is left out: few read it, and a text says by its first octet that it has none. */
function writeTaggedText(at: number, target: Target, { tag, value }: Tagged): number {
  if (!isUnsigned(tag, MAX_TAG) || typeof value !== 'string' || value === '') {
    return unfit(target, value);
  }
  const bare = tag === 0 && value.charCodeAt(0) > MAX_TAG;
  return writeText(at, target, bare ? value : `${String.fromCharCode(tag)}${value}`);
}

/** Writes the headers, a vendor's with its own inside; gives the offset of the value. */
function writeHead(at: number, target: Target, size: number): number {
  const { vendor, type } = target;
  const head = vendor === 0 ? 2 : VENDOR_HEAD_BYTES + 2;
  if (size === 0 || size + head - 2 > MAX_VALUE_BYTES) {
    throw refuse(`'${target.name}' cannot carry ${size} octets`);
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

/** A name that no dictionary has can only come from outside the types. */
function targetOf(name: AttributeName): Target {
  const target = TARGETS.get(name);
  if (target === undefined) throw refuse(`there is no attribute '${name}'`);
  return target;
}

function tagged(value: string | number | Tagged): Tagged {
  return typeof value === 'object' ? value : { tag: 0, value };
}

function isUnsigned(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

function unfit({ name }: Target, value: unknown): never {
  const what = value instanceof Uint8Array ? `${value.length} octets` : JSON.stringify(value);
  throw refuse(`'${name}' cannot carry ${what}`);
}

function refuse(message: string): RadiusError {
  return new RadiusError('RADIUS_ENCODE', message);
}
