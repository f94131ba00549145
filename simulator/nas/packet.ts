/**
 * RADIUS packets and their signatures (RFC 2865 §3, RFC 2866 §3, RFC 3579 §3.2, RFC 5176 §2.3), with
 * node:crypto only. Invariant: whatever bytes come in, decoding returns a packet or null, never throws.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { ATTR, type Attribute } from './attributes.ts';

export const CODE = {
  accessRequest: 1,
  accessAccept: 2,
  accessReject: 3,
  accountingRequest: 4,
  accountingResponse: 5,
  disconnectRequest: 40,
  disconnectAck: 41,
  disconnectNak: 42,
  coaRequest: 43,
  coaAck: 44,
  coaNak: 45,
} as const;

export interface Packet {
  readonly code: number;
  readonly id: number;
  readonly authenticator: Buffer;
  readonly attributes: readonly Attribute[];
  /** The packet without trailing octets, as it was on the wire. */
  readonly bytes: Buffer;
}

const HEADER = 20;
const ZERO = Buffer.alloc(16);

/** Null for anything that is not one whole packet (RFC 2865 §3: silently discarded). */
export function decodePacket(datagram: Buffer): Packet | null {
  if (datagram.length < HEADER) return null;
  const length = datagram.readUInt16BE(2);
  if (length < HEADER || length > 4096 || length > datagram.length) return null;
  const bytes = datagram.subarray(0, length);
  const attributes: Attribute[] = [];
  let offset = HEADER;
  while (offset < length) {
    const size = bytes[offset + 1] ?? 0;
    if (size < 2 || offset + size > length) return null;
    attributes.push({ type: bytes[offset]!, value: bytes.subarray(offset + 2, offset + size) });
    offset += size;
  }
  return {
    code: bytes[0]!,
    id: bytes[1]!,
    authenticator: bytes.subarray(4, HEADER),
    attributes,
    bytes,
  };
}

export function encodePacket(
  code: number,
  id: number,
  authenticator: Buffer,
  attributes: readonly Attribute[],
): Buffer {
  const parts = attributes.map(({ type, value }) =>
    Buffer.concat([Buffer.from([type, value.length + 2]), value]),
  );
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(HEADER);
  head[0] = code;
  head[1] = id;
  head.writeUInt16BE(HEADER + body.length, 2);
  authenticator.copy(head, 4);
  return Buffer.concat([head, body]);
}

/** An Access-Request with Message-Authenticator first, as current RouterOS sends it. */
export function signAccessRequest(
  id: number,
  authenticator: Buffer,
  attributes: readonly Attribute[],
  secret: string,
): Buffer {
  const placeholder = { type: ATTR.messageAuthenticator, value: ZERO };
  const bytes = encodePacket(CODE.accessRequest, id, authenticator, [placeholder, ...attributes]);
  createHmac('md5', secret)
    .update(bytes)
    .digest()
    .copy(bytes, HEADER + 2);
  return bytes;
}

/** An Accounting-Request: the Request Authenticator is the MD5 over a zeroed one (RFC 2866 §3). */
export function signAccountingRequest(
  id: number,
  attributes: readonly Attribute[],
  secret: string,
): Buffer {
  const bytes = encodePacket(CODE.accountingRequest, id, ZERO, attributes);
  md5(bytes, Buffer.from(secret)).copy(bytes, 4);
  return bytes;
}

/** A reply whose Response Authenticator answers `request`. */
export function signResponse(
  code: number,
  request: Packet,
  attributes: readonly Attribute[],
  secret: string,
): Buffer {
  const bytes = encodePacket(code, request.id, request.authenticator, attributes);
  md5(bytes, Buffer.from(secret)).copy(bytes, 4);
  return bytes;
}

/** Whether a reply was made by someone who knows the secret and saw the request. */
export function verifyResponse(
  reply: Packet,
  requestAuthenticator: Buffer,
  secret: string,
): boolean {
  const copy = Buffer.from(reply.bytes);
  requestAuthenticator.copy(copy, 4);
  return timingSafeEqual(md5(copy, Buffer.from(secret)), reply.authenticator);
}

/** Whether a Disconnect-Request, CoA-Request or Accounting-Request carries a valid authenticator. */
export function verifyRequest(request: Packet, secret: string): boolean {
  return verifyResponse(request, ZERO, secret);
}

/**
 * Message-Authenticator of a received packet. `authenticator` is what stood in the header when it was
 * computed: the Request Authenticator for Access replies, zero for Disconnect and CoA requests.
 */
export function checkMessageAuthenticator(
  packet: Packet,
  secret: string,
  authenticator: Buffer = ZERO,
): 'valid' | 'invalid' | 'absent' {
  let offset = HEADER;
  for (const { type, value } of packet.attributes) {
    if (type === ATTR.messageAuthenticator) {
      if (value.length !== 16) return 'invalid';
      const copy = Buffer.from(packet.bytes);
      authenticator.copy(copy, 4);
      copy.fill(0, offset + 2, offset + 18);
      const expected = createHmac('md5', secret).update(copy).digest();
      return timingSafeEqual(expected, value) ? 'valid' : 'invalid';
    }
    offset += value.length + 2;
  }
  return 'absent';
}

/** User-Password of RFC 2865 §5.2: 16-octet blocks, each hidden by the MD5 of secret and the block before. */
export function hidePassword(password: string, authenticator: Buffer, secret: string): Buffer {
  const clear = Buffer.from(password, 'utf8').subarray(0, 128);
  const hidden = Buffer.alloc(Math.max(16, Math.ceil(clear.length / 16) * 16));
  clear.copy(hidden);
  let previous = authenticator;
  for (let offset = 0; offset < hidden.length; offset += 16) {
    const mask = md5(Buffer.from(secret), previous);
    for (let i = 0; i < 16; i += 1) hidden[offset + i]! ^= mask[i]!;
    previous = hidden.subarray(offset, offset + 16);
  }
  return hidden;
}

/** CHAP response of RFC 2865 §2.2: identifier, then MD5(identifier + password + challenge). */
export function chapPassword(id: number, password: string, challenge: Buffer): Buffer {
  const head = Buffer.from([id]);
  return Buffer.concat([head, md5(head, Buffer.from(password, 'utf8'), challenge)]);
}

function md5(...parts: readonly Buffer[]): Buffer {
  return hash('md5', parts.length === 1 ? parts[0]! : Buffer.concat(parts), 'buffer');
}
