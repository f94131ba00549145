/**
 * Answers that the resolver makes itself: blocked names, refusals, failures. AA=0, RA=1, AD=0; an SOA in
 * every negative answer (RFC 2308 §2: some stubs ask again without one); Extended DNS Errors (RFC 8914)
 * and OPT only for a query that has OPT (RFC 6891 §7).
 */
import { FLAG, HEADER_OCTETS, type Query, RCODE, TYPE } from './message.ts';

/** Seconds for which a phone keeps the answer for a blocked name: a policy change acts within that. */
export const BLOCKED_TTL_SECONDS = 20;
/** What we say we take over UDP, and the most we send: no fragments (RFC 9715). */
export const UDP_OCTETS = 1232;
const MIN_UDP_OCTETS = 512;
const EDE_OPTION = 15;

/** Info-codes of RFC 8914 §4. */
export interface ExtendedError {
  readonly code: number;
  /** UTF-8 for people. */
  readonly text: string;
}

export interface OwnAnswer {
  readonly rcode: number;
  /** One A record, as four octets. */
  readonly address?: Uint8Array;
  /** An SOA in the authority section; its TTL and minimum are {@link BLOCKED_TTL_SECONDS}. */
  readonly soa?: boolean;
  readonly truncated?: boolean;
  readonly error?: ExtendedError;
}

export function writeAnswer(query: Query, answer: OwnAnswer): Buffer {
  const { bytes, edns } = query;
  const parts: Uint8Array[] = [bytes];
  if (answer.address !== undefined) parts.push(addressRecord(answer.address));
  if (answer.soa === true) parts.push(SOA_RECORD);
  if (edns !== null) parts.push(optRecord(query, answer.rcode, answer.error));
  const out = Buffer.concat(parts);
  writeHeader(out, query, answer.rcode & 15, answer.truncated === true);
  out.writeUInt16BE(answer.address === undefined ? 0 : 1, 6);
  out.writeUInt16BE(answer.soa === true ? 1 : 0, 8);
  out.writeUInt16BE(edns === null ? 0 : 1, 10);
  return out;
}

/** For a query that cannot be read: the header alone. */
export function writeBareError(bytes: Uint8Array, rcode: number): Buffer {
  const out = Buffer.alloc(HEADER_OCTETS);
  out.set(bytes.subarray(0, 2));
  const asked = (bytes[2]! << 8) | bytes[3]!;
  out.writeUInt16BE(FLAG.QR | (asked & (OPCODE_BITS | FLAG.RD)) | FLAG.RA | rcode, 2);
  return out;
}

/** Flags and counts of a response to `query`; record counts are zero until written. */
export function writeHeader(out: Buffer, query: Query, rcode: number, truncated: boolean): void {
  const kept = query.flags & (OPCODE_BITS | FLAG.RD | FLAG.CD);
  out.writeUInt16BE(query.id, 0);
  out.writeUInt16BE(FLAG.QR | kept | FLAG.RA | (truncated ? FLAG.TC : 0) | rcode, 2);
  out.writeUInt16BE(1, 4);
}

/** Our OPT: payload size, upper bits of the RCODE, DO as it came, and the error. */
export function optRecord(query: Query, rcode: number, error?: ExtendedError): Buffer {
  const text = Buffer.from(error?.text ?? '', 'utf8');
  const dataOctets = error === undefined ? 0 : 6 + text.length;
  const out = Buffer.alloc(11 + dataOctets);
  out.writeUInt16BE(TYPE.OPT, 1);
  out.writeUInt16BE(UDP_OCTETS, 3);
  out[5] = rcode >>> 4;
  out[7] = query.edns?.dnssecOk === true ? 0x80 : 0;
  out.writeUInt16BE(dataOctets, 9);
  if (error !== undefined) {
    out.writeUInt16BE(EDE_OPTION, 11);
    out.writeUInt16BE(2 + text.length, 13);
    out.writeUInt16BE(error.code, 15);
    text.copy(out, 17);
  }
  return out;
}

/** Octets that the asker can take over UDP. */
export function udpLimit(query: Query): number {
  return Math.min(UDP_OCTETS, Math.max(MIN_UDP_OCTETS, query.edns?.udpSize ?? 0));
}

/** The same answer without its records, for an asker that must come back over TCP. */
export function writeTruncated(query: Query): Buffer {
  return writeAnswer(query, { rcode: RCODE.NOERROR, truncated: true });
}

const OPCODE_BITS = 0x7800;
const OWNER_IS_QUESTION = [0xc0, HEADER_OCTETS];
const TTL = [0, 0, 0, BLOCKED_TTL_SECONDS];

function addressRecord(address: Uint8Array): Uint8Array {
  return Uint8Array.from([...OWNER_IS_QUESTION, 0, TYPE.A, 0, 1, ...TTL, 0, 4, ...address]);
}

/** Owner is the blocked name itself; server and mailbox are the root. */
const SOA_RECORD: Uint8Array = Uint8Array.from([
  ...OWNER_IS_QUESTION,
  ...[0, TYPE.SOA, 0, 1],
  ...TTL,
  ...[0, 22],
  ...[0, 0],
  ...[0, 0, 0, 1],
  ...[0, 0, 14, 16],
  ...[0, 0, 2, 88],
  ...[0, 1, 81, 128],
  ...TTL,
]);
