/**
 * Attributes beyond the first 255 (RFC 6929): the containers 241 to 246, their fragments and vendors,
 * and the TLVs within (RFC 8044 §3.13).
 *
 * A container that breaks the RFC is passed over, as §2.8 asks: the packet stays good, and repeating
 * it repeats the container. Nothing here looks at an octet more than a few times.
 */
import { type AttributeName, VENDOR_SPECIFIC } from './attributes.ts';
import type { AttributeValue, Packet } from './codec.ts';
import { MAX_VALUE_BYTES } from './dictionary/kinds.ts';
import { MAX_PACKET_BYTES } from './encode.ts';
import { RadiusError } from './errors.ts';

export interface ExtendedAttribute {
  /** Of the container, 241 to 246. */
  readonly type: number;
  /** Within the container; 26 = a vendor's. */
  readonly extendedType: number;
  /** 0, or the enterprise number. */
  readonly vendor: number;
  /** 0, or what the vendor calls it. */
  readonly vendorType: number;
  readonly value: Buffer;
}

/** A TLV is looked for at most so deep (RFC 6929 §2.3 asks for no more than three). */
export const MAX_TLV_DEPTH = 8;

const FIRST_TYPE = 241;
const FIRST_LONG_TYPE = 245;
const LAST_TYPE = 246;
/** Another fragment follows (RFC 6929 §2.2). */
const MORE = 0x80;
/** Extended type and flags. */
const LONG_HEAD_BYTES = 2;
const VENDOR_HEAD_BYTES = 5;
const CONTAINERS: readonly AttributeName[] = [
  'Extended-Attribute-1',
  'Extended-Attribute-2',
  'Extended-Attribute-3',
  'Extended-Attribute-4',
  'Extended-Attribute-5',
  'Extended-Attribute-6',
];

/** In the order of the packet; fragments, which must stand one after another, are joined. */
export function readExtended(packet: Packet): ExtendedAttribute[] {
  const { attributes, bytes } = packet;
  const found: ExtendedAttribute[] = [];
  for (let i = 0; i < attributes.length; i += 1) {
    const { vendor, type, from, to } = attributes[i]!;
    if (vendor !== 0 || type < FIRST_TYPE || type > LAST_TYPE || to === from) continue;
    if (type < FIRST_LONG_TYPE) {
      add(found, type, bytes[from]!, bytes.subarray(from + 1, to));
    } else {
      const end = fragmentsEnd(packet, i);
      const last = attributes[end - 1]!;
      const isWhole = end > i && (bytes[last.from + 1]! & MORE) === 0;
      if (isWhole) add(found, type, bytes[from]!, joined(packet, i, end));
      i = Math.max(i, end - 1);
    }
  }
  return found;
}

/**
 * What to send for one extended attribute: one container, or as many fragments as a long one needs.
 * `RADIUS_ENCODE` when it has no value, or is too long for a container that knows no fragments.
 */
export function extendedValues(
  type: number,
  extendedType: number,
  value: Uint8Array,
): AttributeValue[] {
  const name = CONTAINERS[type - FIRST_TYPE];
  const isLong = type >= FIRST_LONG_TYPE;
  const most = isLong ? MAX_PACKET_BYTES : MAX_VALUE_BYTES - 1;
  if (name === undefined || value.length === 0 || value.length > most) {
    throw new RadiusError('RADIUS_ENCODE', `${type} cannot carry ${value.length} octets`);
  }
  if (!isLong) return [[name, Uint8Array.of(extendedType, ...value)]];
  const values: AttributeValue[] = [];
  const size = MAX_VALUE_BYTES - LONG_HEAD_BYTES;
  for (let from = 0; from < value.length; from += size) {
    const flags = from + size < value.length ? MORE : 0;
    values.push([name, Uint8Array.of(extendedType, flags, ...value.subarray(from, from + size))]);
  }
  return values;
}

/**
 * The value of the first TLV at `path` (`[1, 4]` = TLV 4 in TLV 1), undefined when there is none.
 * `RADIUS_ATTRIBUTE` when the TLVs on the way do not fill their value, or the path is too deep.
 */
export function findTlv(value: Uint8Array, path: readonly number[]): Uint8Array | undefined {
  if (path.length > MAX_TLV_DEPTH) throw broken('TLVs are nested too deep');
  let within: Uint8Array | undefined = value;
  for (const type of path) {
    if (within === undefined) return undefined;
    within = tlvOf(within, type);
  }
  return within;
}

/** An `integer64` (RFC 8044 §3.4); `RADIUS_ATTRIBUTE` when it is not of eight octets. */
export function integer64Of(value: Uint8Array): bigint {
  if (value.length !== 8) throw broken(`integer64 of ${value.length} octets`);
  return new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0);
}

/** The octets of an `integer64`; `RADIUS_ENCODE` when it is negative or over 64 bits. */
export function integer64Octets(value: bigint): Buffer {
  if (value < 0n || value >= 1n << 64n) {
    throw new RadiusError('RADIUS_ENCODE', `${value} does not fit 64 bits`);
  }
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64BE(value);
  return octets;
}

/** Index after the fragments that begin at `first`, the last of which may say that more follow. */
function fragmentsEnd({ attributes, bytes }: Packet, first: number): number {
  const begin = attributes[first]!;
  for (let i = first; i < attributes.length; i += 1) {
    const { vendor, type, from, to } = attributes[i]!;
    const belongs = vendor === 0 && type === begin.type && to - from >= LONG_HEAD_BYTES;
    if (!belongs || bytes[from] !== bytes[begin.from]) return i;
    if ((bytes[from + 1]! & MORE) === 0) return i + 1;
  }
  return attributes.length;
}

function joined({ attributes, bytes }: Packet, first: number, end: number): Buffer {
  const pieces = attributes.slice(first, end);
  return Buffer.concat(pieces.map(({ from, to }) => bytes.subarray(from + LONG_HEAD_BYTES, to)));
}

/** Adds it, unless it is empty or a vendor's without a vendor (RFC 6929 §2.8). */
function add(into: ExtendedAttribute[], type: number, extendedType: number, value: Buffer): void {
  if (value.length === 0) return;
  if (extendedType !== VENDOR_SPECIFIC) {
    into.push({ type, extendedType, vendor: 0, vendorType: 0, value });
  } else if (value.length > VENDOR_HEAD_BYTES) {
    into.push({
      type,
      extendedType,
      vendor: value.readUInt32BE(0),
      vendorType: value[VENDOR_HEAD_BYTES - 1]!,
      value: value.subarray(VENDOR_HEAD_BYTES),
    });
  }
}

/** All of them are looked at, so that a broken one is never half believed. */
function tlvOf(value: Uint8Array, type: number): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  for (let at = 0; at < value.length; ) {
    const to = at + (value[at + 1] ?? 0);
    if (to < at + 3 || to > value.length) throw broken(`TLV at ${at} does not fit`);
    if (value[at] === type) found ??= value.subarray(at + 2, to);
    at = to;
  }
  return found;
}

function broken(message: string): RadiusError {
  return new RadiusError('RADIUS_ATTRIBUTE', message);
}
