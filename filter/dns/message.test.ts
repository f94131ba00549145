import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../../test/fixtures/campaign.ts';
import { FilterError } from '../errors.ts';
import { fromWire, requireWire } from '../name.ts';
import {
  address,
  alias,
  decodeAnswer,
  encodeQuery,
  encodeReply,
  soa,
} from '../testing/dns-text.ts';
import { writeAnswer, writeTruncated } from './answer.ts';
import {
  expandName,
  isAnswerable,
  parseQuery,
  parseResponse,
  sameName,
  skipName,
} from './message.ts';
import { relayOf, writeRelay } from './relay.ts';

const A = 1;
const malformed = expect.objectContaining({ code: 'FILTER_MESSAGE_MALFORMED' });

const query = encodeQuery({
  name: 'baik.test',
  type: A,
  edns: true,
  udpSize: 4096,
  dnssecOk: true,
});

/** Message parts of any kind, most of them wrong. */
const message = fc
  .tuple(
    fc.uint8Array({ minLength: 12, maxLength: 12 }),
    fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 30 }),
        fc.constantFrom(
          requireWire('baik.test'),
          Uint8Array.of(0xc0, 12),
          Uint8Array.of(0xc0, 0xff),
          Uint8Array.of(0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4),
          Uint8Array.of(0, 0, 41, 4, 208, 0, 0, 128, 0, 0, 0),
        ),
      ),
      { maxLength: 12 },
    ),
    fc.boolean(),
  )
  .map(([head, parts, tame]) => {
    const bytes = Buffer.concat([head, ...parts]);
    // Random counts are nearly always too large: half of the time they are small.
    if (tame) {
      for (const at of [4, 6, 8, 10]) bytes.writeUInt16BE(bytes[at]! % 3, at);
      bytes.writeUInt16BE(1, 4);
    }
    return bytes;
  });

const truncated = fc
  .tuple(
    fc.constantFrom(
      query,
      encodeReply(query, {
        answers: [alias('baik.test', 9, 'b.test'), address('b.test', 9, '1.2.3.4')],
      }),
      encodeReply(query, { rcode: 3, authority: [soa('test', 9, 9)], opt: true }),
    ),
    fc.nat(200),
    fc.nat(200),
    fc.nat(255),
  )
  .map(([bytes, length, at, octet]) => {
    const broken = Buffer.from(bytes.subarray(0, Math.max(12, length)));
    if (at < broken.length) broken[at] = octet;
    return broken;
  });

function outcomeOf(work: () => unknown): 'done' | 'refused' | 'other' {
  try {
    work();
    return 'done';
  } catch (error) {
    return error instanceof FilterError ? 'refused' : 'other';
  }
}

describe('queries', () => {
  it('are read with their EDNS', () => {
    const read = parseQuery(query);

    expect(read).toMatchObject({ id: 0x1234, opcode: 0, type: A, qclass: 1, nameOctets: 11 });
    expect(read.edns).toEqual({ udpSize: 4096, version: 0, dnssecOk: true });
    expect(fromWire(read.bytes, 12)).toBe('baik.test');
  });

  it.each([
    ['no question', [4, 0]],
    ['two questions', [5, 2]],
    ['a compressed name', [12, 0xc0]],
    ['a long label', [12, 64]],
    ['more records than octets', [11, 9]],
  ])('are refused with %s', (_, [at, octet]) => {
    const broken = Buffer.from(query);
    broken[at!] = octet!;
    if (at === 4) broken[5] = 0;

    expect(() => parseQuery(broken)).toThrow(malformed);
  });

  it('are refused with two OPT records', () => {
    const twice = Buffer.concat([query, query.subarray(-11)]);
    twice[11] = 2;

    expect(() => parseQuery(twice)).toThrow(malformed);
  });

  it('of 256 octets of name are refused', () => {
    const name = Array.from({ length: 4 }, () => 'a'.repeat(63)).join('.');

    expect(() => parseQuery(encodeQuery({ name, type: A }))).toThrow(malformed);
  });
});

describe('names', () => {
  const at = (bytes: readonly number[], offset: number) => {
    const out = new Uint8Array(255);
    return fromWire(out.subarray(0, expandName(Uint8Array.from(bytes), offset, out)));
  };
  const head = Array.from({ length: 12 }, () => 0);

  it('are expanded through pointers', () => {
    const bytes = [...head, 1, 0x61, 2, 0x69, 0x64, 0, 1, 0x62, 0xc0, 14];

    expect(at(bytes, 18)).toBe('b.id');
    expect(skipName(Uint8Array.from(bytes), 18)).toBe(22);
  });

  it.each([
    ['itself', [...head, 0xc0, 12], 12],
    ['what follows', [...head, 0xc0, 14, 0], 12],
    ['the header', [...head, 0xc0, 4], 12],
    ['each other', [...head, 1, 0x61, 0xc0, 16, 1, 0x62, 0xc0, 12], 16],
  ])('that point to %s are refused', (_, bytes, offset) => {
    expect(() => at(bytes, offset)).toThrow(malformed);
  });

  it('are the same whatever their case, and only then', () => {
    expect(sameName(requireWire('A.test'), Buffer.from('\x01a\x04TEST\0', 'latin1'))).toBe(true);
    expect(sameName(requireWire('a.test'), requireWire('b.test'))).toBe(false);
  });
});

describe('answers of our own', () => {
  const read = parseQuery(encodeQuery({ name: 'Judi.Test', type: A, id: 77, edns: true }));

  it('carry address, SOA, flags and the error in words', () => {
    const answer = decodeAnswer(
      writeAnswer(read, { rcode: 3, soa: true, error: { code: 17, text: 'Diblokir – judi' } }),
    );

    expect(answer).toMatchObject({ id: 77, rcode: 3, question: 'Judi.Test', hasOpt: true });
    expect(answer.ede).toEqual({ code: 17, text: 'Diblokir – judi' });
    expect(answer.authority.map((r) => [r.name, r.type, r.ttl, r.data.length])).toEqual([
      ['Judi.Test', 6, 20, 22],
    ]);
    expect(answer.flags).toBe(0x8183);
  });

  it('have no OPT for a query without one', () => {
    const plain = parseQuery(encodeQuery({ name: 'judi.test', type: A }));

    const answer = decodeAnswer(writeAnswer(plain, { rcode: 5, error: { code: 18, text: 'x' } }));

    expect([answer.hasOpt, answer.ede, answer.rcode]).toEqual([false, null, 5]);
  });

  it('spread BADVERS over header and OPT', () => {
    expect(decodeAnswer(writeAnswer(read, { rcode: 16 })).rcode).toBe(16);
  });

  it('that are cut say so and hold no record', () => {
    const answer = decodeAnswer(writeTruncated(read));

    expect([answer.truncated, answer.answers.length, answer.rcode]).toEqual([true, 0, 0]);
  });
});

describe('any octets', () => {
  it('let only FilterError out of the query parser, and a query that was read can be answered', () => {
    fc.assert(
      fc.property(fc.oneof(message, truncated, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        const work = (): void => {
          if (!isAnswerable(bytes)) return;
          const read = parseQuery(bytes);
          decodeAnswer(writeAnswer(read, { rcode: 3, soa: true, error: { code: 15, text: 'x' } }));
        };

        expect(outcomeOf(work)).not.toBe('other');
      }),
      campaign(20_000),
    );
  });

  it('let only FilterError out of the response parser, and a relay that was made can be read', () => {
    const asked = parseQuery(query);
    fc.assert(
      fc.property(fc.oneof(message, truncated, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        const work = (): void => {
          if (bytes.length > 2) bytes[2] = bytes[2]! | 0x80;
          const relay = relayOf(bytes, 300);
          // The question of an answer is checked before; only then is it sent to somebody.
          if (parseResponse(bytes).nameOctets !== asked.nameOctets) return;
          parseResponse(writeRelay(relay, asked, 1, 'tcp'));
        };

        expect(outcomeOf(work)).not.toBe('other');
      }),
      campaign(20_000),
    );
  });
});
