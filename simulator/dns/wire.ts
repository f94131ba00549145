/**
 * The little DNS wire format that a forwarding router needs (RFC 1035 §4): the question of a query,
 * answers of its own, addresses and lifetimes in answers of others. Messages pass through otherwise
 * unread. Invariant: decoding returns null for bytes it cannot read and never throws.
 */
import { parseIpv4 } from '../../lib/net.ts';

export const TYPE = { a: 1, cname: 5, soa: 6, aaaa: 28, opt: 41 } as const;
export const RCODE = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  refused: 5,
} as const;

export interface Question {
  readonly id: number;
  /** Lower case, no final dot; empty for the root. */
  readonly name: string;
  readonly type: number;
  /** The question section as it stands in the message. */
  readonly bytes: Buffer;
  readonly recursionDesired: boolean;
}

/** One record of an answer of our own; its name is that of the question. */
export interface AnswerRecord {
  readonly type: number;
  readonly ttl: number;
  readonly data: Buffer;
}

interface ResourceRecord extends AnswerRecord {
  /** Where the TTL stands in the message. */
  readonly ttlOffset: number;
}

const HEADER = 12;
const CLASS_IN = 1;
const MAX_RECORDS = 512;

/** The one question of a query; null when it is not a query with one question. */
export function readQuestion(message: Buffer): Question | null {
  if (message.length < HEADER || message.readUInt16BE(4) !== 1) return null;
  const opcode = (message[2]! >> 3) & 15;
  const name = opcode === 0 ? readName(message, HEADER) : null;
  if (name === null || name.next + 4 > message.length) return null;
  return {
    id: message.readUInt16BE(0),
    name: name.text,
    type: message.readUInt16BE(name.next),
    bytes: message.subarray(HEADER, name.next + 4),
    recursionDesired: (message[2]! & 1) === 1,
  };
}

export function isResponse(message: Buffer): boolean {
  return message.length >= HEADER && message[2]! >> 7 === 1;
}

export function isTruncated(message: Buffer): boolean {
  return message.length >= HEADER && (message[2]! & 2) !== 0;
}

export function rcodeOf(message: Buffer): number {
  return message.length < HEADER ? RCODE.formatError : message[3]! & 15;
}

export function encodeQuery(id: number, name: string, type: number): Buffer {
  const head = Buffer.alloc(HEADER);
  head.writeUInt16BE(id, 0);
  head[2] = 1;
  head.writeUInt16BE(1, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(type, 0);
  tail.writeUInt16BE(CLASS_IN, 2);
  return Buffer.concat([head, encodeName(name), tail]);
}

export function encodeAnswer(
  question: Question,
  rcode: number,
  records: readonly AnswerRecord[] = [],
): Buffer {
  const head = Buffer.alloc(HEADER);
  head.writeUInt16BE(question.id, 0);
  head[2] = 0x80 | (question.recursionDesired ? 1 : 0);
  head[3] = 0x80 | rcode;
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  const body = records.map(({ type, ttl, data }) => {
    const fixed = Buffer.alloc(12);
    fixed.writeUInt16BE(0xc0_0c, 0);
    fixed.writeUInt16BE(type, 2);
    fixed.writeUInt16BE(CLASS_IN, 4);
    fixed.writeUInt32BE(ttl, 6);
    fixed.writeUInt16BE(data.length, 10);
    return Buffer.concat([fixed, data]);
  });
  return Buffer.concat([head, question.bytes, ...body]);
}

/** Labels longer than 63 octets are cut, as nothing else can be sent. */
export function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  const parts = labels.map((label) => {
    const bytes = Buffer.from(label, 'latin1').subarray(0, 63);
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  });
  return Buffer.concat([...parts, Buffer.from([0])]);
}

/** IPv4 addresses in the answer section, whatever names lead to them. */
export function answerAddresses(message: Buffer): string[] {
  const records = readRecords(message);
  if (records === null) return [];
  return records
    .slice(0, message.readUInt16BE(6))
    .filter(({ type, data }) => type === TYPE.a && data.length === 4)
    .map(({ data }) => data.join('.'));
}

/** Seconds for which the message may be kept: its least TTL, for a denial the SOA's (RFC 2308 §5). */
export function lifetime(message: Buffer): number {
  const records = (readRecords(message) ?? []).filter(({ type }) => type !== TYPE.opt);
  if (records.length === 0) return 0;
  const lives = records.map(({ type, ttl, data }) =>
    type === TYPE.soa && data.length >= 4 ? Math.min(ttl, data.readUInt32BE(data.length - 4)) : ttl,
  );
  return Math.min(...lives);
}

/** A kept message as it reads `seconds` later, for the query with this id. */
export function aged(message: Buffer, id: number, seconds: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id, 0);
  for (const { type, ttl, ttlOffset } of readRecords(message) ?? []) {
    if (type !== TYPE.opt) copy.writeUInt32BE(Math.max(0, ttl - seconds), ttlOffset);
  }
  return copy;
}

/** Data of an A record; null when the text is no address. */
export function addressData(address: string): Buffer | null {
  const value = parseIpv4(address);
  if (value === null) return null;
  const data = Buffer.alloc(4);
  data.writeUInt32BE(value);
  return data;
}

function readRecords(message: Buffer): ResourceRecord[] | null {
  const question = readQuestion(message);
  if (question === null) return null;
  const count = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  if (count > MAX_RECORDS) return null;
  const records: ResourceRecord[] = [];
  let offset = HEADER + question.bytes.length;
  for (let index = 0; index < count; index += 1) {
    const name = readName(message, offset);
    if (name === null || name.next + 10 > message.length) return null;
    const length = message.readUInt16BE(name.next + 8);
    const start = name.next + 10;
    if (start + length > message.length) return null;
    records.push({
      type: message.readUInt16BE(name.next),
      ttl: message.readUInt32BE(name.next + 4),
      ttlOffset: name.next + 4,
      data: message.subarray(start, start + length),
    });
    offset = start + length;
  }
  return records;
}

/** Name at `offset`, compression followed at most as often as a name can have labels. */
function readName(message: Buffer, offset: number): { text: string; next: number } | null {
  const labels: string[] = [];
  let at = offset;
  let next = -1;
  for (let steps = 0; steps < 128; steps += 1) {
    const length = message[at];
    if (length === undefined) return null;
    if (length === 0) return { text: labels.join('.'), next: next === -1 ? at + 1 : next };
    if (length >= 0xc0) {
      const low = message[at + 1];
      if (low === undefined) return null;
      if (next === -1) next = at + 2;
      at = (length & 0x3f) * 256 + low;
    } else if (length > 63 || at + 1 + length > message.length) {
      return null;
    } else {
      labels.push(message.toString('latin1', at + 1, at + 1 + length).toLowerCase());
      at += 1 + length;
    }
  }
  return null;
}
