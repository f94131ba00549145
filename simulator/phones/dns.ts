/**
 * The DNS of simulated phones: message codec (RFC 1035, the part that A and AAAA questions need) and
 * a one-question client over UDP, bound to the phone's own address.
 */
import { createSocket } from 'node:dgram';

export type DnsType = 'A' | 'AAAA';

export interface DnsQuestion {
  readonly id: number;
  /** Lower case, without the final dot. */
  readonly name: string;
  readonly type: number;
  /** Octet at which the question section ends. */
  readonly end: number;
}

export interface DnsAnswer {
  readonly rcode: number;
  readonly truncated: boolean;
  /** A or AAAA data in text form, in the order of the answer section. */
  readonly addresses: readonly string[];
  /** Least TTL of those, seconds; 0 when there are none. */
  readonly ttl: number;
}

/** The bytes are not a DNS message that we can read. */
export class MalformedDns extends Error {}

export const DNS_TYPES: Readonly<Record<DnsType, number>> = { A: 1, AAAA: 28 };
const HEADER = 12;
const CLASS_IN = 1;

export interface DnsQuery {
  readonly server: string;
  readonly port: number;
  readonly localAddress?: string;
  readonly name: string;
  readonly type: DnsType;
  readonly id: number;
  readonly timeoutMs: number;
}

/** Asks once. Null when no valid answer came in time or nobody listens there. */
export function queryDns(query: DnsQuery): Promise<DnsAnswer | null> {
  const { promise, resolve } = Promise.withResolvers<DnsAnswer | null>();
  const encoded = encodeQuery(query.id, query.name, DNS_TYPES[query.type]);
  const socket = createSocket('udp4');
  const settle = (answer: DnsAnswer | null): void => {
    clearTimeout(timer);
    socket.removeAllListeners('message');
    if (!closed) socket.close();
    closed = true;
    resolve(answer);
  };
  let closed = false;
  const timer = setTimeout(() => settle(null), query.timeoutMs);
  socket.on('error', () => settle(null));
  socket.on('message', (message) => {
    const answer = readAnswer(encoded, message);
    if (answer !== null) settle(answer);
  });
  socket.bind({ address: query.localAddress ?? '0.0.0.0', port: 0 }, () => {
    // Connected, the socket takes answers from that server alone and hears of a closed port.
    socket.connect(query.port, query.server, () => {
      if (!closed) socket.send(encoded);
    });
  });
  return promise;
}

/**
 * The answer to `query` in `message`. Null for a strange or forged one, which is passed over as a
 * resolver does: the true answer may follow.
 */
export function readAnswer(query: Buffer, message: Buffer): DnsAnswer | null {
  try {
    const asked = decodeQuestion(query);
    const question = decodeQuestion(message);
    const same =
      question.id === asked.id && question.name === asked.name && question.type === asked.type;
    return same && (message[2]! & 0x80) !== 0 ? decodeAnswer(message) : null;
  } catch (error) {
    if (error instanceof MalformedDns) return null;
    throw error;
  }
}

/** A standard query with recursion desired. Labels above 63 octets are refused. */
export function encodeQuery(id: number, name: string, type: number): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  const parts: Buffer[] = [Buffer.alloc(HEADER)];
  for (const label of labels) {
    const text = Buffer.from(label, 'latin1');
    if (text.length > 63) throw new MalformedDns('label is too long');
    parts.push(Buffer.from([text.length]), text);
  }
  parts.push(Buffer.from([0, type >> 8, type & 255, 0, CLASS_IN]));
  const message = Buffer.concat(parts);
  message.writeUInt16BE(id, 0);
  message[2] = 0x01;
  message[5] = 1;
  return message;
}

/** The one question of a query or answer. */
export function decodeQuestion(message: Buffer): DnsQuestion {
  if (message.length < HEADER || message.readUInt16BE(4) !== 1) {
    throw new MalformedDns('not a message with one question');
  }
  const { name, end } = readName(message, HEADER);
  if (end + 4 > message.length) throw new MalformedDns('question is cut short');
  return { id: message.readUInt16BE(0), name, type: message.readUInt16BE(end), end: end + 4 };
}

export function decodeAnswer(message: Buffer): DnsAnswer {
  let at = decodeQuestion(message).end;
  const addresses: string[] = [];
  let ttl = Number.POSITIVE_INFINITY;
  for (let left = message.readUInt16BE(6); left > 0; left -= 1) {
    at = readName(message, at).end;
    if (at + 10 > message.length) throw new MalformedDns('record is cut short');
    const type = message.readUInt16BE(at);
    const length = message.readUInt16BE(at + 8);
    const data = message.subarray(at + 10, at + 10 + length);
    if (data.length < length) throw new MalformedDns('record data is cut short');
    const address = addressText(type, data);
    if (address !== null) {
      addresses.push(address);
      ttl = Math.min(ttl, message.readUInt32BE(at + 4));
    }
    at += 10 + length;
  }
  const flags = message.readUInt16BE(2);
  return {
    rcode: flags & 15,
    truncated: (flags & 0x0200) !== 0,
    addresses,
    ttl: addresses.length === 0 ? 0 : ttl,
  };
}

/** An answer to `query` with these IPv4 addresses (none for other types: NODATA). */
export function encodeAnswer(
  query: Buffer,
  answer: { rcode: number; addresses: readonly string[]; ttl: number },
): Buffer {
  const { end } = decodeQuestion(query);
  const head = Buffer.from(query.subarray(0, end));
  head[2] = 0x80 | (query[2]! & 0x01);
  head[3] = 0x80 | answer.rcode;
  head.writeUInt16BE(answer.addresses.length, 6);
  head.writeUInt32BE(0, 8);
  const records = answer.addresses.map((address) => {
    const record = Buffer.from([0xc0, HEADER, 0, 1, 0, CLASS_IN, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]);
    record.writeUInt32BE(answer.ttl, 6);
    record.set(address.split('.').map(Number), 12);
    return record;
  });
  return Buffer.concat([head, ...records]);
}

function addressText(type: number, data: Buffer): string | null {
  if (type === DNS_TYPES.A && data.length === 4) return data.join('.');
  if (type !== DNS_TYPES.AAAA || data.length !== 16) return null;
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(data.readUInt16BE(at).toString(16));
  return groups.join(':');
}

/** RFC 1035 §4.1.4; pointers must lead backwards, so that no message makes us run in circles. */
function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  let limit = start;
  let end: number | null = null;
  let octets = 0;
  for (;;) {
    const length = message[at];
    if (length === undefined) throw new MalformedDns('name is cut short');
    if (length === 0) return { name: labels.join('.'), end: end ?? at + 1 };
    if (length < 64) {
      const label = message.subarray(at + 1, at + 1 + length);
      octets += length + 1;
      if (label.length < length || octets > 254) throw new MalformedDns('bad label');
      labels.push(label.toString('latin1').toLowerCase());
      at += length + 1;
      continue;
    }
    const low = message[at + 1];
    if (length < 192 || low === undefined) throw new MalformedDns('bad label');
    const target = ((length & 63) << 8) | low;
    if (target >= limit) throw new MalformedDns('name points forward');
    end ??= at + 2;
    at = target;
    limit = target;
  }
}
