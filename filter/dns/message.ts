/**
 * DNS messages (RFC 1035 §4, EDNS(0) RFC 6891) as the forwarder needs them: questions in, and answers
 * taken apart far enough to be judged, aged and passed on. Octets in, offsets out; only
 * {@link FilterError} `FILTER_MESSAGE_MALFORMED` leaves a parser here.
 */
import { FilterError } from '../errors.ts';
import { FOLD } from '../suffix-hash.ts';

export const HEADER_OCTETS = 12;
const MAX_NAME_OCTETS = 255;
/** Records of one message; more is an attack or an error. */
const MAX_RECORDS = 1000;

export const TYPE = {
  A: 1,
  CNAME: 5,
  SOA: 6,
  AAAA: 28,
  OPT: 41,
  SVCB: 64,
  HTTPS: 65,
  IXFR: 251,
  AXFR: 252,
} as const;

export const CLASS_IN = 1;

/** RFC 1035 §4.1.1; BADVERS is the extended one of RFC 6891 §6.1.3. */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

/** Bits of the second header word. */
export const FLAG = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  CD: 0x0010,
} as const;

export interface Edns {
  /** What the sender can take over UDP, octets. */
  readonly udpSize: number;
  readonly version: number;
  /** DNSSEC OK. */
  readonly dnssecOk: boolean;
}

export interface Query {
  readonly id: number;
  readonly flags: number;
  readonly opcode: number;
  /** Header and question; the name is uncompressed and begins at {@link HEADER_OCTETS}. */
  readonly bytes: Uint8Array;
  /** Length of the name, its zero octet included. */
  readonly nameOctets: number;
  readonly type: number;
  readonly qclass: number;
  readonly edns: Edns | null;
}

/**
 * One question, no answers; anything may follow in the additional section, of which only OPT counts.
 * The caller has seen to it that `bytes` has a header and is no response.
 */
export function parseQuery(bytes: Uint8Array): Query {
  const questions = u16(bytes, 4);
  const opcode = (u16(bytes, 2) >>> 11) & 15;
  if (questions !== 1) throw malformed('a query has one question');
  const nameEnd = plainNameEnd(bytes, HEADER_OCTETS);
  const end = nameEnd + 4;
  need(bytes, end);
  return {
    id: u16(bytes, 0),
    flags: u16(bytes, 2),
    opcode,
    bytes: bytes.subarray(0, end),
    nameOctets: nameEnd - HEADER_OCTETS,
    type: u16(bytes, nameEnd),
    qclass: u16(bytes, nameEnd + 2),
    edns: findEdns(bytes, end),
  };
}

/** True when this is long enough to be answered at all, and no answer itself. */
export function isAnswerable(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER_OCTETS && (bytes[2]! & 0x80) === 0;
}

export interface ResourceRecord {
  /** 0 answer, 1 authority, 2 additional. */
  readonly section: number;
  /** Where its owner begins. */
  readonly at: number;
  readonly type: number;
  readonly rclass: number;
  readonly ttlAt: number;
  readonly ttl: number;
  readonly dataAt: number;
  readonly dataOctets: number;
}

export interface Response {
  readonly id: number;
  readonly flags: number;
  /** Without the upper bits of an OPT record. */
  readonly rcode: number;
  readonly bytes: Uint8Array;
  readonly nameOctets: number;
  readonly type: number;
  readonly qclass: number;
  /** End of the question. */
  readonly questionEnd: number;
  readonly records: readonly ResourceRecord[];
}

export function parseResponse(bytes: Uint8Array): Response {
  need(bytes, HEADER_OCTETS);
  const flags = u16(bytes, 2);
  if ((flags & FLAG.QR) === 0) throw malformed('not a response');
  if (u16(bytes, 4) !== 1) throw malformed('a response repeats the one question');
  const nameEnd = plainNameEnd(bytes, HEADER_OCTETS);
  need(bytes, nameEnd + 4);
  return {
    id: u16(bytes, 0),
    flags,
    rcode: flags & 15,
    bytes,
    nameOctets: nameEnd - HEADER_OCTETS,
    type: u16(bytes, nameEnd),
    qclass: u16(bytes, nameEnd + 2),
    questionEnd: nameEnd + 4,
    records: parseRecords(bytes, nameEnd + 4),
  };
}

/** End of the name at `offset`, pointers not followed. */
export function skipName(bytes: Uint8Array, offset: number): number {
  let at = offset;
  for (;;) {
    need(bytes, at + 1);
    const size = bytes[at]!;
    if (size === 0) return at + 1;
    if (size >= 0xc0) {
      need(bytes, at + 2);
      return at + 2;
    }
    if (size > 63) throw malformed('label type');
    at += size + 1;
    if (at - offset >= MAX_NAME_OCTETS) throw malformed('name too long');
  }
}

/**
 * Writes the name at `offset`, uncompressed, to `out` (255 octets); returns its length. A pointer must
 * lead backwards (RFC 1035 §4.1.4), so this ends on every input.
 */
export function expandName(bytes: Uint8Array, offset: number, out: Uint8Array): number {
  let at = offset;
  let barrier = offset;
  let length = 0;
  for (;;) {
    need(bytes, at + 1);
    const size = bytes[at]!;
    if (size >= 0xc0) {
      need(bytes, at + 2);
      const target = u16(bytes, at) & 0x3fff;
      if (target >= barrier || target < HEADER_OCTETS) throw malformed('pointer leads forward');
      at = target;
      barrier = target;
      continue;
    }
    if (size > 63) throw malformed('label type');
    need(bytes, at + 1 + size);
    if (length + size + 1 > MAX_NAME_OCTETS) throw malformed('name too long');
    out.set(bytes.subarray(at, at + 1 + size), length);
    length += size + 1;
    if (size === 0) return length;
    at += size + 1;
  }
}

/** Whether two uncompressed names are the same but for case. */
export function sameName(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) {
    if (FOLD[a[i]!] !== FOLD[b[i]!]) return false;
  }
  return true;
}

export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 0x1_0000 + u16(bytes, at + 2);
}

export function malformed(what: string): FilterError {
  return new FilterError('FILTER_MESSAGE_MALFORMED', `malformed DNS message: ${what}`);
}

function need(bytes: Uint8Array, end: number): void {
  if (end > bytes.length) throw malformed('cut short');
}

/** A question's name may not be compressed: nothing stands before it. */
function plainNameEnd(bytes: Uint8Array, offset: number): number {
  let at = offset;
  for (;;) {
    need(bytes, at + 1);
    const size = bytes[at]!;
    if (size > 63) throw malformed('compressed question');
    at += size + 1;
    if (at - offset > MAX_NAME_OCTETS) throw malformed('name too long');
    if (size === 0) return at;
  }
}

function parseRecords(bytes: Uint8Array, offset: number): ResourceRecord[] {
  const counts = [u16(bytes, 6), u16(bytes, 8), u16(bytes, 10)];
  if (counts[0]! + counts[1]! + counts[2]! > MAX_RECORDS) throw malformed('too many records');
  const records: ResourceRecord[] = [];
  let at = offset;
  for (const [section, count] of counts.entries()) {
    for (let i = 0; i < count; i += 1) {
      const record = parseRecord(bytes, at, section);
      records.push(record);
      at = record.dataAt + record.dataOctets;
    }
  }
  return records;
}

function parseRecord(bytes: Uint8Array, at: number, section: number): ResourceRecord {
  const fixed = skipName(bytes, at);
  need(bytes, fixed + 10);
  const dataAt = fixed + 10;
  const dataOctets = u16(bytes, fixed + 8);
  need(bytes, dataAt + dataOctets);
  return {
    section,
    at,
    type: u16(bytes, fixed),
    rclass: u16(bytes, fixed + 2),
    ttlAt: fixed + 4,
    // A set top bit means zero (RFC 2181 §8).
    ttl: (bytes[fixed + 4]! & 0x80) === 0 ? u32(bytes, fixed + 4) : 0,
    dataAt,
    dataOctets,
  };
}

function findEdns(bytes: Uint8Array, offset: number): Edns | null {
  let edns: Edns | null = null;
  for (const record of parseRecords(bytes, offset)) {
    if (record.type !== TYPE.OPT) continue;
    if (edns !== null || bytes[record.at] !== 0 || record.section !== 2) throw malformed('OPT');
    edns = {
      udpSize: record.rclass,
      version: bytes[record.ttlAt + 1]!,
      dnssecOk: (bytes[record.ttlAt + 2]! & 0x80) !== 0,
    };
  }
  return edns;
}
