import { describe, expect, it } from 'vitest';
import { fromWire } from '../name.ts';
import {
  address,
  alias,
  decodeAnswer,
  encodeName,
  encodeQuery,
  encodeReply,
  soa,
  type TestReply,
} from '../testing/dns-text.ts';
import { createAnswerCache } from './cache.ts';
import { parseQuery } from './message.ts';
import { isPrivateIpv4, isPrivateIpv6 } from './private-address.ts';
import { type Relay, relayOf, writeRelay } from './relay.ts';

const A = 1;
const HTTPS = 65;

function relay(reply: TestReply, type = A, maxTtl = 300): Relay {
  return relayOf(encodeReply(encodeQuery({ name: 'baik.test', type }), reply), maxTtl);
}

const record = (type: number, data: Uint8Array) => ({ name: 'baik.test', type, ttl: 60, data });

describe('how long an answer may be kept', () => {
  it.each([
    [
      'its shortest record',
      { answers: [address('baik.test', 60, '1.1.1.1'), address('baik.test', 40, '1.1.1.2')] },
      40,
    ],
    ['the cap', { answers: [address('baik.test', 86_400, '1.1.1.1')] }, 300],
    ['the SOA minimum', { rcode: 3, authority: [soa('test', 900, 30)] }, 30],
    ['the SOA’s own TTL', { rcode: 3, authority: [soa('test', 20, 3600)] }, 20],
    ['nothing without SOA', { rcode: 3 }, 0],
    [
      'the SOA below a CNAME without end',
      { answers: [alias('baik.test', 9, 'x.test')], authority: [soa('test', 60, 60)] },
      9,
    ],
    ['nothing for a failure', { rcode: 2, answers: [address('baik.test', 60, '1.1.1.1')] }, 0],
  ])('is %s', (_, reply, seconds) => {
    expect(relay(reply).lifeSeconds).toBe(seconds);
  });
});

describe('where an answer leads', () => {
  it('includes CNAME targets and foreign owners, each once', () => {
    const answers = [
      alias('BAIK.test', 60, 'a.pelacak.test'),
      alias('a.pelacak.test', 60, 'b.test'),
      address('b.test', 60, '1.1.1.1'),
      address('lain.test', 60, '1.1.1.1'),
    ];

    expect(relay({ answers }).names.map((name) => fromWire(name))).toEqual([
      'a.pelacak.test',
      'b.test',
      'lain.test',
    ]);
  });

  it('includes the target of an HTTPS alias', () => {
    const data = Buffer.concat([Buffer.from([0, 0]), encodeName('pelacak.test')]);

    expect(relay({ answers: [record(HTTPS, data)] }, HTTPS).names.map((n) => fromWire(n))).toEqual([
      'pelacak.test',
    ]);
  });

  it.each([
    ['A', record(A, Uint8Array.of(192, 168, 1, 1)), true],
    ['A', record(A, Uint8Array.of(192, 169, 1, 1)), false],
    [
      'AAAA',
      record(
        28,
        Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? 1 : 0)),
      ),
      true,
    ],
    [
      'ipv4hint',
      record(HTTPS, Uint8Array.of(0, 1, 0, 0, 1, 0, 1, 104, 0, 4, 0, 4, 10, 0, 0, 1)),
      true,
    ],
    ['ipv4hint', record(HTTPS, Uint8Array.of(0, 1, 0, 0, 4, 0, 4, 9, 9, 9, 9)), false],
  ])('is inside or not by %s', (_, one, inside) => {
    expect(relay({ answers: [one] }, one.type).leadsInside).toBe(inside);
  });
});

describe('what an asker gets', () => {
  it('keeps records, ages and caps TTLs, and replaces OPT by ours', () => {
    const kept = relay({ answers: [address('baik.test', 200, '1.1.1.1')], opt: true });
    const query = parseQuery(encodeQuery({ name: 'BaiK.test', type: A, id: 9, edns: true }));

    const answer = decodeAnswer(writeRelay(kept, query, 50, 'udp'));

    expect(answer).toMatchObject({ id: 9, question: 'BaiK.test', hasOpt: true, flags: 0x8180 });
    expect(answer.answers.map((r) => [r.ttl, r.data.join('.')])).toEqual([[150, '1.1.1.1']]);
    expect(answer.additional).toEqual([]);
  });

  it('is cut at 512 octets without EDNS, at 1232 with, and at what the asker takes', () => {
    const many = {
      answers: Array.from({ length: 25 }, (_, i) => address('baik.test', 60, `1.1.1.${i}`)),
    };
    const cut = (edns: boolean, udpSize = 4096): boolean => {
      const query = parseQuery(encodeQuery({ name: 'baik.test', type: A, edns, udpSize }));
      return decodeAnswer(writeRelay(relay(many), query, 0, 'udp')).truncated;
    };

    expect([cut(false), cut(true), cut(true, 600)]).toEqual([true, false, true]);
  });
});

describe('the cache', () => {
  const fresh = relay({ answers: [address('baik.test', 60, '1.1.1.1')] });

  it('forgets what is too old, and the least recently used first', () => {
    const cache = createAnswerCache(2);
    cache.set('a', fresh, 0);
    cache.set('b', fresh, 0);
    cache.get('a', 1000);
    cache.set('c', fresh, 1000);

    expect(cache.get('b', 1000)).toBeNull();
    expect(cache.get('a', 59_999)?.ageSeconds).toBe(59);
    expect(cache.get('a', 60_000)).toBeNull();
    expect(cache.size()).toBe(1);
  });

  it('keeps nothing that may not live, nothing too long, and nothing when it has no room', () => {
    const none = createAnswerCache(0);
    const cache = createAnswerCache(5);
    none.set('a', fresh, 0);
    cache.set('a', relay({ rcode: 2 }), 0);
    cache.set('b', { ...fresh, bytes: new Uint8Array(5000) }, 0);

    expect([none.size(), cache.size()]).toEqual([0, 0]);
  });
});

describe('private addresses', () => {
  it.each([
    ['10.0.0.1', true],
    ['172.15.255.255', false],
    ['172.16.0.1', true],
    ['172.31.255.255', true],
    ['172.32.0.1', false],
    ['169.254.1.1', true],
    ['127.1.2.3', true],
    ['0.0.0.0', true],
    ['8.8.8.8', false],
  ])('%s: %s', (ip, expected) => {
    expect(isPrivateIpv4(Uint8Array.from(ip.split('.').map(Number)))).toBe(expected);
  });

  it.each([
    ['fd000000000000000000000000000001', true],
    ['fe800000000000000000000000000001', true],
    ['00000000000000000000ffff0a000001', true],
    ['00000000000000000000ffff08080808', false],
    ['00000000000000000000000000000000', true],
    ['2404680040030c010000000000000065', false],
  ])('%s: %s', (hex, expected) => {
    expect(isPrivateIpv6(Buffer.from(hex, 'hex'))).toBe(expected);
  });
});
