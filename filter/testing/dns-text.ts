/**
 * For tests: DNS messages written and read by other code than the product's, so that a misreading of the
 * RFC cannot hide on both sides.
 */

export interface TestQuery {
  readonly name: string;
  readonly type: number;
  readonly id?: number;
  readonly edns?: boolean;
  readonly udpSize?: number;
  readonly dnssecOk?: boolean;
  readonly flags?: number;
  readonly qclass?: number;
}

export interface TestRecord {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  readonly data: Uint8Array;
}

export interface TestAnswer {
  readonly id: number;
  readonly flags: number;
  readonly rcode: number;
  readonly truncated: boolean;
  readonly question: string;
  readonly answers: readonly TestRecord[];
  readonly authority: readonly TestRecord[];
  readonly additional: readonly TestRecord[];
  readonly ede: { readonly code: number; readonly text: string } | null;
  readonly hasOpt: boolean;
}

export function encodeName(name: string): Buffer {
  if (name === '') return Buffer.from([0]);
  const labels = name.split('.').map((label) => {
    const octets = Buffer.from(label, 'latin1');
    return Buffer.concat([Buffer.from([octets.length]), octets]);
  });
  return Buffer.concat([...labels, Buffer.from([0])]);
}

export function encodeQuery(query: TestQuery): Buffer {
  const counts = words(1, 0, 0, query.edns === true ? 1 : 0);
  const head = words(query.id ?? 0x1234, query.flags ?? 0x0100);
  const question = [encodeName(query.name), words(query.type, query.qclass ?? 1)];
  const opt =
    query.edns === true
      ? [
          Buffer.from([0]),
          words(41, query.udpSize ?? 1232, 0, query.dnssecOk === true ? 0x8000 : 0, 0),
        ]
      : [];
  return Buffer.concat([head, counts, ...question, ...opt]);
}

export interface TestReply {
  readonly rcode?: number;
  readonly flags?: number;
  readonly answers?: readonly TestRecord[];
  readonly authority?: readonly TestRecord[];
  readonly opt?: boolean;
}

/** A reply that repeats the question of `query` octet for octet. */
export function encodeReply(query: Uint8Array, reply: TestReply): Buffer {
  const request = Buffer.from(query);
  let end = 12;
  while (request[end] !== 0) end += request[end]! + 1;
  end += 5;
  const answers = reply.answers ?? [];
  const authority = reply.authority ?? [];
  const flags = (reply.flags ?? 0x8180) | (reply.rcode ?? 0);
  return Buffer.concat([
    request.subarray(0, 2),
    words(flags, 1, answers.length, authority.length, reply.opt === true ? 1 : 0),
    request.subarray(12, end),
    ...answers.map(encodeRecord),
    ...authority.map(encodeRecord),
    reply.opt === true ? Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]) : Buffer.alloc(0),
  ]);
}

export function decodeAnswer(message: Uint8Array): TestAnswer {
  const bytes = Buffer.from(message);
  const flags = bytes.readUInt16BE(2);
  const question = decodeName(bytes, 12);
  let at = question.next + 4;
  const sections = [6, 8, 10].map((countAt) => {
    const records: TestRecord[] = [];
    for (let i = 0; i < bytes.readUInt16BE(countAt); i += 1) {
      const owner = decodeName(bytes, at);
      const length = bytes.readUInt16BE(owner.next + 8);
      const data = bytes.subarray(owner.next + 10, owner.next + 10 + length);
      const type = bytes.readUInt16BE(owner.next);
      records.push({ name: owner.name, type, ttl: bytes.readUInt32BE(owner.next + 4), data });
      at = owner.next + 10 + length;
    }
    return records;
  });
  if (at !== bytes.length) throw new Error(`${bytes.length - at} octets follow the message`);
  const [answers, authority, additional] = sections as [TestRecord[], TestRecord[], TestRecord[]];
  const opt = additional.find((record) => record.type === 41);
  return {
    id: bytes.readUInt16BE(0),
    flags,
    rcode: (flags & 15) | ((opt === undefined ? 0 : opt.ttl >>> 24) << 4),
    truncated: (flags & 0x0200) !== 0,
    question: question.name,
    answers,
    authority,
    additional: additional.filter((record) => record !== opt),
    ede: opt === undefined ? null : decodeEde(Buffer.from(opt.data)),
    hasOpt: opt !== undefined,
  };
}

export function address(name: string, ttl: number, ip: string): TestRecord {
  return { name, type: 1, ttl, data: Uint8Array.from(ip.split('.').map(Number)) };
}

export function alias(name: string, ttl: number, target: string): TestRecord {
  return { name, type: 5, ttl, data: encodeName(target) };
}

export function soa(name: string, ttl: number, minimum: number): TestRecord {
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(minimum, 16);
  return {
    name,
    type: 6,
    ttl,
    data: Buffer.concat([encodeName('ns.test'), encodeName('a.test'), numbers]),
  };
}

function encodeRecord(record: TestRecord): Buffer {
  const ttl = words(record.ttl >>> 16, record.ttl & 0xffff);
  const head = [encodeName(record.name), words(record.type, 1), ttl, words(record.data.length)];
  return Buffer.concat([...head, record.data]);
}

function decodeName(bytes: Buffer, offset: number): { name: string; next: number } {
  const labels: string[] = [];
  let at = offset;
  let next = 0;
  for (let hops = 0; hops < 200; hops += 1) {
    const size = bytes.readUInt8(at);
    if (size >= 0xc0) {
      if (next === 0) next = at + 2;
      at = bytes.readUInt16BE(at) & 0x3fff;
    } else if (size === 0) {
      return { name: labels.join('.'), next: next === 0 ? at + 1 : next };
    } else {
      labels.push(bytes.toString('latin1', at + 1, at + 1 + size));
      at += size + 1;
    }
  }
  throw new Error('endless name');
}

function decodeEde(options: Buffer): { code: number; text: string } | null {
  for (let at = 0; at + 4 <= options.length; at += 4 + options.readUInt16BE(at + 2)) {
    const length = options.readUInt16BE(at + 2);
    if (options.readUInt16BE(at) !== 15) continue;
    return {
      code: options.readUInt16BE(at + 4),
      text: options.toString('utf8', at + 6, at + 4 + length),
    };
  }
  return null;
}

function words(...values: readonly number[]): Buffer {
  const out = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => {
    out.writeUInt16BE(value, i * 2);
  });
  return out;
}
